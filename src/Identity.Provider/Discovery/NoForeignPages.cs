using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Discovery;

/// <summary>RFC 6749 5.2 error_uri: the engine points to its maker's pages; answers of this Provider point to nobody else's.</summary>
internal sealed class NoForeignPages<TContext> : IOpenIddictServerHandler<TContext>
    where TContext : BaseRequestContext
{
    public ValueTask HandleAsync(TContext context)
    {
        if (context.Transaction.Response is { } response)
            response.ErrorUri = null;
        return ValueTask.CompletedTask;
    }
}
