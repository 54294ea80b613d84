using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.RefreshTokens;

/// <summary>
/// OpenID Connect Core 11: the request for offline access is ignored, never an error. Nothing here works while a person is away: whoever is registered
/// for refresh tokens gets them without asking, and they end with the session.
/// </summary>
internal sealed class OfflineAccess<TContext> : IOpenIddictServerHandler<TContext>
    where TContext : BaseValidatingContext
{
    public ValueTask HandleAsync(TContext context)
    {
        if (context.Transaction.Request is { } request && request.HasScope(Scopes.OfflineAccess))
            request.Scope = string.Join(' ', request.GetScopes().Where(scope => scope != Scopes.OfflineAccess));
        return ValueTask.CompletedTask;
    }
}
