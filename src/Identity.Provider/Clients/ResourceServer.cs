namespace Identity.Provider.Clients;

/// <summary>An API that takes the Provider's access tokens: the scope that stands for it and the audience its tokens carry.</summary>
public sealed record ResourceServer(string Scope, Uri Address, string Name, string? Sector, string? IntrospectionClient)
{
    internal static IReadOnlyList<ResourceServer> Check(IReadOnlyList<ResourceOptions> options, bool development)
    {
        var servers = new List<ResourceServer>();
        for (var index = 0; index < options.Count; index++)
        {
            var setting = $"Resources:{index}";
            if (options[index].Scope is not { Length: > 0 } scope || !ClientRegistration.IsScope(scope))
                throw new ProviderSettingsException($"{setting}:Scope", "is missing or not a scope (RFC 6749 3.3).");
            if (!Uri.TryCreate(options[index].Address, UriKind.Absolute, out var address)
                || address.AbsoluteUri != options[index].Address || address.Fragment.Length > 0
                || !(address.Scheme == Uri.UriSchemeHttps || (development && address.IsLoopback)))
            {
                throw new ProviderSettingsException($"{setting}:Address", "must be an absolute https address without fragment (RFC 8707 2).");
            }

            if (options[index].IntrospectionClient is { } client && !ClientRegistration.IsIdentifier(client))
                throw new ProviderSettingsException($"{setting}:IntrospectionClient", "must be the identifier of a client.");
            var name = options[index].Name ?? address.Authority;
            if (name.Length is 0 or > ClientRegistration.LongestName || name.Any(char.IsControl))
                throw new ProviderSettingsException($"{setting}:Name", $"must be 1 to {ClientRegistration.LongestName} characters without control characters.");
            if (options[index].Sector is { } sector && !ClientRegistration.IsSector(sector))
                throw new ProviderSettingsException($"{setting}:Sector", "must be a host name (with a port, if it must be).");
            if (servers.Exists(server => server.Scope == scope))
                throw new ProviderSettingsException($"{setting}:Scope", "is registered twice.");
            servers.Add(new ResourceServer(scope, address, name, options[index].Sector, options[index].IntrospectionClient));
        }

        return servers;
    }
}
