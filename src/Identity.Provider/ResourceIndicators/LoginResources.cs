using Identity.Provider.Clients;
using OpenIddict.Abstractions;

namespace Identity.Provider.ResourceIndicators;

/// <summary>Which resource servers a person's login is good for (RFC 8707): those whose scope the person allows, or those of them that the request names.</summary>
internal static class LoginResources
{
    /// <summary>A resource server is allowed as a claim is, under this and its scope.</summary>
    internal const string ConsentPrefix = "resource:";

    internal static IEnumerable<ResourceServer> Of(ProviderSettings settings, IReadOnlyCollection<string> scopes) =>
        settings.Resources.Where(server => scopes.Contains(server.Scope));

    /// <summary>What the person has to allow beside the claims.</summary>
    internal static IEnumerable<string> Consents(ProviderSettings settings, IReadOnlyCollection<string> scopes) =>
        Of(settings, scopes).Select(server => ConsentPrefix + server.Scope);

    /// <summary>Audiences that the tokens of this login may have, one at a time. The Provider itself is one, for /userinfo.</summary>
    internal static string[] Audiences(ProviderSettings settings, OpenIddictRequest request)
    {
        var named = request.GetResources();
        var allowed = Of(settings, request.GetScopes()).Select(server => server.Address.AbsoluteUri).Distinct(StringComparer.Ordinal);
        return [settings.Issuer.AbsoluteUri, .. named.IsDefaultOrEmpty ? allowed : allowed.Where(named.Contains)];
    }

    /// <summary>RFC 8707 3: tokens for a resource hold its own scopes and no other's.</summary>
    internal static IEnumerable<string> ScopesAt(ProviderSettings settings, string address, IEnumerable<string> granted) =>
        address == settings.Issuer.AbsoluteUri
            ? granted.Except(settings.Resources.Select(server => server.Scope))
            : granted.Intersect(settings.Resources.Where(server => server.Address.AbsoluteUri == address).Select(server => server.Scope));
}
