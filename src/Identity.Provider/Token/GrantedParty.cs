using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Token;

/// <summary>
/// RFC 6749 4.1.3, 6: a code or refresh token is for the client that it was given to. Takes the place of the engine's own check, which wants the client's
/// name in the audience of a token to be exchanged; there it is the resource server's address (<see cref="TokenExchange.ExchangeGrant"/>).
/// </summary>
internal sealed class GrantedParty : IOpenIddictServerHandler<ValidateTokenRequestContext>
{
    public ValueTask HandleAsync(ValidateTokenRequestContext context)
    {
        if ((context.AuthorizationCodePrincipal ?? context.RefreshTokenPrincipal ?? context.DeviceCodePrincipal) is { } grant && !grant.HasPresenter(context.ClientId!))
            context.Reject(Errors.InvalidGrant, "The grant was given to another client.");
        return ValueTask.CompletedTask;
    }
}
