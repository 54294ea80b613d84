using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>What an assertion may be depends on the client's profile: the same assertions, signed with one RSA key, of three clients.</summary>
public sealed class LegacyAssertionTests(LegacyAssertionTests.OfThreeProfiles clients) : IClassFixture<LegacyAssertionTests.OfThreeProfiles>
{
    public sealed class OfThreeProfiles : IAsyncLifetime
    {
        public RunningProvider Provider { get; private set; } = null!;

        public RSA Key { get; } = RSA.Create(2048);

        public async ValueTask InitializeAsync() => Provider = await RunningProvider.With(ClientSettings.Of(Client("legacy"), Client("baseline"), Client("fapi2")));

        public async ValueTask DisposeAsync()
        {
            await Provider.DisposeAsync();
            Key.Dispose();
        }

        private ClientOptions Client(string profile) => new()
        {
            Id = "of-" + profile,
            Name = profile,
            Profile = profile,
            RedirectUris = ["https://agency.example/callback"],
            Scopes = ["openid"],
            Jwks = Jwks(),
            DpopBoundAccessTokens = profile == "fapi2",
            Sector = "agency.example",
        };

        private string Jwks()
        {
            var key = Key.ExportParameters(false);
            return new JsonObject
            {
                ["keys"] = new JsonArray(new JsonObject { ["kty"] = "RSA", ["n"] = Base64UrlEncoder.Encode(key.Modulus), ["e"] = Base64UrlEncoder.Encode(key.Exponent) }),
            }.ToJsonString();
        }
    }

    public static TheoryData<string, string, Func<string, JsonNode>> LegacyOnly => new()
    {
        { "the token endpoint", "PS256", issuer => issuer + "token" },
        { "the endpoint itself", "PS256", issuer => issuer + "par" },
        { "a list of both and the issuer", "PS256", issuer => new JsonArray(issuer, issuer + "token", issuer + "par") },
        { "RS256", "RS256", issuer => issuer },
    };

    public static TheoryData<string, Func<string, JsonNode>> Nobodys => new()
    {
        { "another provider", _ => "https://other.example/" },
        { "an endpoint that is another", issuer => issuer + "userinfo" },
        { "a list with a stranger", issuer => new JsonArray(issuer, "https://other.example/token") },
        { "an empty list", _ => new JsonArray() },
        { "a list of nine", issuer => new JsonArray([.. Enumerable.Repeat(issuer, 9).Select(text => (JsonNode)text)]) },
        { "the token endpoint with a query", issuer => issuer + "token?a=b" },
        { "the token endpoint in other letters", issuer => issuer + "TOKEN" },
    };

    [Theory]
    [MemberData(nameof(LegacyOnly))]
    public async Task Only_legacy_clients_may_name_an_endpoint_or_sign_by_RS256(string row, string algorithm, Func<string, JsonNode> audience)
    {
        Assert.NotEmpty(row);
        Assert.Equal(HttpStatusCode.Created, (await Push("of-legacy", algorithm, audience)).Status);
        foreach (var client in new[] { "of-baseline", "of-fapi2" })
        {
            var refused = await Push(client, algorithm, audience);
            Assert.True(refused is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, refused.Body);
        }
    }

    [Theory]
    [MemberData(nameof(Nobodys))]
    public async Task Nobody_may_name_anybody_else(string row, Func<string, JsonNode> audience)
    {
        Assert.NotEmpty(row);
        foreach (var client in new[] { "of-legacy", "of-baseline", "of-fapi2" })
        {
            var refused = await Push(client, "PS256", audience);
            Assert.True(refused is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, refused.Body);
        }
    }

    [Fact]
    public async Task The_issuer_is_good_for_everybody()
    {
        foreach (var client in new[] { "of-legacy", "of-baseline", "of-fapi2" })
            Assert.Equal(HttpStatusCode.Created, (await Push(client, "PS256", issuer => issuer)).Status);
    }

    // RFC 7523 3.1: the assertion names the client. An unknown code is refused after the client is known.
    [Fact]
    public async Task At_the_token_endpoint_client_id_may_be_left_out()
    {
        using var agency = new Agency(clients.Provider, "of-legacy") { RedirectUri = "https://agency.example/callback" };
        var form = agency.Authenticated(agency.Assertion(
            header: header => header["alg"] = "RS256", sign: bytes => clients.Key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        form.Remove("client_id");
        var reply = await agency.Post("/token", form.Concat(agency.CodeRequest("unknown")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task An_assertion_of_a_legacy_client_is_good_once_too()
    {
        var assertion = "";
        Assert.Equal(HttpStatusCode.Created, (await Push("of-legacy", "RS256", issuer => issuer + "token", form => assertion = form["client_assertion"])).Status);
        var again = await Push("of-legacy", "RS256", issuer => issuer + "token", form => form["client_assertion"] = assertion);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (again.Status, again.Error));
    }

    private async Task<Reply> Push(string client, string algorithm, Func<string, JsonNode> audience, Action<Dictionary<string, string>>? change = null)
    {
        var provider = clients.Provider;
        using var agency = new Agency(provider, client) { RedirectUri = "https://agency.example/callback" };
        var padding = algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var form = agency.Authenticated(agency.Assertion(
            claims => claims["aud"] = audience(provider.Issuer.AbsoluteUri),
            header => header["alg"] = algorithm,
            bytes => clients.Key.SignData(bytes, HashAlgorithmName.SHA256, padding)));
        foreach (var (name, value) in agency.Request("openid"))
            form[name] = value;
        change?.Invoke(form);
        return await agency.Post("/par", form);
    }
}
