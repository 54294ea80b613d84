using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.Conformance;

namespace Identity.Provider.Peers;

/// <summary>
/// npm's openid-client 6.8.9, by the author of a certified one, as relying parties of each profile use it. It checks `iss`, `state`, `nonce`, `at_hash`
/// and signatures itself.
/// </summary>
public sealed class OpenIdClientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signs_in_by_FAPI_2_with_pushed_request_DPoP_and_private_key_jwt(bool nonceRequired)
    {
        await using var provider = await ProviderWithFapiClients.Start($"--Provider:RequireDpopNonce={nonceRequired}");
        const string client = ProviderWithFapiClients.First;
        var (address, result) = await Login(provider, new JsonObject
        {
            ["clientId"] = client,
            ["redirectUri"] = ProviderWithFapiClients.RedirectUri(client),
            ["scope"] = "openid profile birthdate",
            ["authentication"] = new JsonObject { ["method"] = "private_key_jwt", ["jwk"] = provider.ClientKeys[client].PrivateJwk(client) },
            ["pushes"] = true,
            ["dpop"] = true,
        });
        // RFC 9126 4: the browser carries a reference only.
        Assert.Equal(["client_id", "request_uri"], SignedIn.Query(address).Keys.Order());
        // RFC 9449 5: without this the client would have sent plain Bearer tokens and been content.
        Assert.Equal("dpop", (string?)result["tokenType"], ignoreCase: true);
        Assert.Equal("ES256", (string?)result["idTokenAlgorithm"]);
        Assert.NotNull((string?)Jwt.Payload((string)result["accessToken"]!)["cnf"]!["jkt"]);
        Complete(result);
    }

    [Theory]
    [InlineData(ProviderWithBasicClients.Basic, "client_secret_basic")]
    [InlineData(ProviderWithBasicClients.Post, "client_secret_post")]
    public async Task Signs_in_as_a_plain_client_with_a_secret_and_RS256(string client, string method)
    {
        await using var running = new ProviderWithBasicClients();
        await running.InitializeAsync();
        var (address, result) = await Login(running.Provider, new JsonObject
        {
            ["clientId"] = client,
            ["redirectUri"] = ProviderWithBasicClients.RedirectUri(client),
            ["scope"] = "openid profile birthdate",
            ["authentication"] = new JsonObject { ["method"] = method, ["secret"] = ProviderWithBasicClients.Secret(client) },
        });
        Assert.Contains("redirect_uri", SignedIn.Query(address).Keys);
        Assert.Equal("bearer", (string?)result["tokenType"], ignoreCase: true);
        Assert.Equal("RS256", (string?)result["idTokenAlgorithm"]);
        Complete(result);
    }

    [Theory]
    [InlineData("fapi2", false)]
    [InlineData("legacy", true)]
    public async Task Refreshes_its_tokens_within_the_session(string profile, bool rotates)
    {
        const string id = "refreshing";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var bound = profile == "fapi2";
        await using var provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
        {
            Id = id,
            Name = id,
            Profile = profile,
            RedirectUris = [ProviderWithFapiClients.RedirectUri(id)],
            Scopes = ["openid", "profile", "birthdate"],
            GrantTypes = ["authorization_code", "refresh_token"],
            Jwks = ClientSettings.Jwks(key, id),
            Sector = "refreshing.example",
            DpopBoundAccessTokens = bound,
        }));
        await provider.Consent(id);
        var (_, result) = await Login(provider, new JsonObject
        {
            ["clientId"] = id,
            ["redirectUri"] = ProviderWithFapiClients.RedirectUri(id),
            ["scope"] = "openid profile birthdate",
            ["authentication"] = new JsonObject { ["method"] = "private_key_jwt", ["jwk"] = key.PrivateJwk(id) },
            ["pushes"] = bound,
            ["dpop"] = bound,
            ["refreshes"] = true,
        });
        Complete(result);
        var refreshed = result["refreshed"]!;
        Assert.Equal((string?)result["tokenType"], (string?)refreshed["tokenType"]);
        // OpenID Connect Core 12.2: the same person in the same session.
        Assert.Equal((string?)result["claims"]!["sub"], (string?)refreshed["claims"]!["sub"]);
        Assert.Equal((string?)result["claims"]!["sid"], (string?)refreshed["claims"]!["sid"]);
        Assert.Equal("Liis Tamm", (string?)refreshed["userInfo"]!["name"]);
        // FAPI 2.0 5.3.2.1 (11), RFC 9700 4.14.2: a bound token needs no rotation; an unbound one is spent.
        Assert.Equal(rotates, (bool)refreshed["rotated"]!);
        Assert.Equal(rotates ? "invalid_grant" : null, (string?)refreshed["firstTokenAgain"]);
        Assert.Equal("invalid_grant", (string?)result["refreshAfterReplay"]);
    }

    internal static async Task<(string Address, JsonNode Result)> Login(RunningProvider provider, JsonObject setup)
    {
        setup["issuer"] = provider.Issuer.AbsoluteUri;
        using var client = await PeerScript.Node("openid-client-profile.mjs", setup);
        var address = (string)(await client.Read())["address"]!;
        using var browser = new Browser(provider);
        await browser.SignIn();
        await client.Write(await browser.Arrives(address, (string)setup["redirectUri"]!));
        return (address, await client.Read());
    }

    internal static void Complete(JsonNode result, string? birthdate = "1985-04-21")
    {
        Assert.True(result["error"] is null, result.ToJsonString());
        Assert.Equal((string?)result["claims"]!["sub"], (string?)result["userInfo"]!["sub"]);
        Assert.Equal("http://eidas.europa.eu/LoA/substantial", (string?)result["claims"]!["acr"]);
        Assert.Equal("Liis Tamm", (string?)result["userInfo"]!["name"]);
        Assert.Equal(birthdate, (string?)result["userInfo"]!["birthdate"]);
        // RFC 6749 4.1.2: what the code had given is withdrawn when it is used again.
        Assert.Equal("invalid_grant", (string?)result["sameCodeAgain"]);
        Assert.Equal("invalid_token", (string?)result["tokenAfterReplay"]);
    }
}
