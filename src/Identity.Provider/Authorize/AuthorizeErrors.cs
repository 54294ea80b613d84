using Identity.Audit;
using Identity.Web;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Authorize;

/// <summary>
/// RFC 6749 4.1.2.1: an error reaches the client whenever client and redirect URI are good, whichever check failed. OpenIddict keeps all
/// of them to itself; here both are looked up again, so it does not matter how far the validation had come.
/// </summary>
internal sealed class ErrorsToClient(IOpenIddictApplicationManager applications) : IOpenIddictServerHandler<ApplyAuthorizationResponseContext>
{
    public async ValueTask HandleAsync(ApplyAuthorizationResponseContext context)
    {
        if (!string.IsNullOrEmpty(context.RedirectUri) || string.IsNullOrEmpty(context.Error) || context.Request is not { ClientId.Length: > 0 } request)
            return;
        // RFC 9126 4: beside a request_uri no other parameter counts, and an invalid one vouches for no address.
        var validation = context.Transaction.GetProperty<ValidateAuthorizationRequestContext>(typeof(ValidateAuthorizationRequestContext).FullName!);
        if (!string.IsNullOrEmpty(request.RequestUri) && validation?.RequestTokenPrincipal is null)
            return;
        if (string.IsNullOrEmpty(request.RedirectUri)
            || await applications.FindByClientIdAsync(request.ClientId, context.CancellationToken) is not { } client
            || !await applications.ValidateRedirectUriAsync(client, request.RedirectUri, context.CancellationToken))
        {
            return;
        }

        context.RedirectUri = request.RedirectUri;
        // A response mode that is not offered must not decide how its own refusal travels.
        if (request.ResponseMode is not null && !context.Options.ResponseModes.Contains(request.ResponseMode))
            request.ResponseMode = null;
        // RFC 6749 4.1.2.1: an answer travels in the query, unless a token was asked for; so also when nobody can say what was asked for.
        if (request.ResponseMode is null && !request.HasResponseType(ResponseTypes.Token) && !request.HasResponseType(ResponseTypes.IdToken))
            request.ResponseMode = ResponseModes.Query;
    }
}

/// <summary>
/// RFC 6749 4.1.2.1: without a good client and redirect URI the browser stays here, with a page that says no more than a
/// reference, under which the operator finds the reason.
/// </summary>
internal sealed partial class ErrorPage(IOpenIddictApplicationManager applications, Refusals refusals, ILogger<ErrorPage> logger) : IOpenIddictServerHandler<ApplyAuthorizationResponseContext>
{
    public async ValueTask HandleAsync(ApplyAuthorizationResponseContext context)
    {
        if (!string.IsNullOrEmpty(context.RedirectUri) || string.IsNullOrEmpty(context.Error))
            return;
        var http = context.Transaction.GetHttpRequest()?.HttpContext
            ?? throw new InvalidOperationException("The authorization endpoint is served over HTTP only.");
        var reference = PlainProblem.NewReference();
        LogRefused(logger, reference, SafeText.ForDisplay(context.Request?.ClientId ?? "-"), context.Error, context.Response.ErrorDescription);
        refusals.Record(await Refused(context));
        await PlainProblem.Write(http, StatusCodes.Status400BadRequest, reference);
        context.HandleRequest();
    }

    private async Task<AuthorizationRefused> Refused(ApplyAuthorizationResponseContext context)
    {
        if (context.Request?.ClientId is not { Length: > 0 } id || await applications.FindByClientIdAsync(id, context.CancellationToken) is not { } client)
            return new AuthorizationRefused(null, "unknown_client");
        var foreign = context.Request.RedirectUri is { Length: > 0 } address && !await applications.ValidateRedirectUriAsync(client, address, context.CancellationToken);
        return new AuthorizationRefused(id, foreign ? "redirect_uri" : context.Error!);
    }

    [LoggerMessage(LogLevel.Information, "Authorization request refused, error reference {Reference}, client {Client}: {Error} ({Description})")]
    private static partial void LogRefused(ILogger logger, string reference, string client, string error, string? description);
}
