using System.Security.Cryptography;
using Identity.Provider.Clients;

namespace Identity.Provider.Conformance;

/// <summary>A running Provider with the two clients that the FAPI 2.0 plan wants, each with private_key_jwt and DPoP-bound tokens.</summary>
public sealed class ProviderWithFapiClients : IAsyncLifetime
{
    public const string First = "fapi-first";
    public const string Second = "fapi-second";

    public RunningProvider Provider { get; private set; } = null!;

    public static string RedirectUri(string client) => $"http://localhost:4991/{client}/callback";

    public static async Task<RunningProvider> Start(params string[] settings)
    {
        var keys = new[] { First, Second }.ToDictionary(client => client, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var provider = await RunningProvider.With([.. ClientSettings.Of([.. keys.Select(Client)]), .. settings]);
        foreach (var (client, key) in keys)
        {
            provider.ClientKeys[client] = key;
            await provider.Consent(client);
        }

        return provider;
    }

    public async ValueTask InitializeAsync() => Provider = await Start();

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    private static ClientOptions Client(KeyValuePair<string, ECDsa> client) => new()
    {
        Id = client.Key,
        Name = client.Key,
        Profile = "fapi2",
        RedirectUris = [RedirectUri(client.Key)],
        Scopes = ["openid", "profile", "birthdate"],
        GrantTypes = ["authorization_code", "refresh_token"],
        Jwks = ClientSettings.Jwks(client.Value, client.Key),
        Sector = $"{client.Key}.example",
        DpopBoundAccessTokens = true,
    };
}
