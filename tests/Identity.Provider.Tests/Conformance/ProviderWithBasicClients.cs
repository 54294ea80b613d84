using Identity.Provider.Clients;

namespace Identity.Provider.Conformance;

/// <summary>A running Provider with the clients that the OpenID Connect Basic OP plan wants: static registration, client secrets, RS256.</summary>
public sealed class ProviderWithBasicClients : IAsyncLifetime
{
    public const string Basic = "basic-first";
    public const string Post = "basic-second";

    public RunningProvider Provider { get; private set; } = null!;

    public static string RedirectUri(string client) => $"http://localhost:4992/{client}/callback";

    public static string Secret(string client) => $"{client}-secret-of-more-than-forty-three-characters";

    public static async Task<RunningProvider> Start(params string[] settings)
    {
        var provider = await RunningProvider.With([.. ClientSettings.Of(Client(Basic, "client_secret_basic"), Client(Post, "client_secret_post")), .. settings]);
        await provider.Consent(Basic, SignedIn.Liis, [.. UserInfo.ScopeClaims.All]);
        await provider.Consent(Post, SignedIn.Liis, [.. UserInfo.ScopeClaims.All]);
        return provider;
    }

    public async ValueTask InitializeAsync() => Provider = await Start();

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    private static ClientOptions Client(string id, string method) => new()
    {
        Id = id,
        Name = id,
        Profile = "legacy",
        RedirectUris = [RedirectUri(id)],
        Scopes = [.. ClientRegistration.IdentityScopes],
        GrantTypes = ["authorization_code", "refresh_token"],
        TokenEndpointAuthMethod = method,
        ClientSecret = Secret(id),
        Sector = $"{id}.example",
    };
}
