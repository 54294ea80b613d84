using Identity.Audit;
using Identity.Provider.Authorize;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.PushedRequests;

/// <summary>
/// An authenticated client that pushes an address which is not registered for it has been misconfigured or taken over: OpenIddict refuses it, and here that
/// becomes known.
/// </summary>
internal sealed class ForeignRedirectUri(IOpenIddictApplicationManager applications, Refusals refusals) : IOpenIddictServerHandler<ApplyPushedAuthorizationResponseContext>
{
    public async ValueTask HandleAsync(ApplyPushedAuthorizationResponseContext context)
    {
        // invalid_client: nobody has shown to be that client, and ClientAssertion has told.
        if (string.IsNullOrEmpty(context.Error) || context.Error == OpenIddictConstants.Errors.InvalidClient || context.Request is not { ClientId.Length: > 0, RedirectUri.Length: > 0 } request)
            return;
        if (await applications.FindByClientIdAsync(request.ClientId, context.CancellationToken) is { } client
            && !await applications.ValidateRedirectUriAsync(client, request.RedirectUri, context.CancellationToken))
        {
            refusals.Record(new ClientRefused(request.ClientId, "redirect_uri"));
        }
    }
}
