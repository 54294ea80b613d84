using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.PushedRequests;

/// <summary>
/// RFC 9126 2.2: says how long the request_uri waits for its browser. The request token inside is valid for as long as a person may
/// take on the pages; that its entry lives for the shorter time until the browser has come is the store's doing.
/// </summary>
internal sealed class RequestUriLifetime(ProviderSettings settings) : IOpenIddictServerHandler<ApplyPushedAuthorizationResponseContext>
{
    public ValueTask HandleAsync(ApplyPushedAuthorizationResponseContext context)
    {
        if (!string.IsNullOrEmpty(context.Response.RequestUri))
            context.Response.ExpiresIn = (long)settings.RequestLifetime.TotalSeconds;
        return ValueTask.CompletedTask;
    }
}
