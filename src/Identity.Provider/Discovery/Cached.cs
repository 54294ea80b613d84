using Microsoft.AspNetCore;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Discovery;

/// <summary>
/// RFC 9111 5.2.2: what every client reads may be kept for a while, by caches between too. A new key is to be published for longer than this
/// before it signs, and one that is taken back is gone everywhere after it.
/// </summary>
internal static class Cached
{
    internal const string Header = "public, max-age=900";

    internal static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(900);

    internal sealed class For<TContext> : IOpenIddictServerHandler<TContext>
        where TContext : BaseRequestContext
    {
        public ValueTask HandleAsync(TContext context)
        {
            if (context.Transaction.Response is { Error: null } && context.Transaction.GetHttpRequest()?.HttpContext.Response is { } response)
            {
                response.Headers.CacheControl = Header;
                response.Headers.Remove("Pragma");
                response.Headers.Remove("Expires");
            }

            return ValueTask.CompletedTask;
        }
    }
}
