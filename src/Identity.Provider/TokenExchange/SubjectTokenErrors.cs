using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.TokenExchange;

/// <summary>RFC 8693 2.2.2: a subject token that is not good is an invalid_request; the engine calls it an invalid grant.</summary>
internal sealed class SubjectTokenErrors : IOpenIddictServerHandler<ApplyTokenResponseContext>
{
    public ValueTask HandleAsync(ApplyTokenResponseContext context)
    {
        if (context.Request is { } request && request.IsTokenExchangeGrantType() && context.Response.Error is Errors.InvalidToken or Errors.InvalidGrant)
            context.Response.Error = Errors.InvalidRequest;
        return ValueTask.CompletedTask;
    }
}
