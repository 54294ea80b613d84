using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Clients;

/// <summary>RFC 6749 3.3, 4.1.2.1: a scope that a client may not have is an invalid scope; the engine says invalid_request.</summary>
internal sealed class PermittedScopes<TContext>(IOpenIddictApplicationManager applications) : IOpenIddictServerHandler<TContext>
    where TContext : BaseValidatingContext
{
    public async ValueTask HandleAsync(TContext context)
    {
        var request = context.Transaction.Request!;
        var client = await applications.FindByClientIdAsync(request.ClientId!, context.CancellationToken) ?? throw new InvalidOperationException("A validated client has vanished.");
        foreach (var scope in request.GetScopes())
        {
            if (scope != Scopes.OpenId && !await applications.HasPermissionAsync(client, Permissions.Prefixes.Scope + scope, context.CancellationToken))
            {
                context.Reject(Errors.InvalidScope, "The scope holds one that this client is not registered for.");
                return;
            }
        }
    }
}
