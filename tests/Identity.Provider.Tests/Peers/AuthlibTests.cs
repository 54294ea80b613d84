using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;

namespace Identity.Provider.Peers;

/// <summary>Debian's Authlib 1.2.0: another language, and JOSE that shares nothing with ours.</summary>
public sealed class AuthlibTests(AuthlibTests.Clients running) : IClassFixture<AuthlibTests.Clients>
{
    [Fact]
    public async Task A_client_with_a_secret_signs_in_and_checks_the_ID_token_by_its_own_JOSE() =>
        Complete("RS256", await Login(new JsonObject { ["clientId"] = Clients.Secret, ["secret"] = Clients.SecretOf(Clients.Secret) }));

    [Fact]
    public async Task A_client_with_a_key_that_names_the_token_endpoint_as_audience_signs_in_when_it_is_registered_as_legacy() =>
        Complete("RS256", await Login(WithKey()));

    [Fact]
    public async Task Its_assertions_of_an_hour_are_refused()
    {
        var setup = WithKey();
        setup["assertionSeconds"] = 3600;
        Assert.Equal("invalid_client", (string?)(await Login(setup))["error"]);
    }

    [Fact]
    public async Task Another_secret_is_refused()
    {
        var setup = new JsonObject { ["clientId"] = Clients.Secret, ["secret"] = Clients.SecretOf("another") };
        Assert.Equal("invalid_client", (string?)(await Login(setup))["error"]);
    }

    private JsonObject WithKey() => new() { ["clientId"] = Clients.Key, ["privateKey"] = running.PrivateKey.ExportPkcs8PrivateKeyPem() };

    private async Task<JsonNode> Login(JsonObject setup)
    {
        var redirectUri = Clients.RedirectUri((string)setup["clientId"]!);
        setup["issuer"] = running.Provider.Issuer.AbsoluteUri;
        setup["redirectUri"] = redirectUri;
        setup["scope"] = "openid profile";
        using var client = await PeerScript.Python("authlib-client.py", setup);
        using var browser = new Browser(running.Provider);
        await browser.SignIn();
        await client.Write(await browser.Arrives((string)(await client.Read())["address"]!, redirectUri));
        return await client.Read();
    }

    private static void Complete(string algorithm, JsonNode result)
    {
        Assert.True(result["error"] is null, result.ToJsonString());
        Assert.Equal("bearer", (string?)result["tokenType"], ignoreCase: true);
        Assert.Equal(algorithm, (string?)result["algorithm"]);
        Assert.Equal((string?)result["claims"]!["sub"], (string?)result["userInfo"]!["sub"]);
        Assert.Equal("Liis Tamm", (string?)result["userInfo"]!["name"]);
    }

    public sealed class Clients : IAsyncLifetime
    {
        public const string Secret = "authlib-secret";
        public const string Key = "authlib-key";

        public RunningProvider Provider { get; private set; } = null!;

        public ECDsa PrivateKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public static string RedirectUri(string client) => $"http://localhost:4993/{client}/callback";

        public static string SecretOf(string client) => $"{client}-secret-of-more-than-forty-three-characters";

        public async ValueTask InitializeAsync()
        {
            Provider = await RunningProvider.With(ClientSettings.Of(
                Client(Secret, client =>
                {
                    client.TokenEndpointAuthMethod = "client_secret_basic";
                    client.ClientSecret = SecretOf(Secret);
                }),
                Client(Key, client => client.Jwks = ClientSettings.Jwks(PrivateKey, Key))));
            await Provider.Consent(Secret);
            await Provider.Consent(Key);
        }

        public async ValueTask DisposeAsync()
        {
            await Provider.DisposeAsync();
            PrivateKey.Dispose();
        }

        private static ClientOptions Client(string id, Action<ClientOptions> authentication)
        {
            var client = new ClientOptions
            {
                Id = id, Name = id, Profile = "legacy", RedirectUris = [RedirectUri(id)], Scopes = ["openid", "profile"], Sector = $"{id}.example",
            };
            authentication(client);
            return client;
        }
    }
}
