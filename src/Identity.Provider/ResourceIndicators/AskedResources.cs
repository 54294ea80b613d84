using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.ResourceIndicators;

/// <summary>RFC 8707 2, 2.1: an authorization request may name resource servers whose scope it asks for. The engine has checked that they are registered.</summary>
internal sealed class AskedResources<TContext>(ProviderSettings settings) : IOpenIddictServerHandler<TContext>
    where TContext : BaseValidatingContext
{
    public ValueTask HandleAsync(TContext context)
    {
        var request = context.Transaction.Request!;
        var audiences = LoginResources.Audiences(settings, request);
        if (request.GetResources().Any(resource => !audiences.Contains(resource)))
            context.Reject(Errors.InvalidTarget, "A resource is named whose scope is not asked for.");
        return ValueTask.CompletedTask;
    }
}

/// <summary>RFC 8707 2.2: a token request of a person's login names at most one of the resource servers that the login is good for.</summary>
internal sealed class AskedResource(ProviderSettings settings) : IOpenIddictServerHandler<ValidateTokenRequestContext>
{
    public ValueTask HandleAsync(ValidateTokenRequestContext context)
    {
        var asked = context.Request.GetResources();
        if (asked.IsDefaultOrEmpty || (context.AuthorizationCodePrincipal ?? context.RefreshTokenPrincipal ?? context.DeviceCodePrincipal) is not { } grant)
            return ValueTask.CompletedTask;
        var scopes = context.Request.GetScopes() is { Length: > 0 } narrowed ? narrowed : grant.GetScopes();
        if (asked.Length > 1)
            context.Reject(Errors.InvalidTarget, "A token is for one resource at a time.");
        else if (!grant.GetResources().Contains(asked[0]) || !LoginResources.ScopesAt(settings, asked[0], scopes).Any())
            context.Reject(Errors.InvalidTarget, "The resource is not among those that this login is good for.");
        return ValueTask.CompletedTask;
    }
}
