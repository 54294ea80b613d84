using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Keys;
using Identity.Provider.Clients;

namespace Identity.Provider.Token;

/// <summary>
/// OpenID Connect Registration 2: the ID token has the algorithm that the client is registered for, and verifies with the published key. RFC 8725 3.1: what
/// comes back verifies with the key that it names, by that key's algorithm, or not at all.
/// </summary>
public sealed class TokenSignatureTests(TokenSignatureTests.Registered registered) : IClassFixture<TokenSignatureTests.Registered>
{
    /// <summary>One client for each algorithm, and one that says nothing.</summary>
    public sealed class Registered : IAsyncLifetime
    {
        public ECDsa ClientKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Provider = await RunningProvider.With(ClientSettings.Of(Client("es256", "ES256"), Client("ps256", "PS256"), Client("rs256", "RS256"), Client("silent", null)));
            foreach (var id in new[] { "es256", "ps256", "rs256", "silent" })
                Provider.ClientKeys[id] = ClientKey;
        }

        public async ValueTask DisposeAsync()
        {
            await Provider.DisposeAsync();
            ClientKey.Dispose();
        }

        private ClientOptions Client(string id, string? algorithm) => new()
        {
            Id = id, Name = id, Sector = "agency.example", Jwks = ClientSettings.Jwks(ClientKey, id), RedirectUris = ["http://localhost:7777/callback"], Scopes = ["openid", "profile"],
            IdTokenSignedResponseAlg = algorithm,
        };
    }

    private RunningProvider Provider => registered.Provider;

    private ECDsa ClientKey => registered.ClientKey;

    [Fact]
    public async Task The_ID_token_is_signed_as_registered_and_the_access_token_by_ES256()
    {
        var keyIds = new HashSet<string>();
        foreach (var (client, algorithm) in new[] { ("es256", "ES256"), ("ps256", "PS256"), ("rs256", "RS256"), ("silent", "ES256") })
        {
            var (id, access) = await Tokens(client);
            Assert.Equal(algorithm, (string?)Jwt.Header(id)["alg"]);
            keyIds.Add((string)Jwt.Header(id)["kid"]!);
            Assert.True(Verifies(id, await Published((string)Jwt.Header(id)["kid"]!)), client);
            Assert.Equal("ES256", (string?)Jwt.Header(access)["alg"]);
            Assert.True(Verifies(access, await Published((string)Jwt.Header(access)["kid"]!)), client);
            // OpenID Connect Core 3.1.3.6: the left half of SHA-256, for all three algorithms.
            Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(access)).AsSpan(0, 16)), (string?)Jwt.Payload(id)["at_hash"]);
        }

        Assert.Equal(3, keyIds.Count);
    }

    public static TheoryData<string> Forgeries =>
    [
        "unknown kid", "no kid", "kid of another key", "none", "HS256 with the public key as secret", "RS256 by the PS256 key", "PS256 by the RS256 key", "ES256 by a stranger", "changed claim",
    ];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task What_does_not_verify_with_the_key_that_it_names_is_refused_at_userinfo(string row)
    {
        using var agency = Agency("silent");
        var (_, access) = await Tokens("silent");
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo(access)).Status);
        var refused = await agency.UserInfo(Forged(row, access));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Contains("error=\"invalid_token\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task What_does_not_verify_with_the_key_that_it_names_is_no_hint(string row)
    {
        var (id, _) = await Tokens("silent");
        using var agency = Agency("silent");
        using var browser = await SignedInBrowser(agency.ClientId);
        Assert.Contains("code", await browser.Authorize(agency, form => form["id_token_hint"] = id));
        Assert.DoesNotContain("code", await browser.Authorize(agency, form =>
        {
            form["id_token_hint"] = Forged(row, id);
            form["prompt"] = "none";
        }));
    }

    private string Forged(string row, string token)
    {
        var header = Jwt.Header(token);
        var payload = Jwt.Payload(token);
        var keys = KeyRing.Open(Provider.KeyDirectory, production: false);
        string KeyId(string name) => PublicJwk.For(keys.Get(name, KeyPurpose.TokenSigning).SubjectPublicKeyInfo, "").KeyId;
        byte[] ByEcdsa(byte[] bytes) => keys.Get("token-es256", KeyPurpose.TokenSigning).AsEcdsa().SignData(bytes, HashAlgorithmName.SHA256);
        byte[] ByRsa(string name, byte[] bytes, RSASignaturePadding padding) =>
            keys.Get(name, KeyPurpose.TokenSigning).AsRsa().SignData(bytes, HashAlgorithmName.SHA256, padding);
        string Sign(Action<JsonObject> change, Func<byte[], byte[]> sign) => Jwt.Sign(payload, made =>
        {
            made["typ"] = (string?)header["typ"];
            made["kid"] = (string?)header["kid"];
            change(made);
        }, sign);

        switch (row)
        {
            case "unknown kid":
                return Sign(made => made["kid"] = "nobodys", ByEcdsa);
            case "no kid":
                return Sign(made => made.Remove("kid"), ByEcdsa);
            case "kid of another key":
                return Sign(made => made["kid"] = KeyId("token-rs256"), ByEcdsa);
            case "none":
                return Sign(made => made["alg"] = "none", _ => []);
            case "HS256 with the public key as secret":
                return Sign(made => made["alg"] = "HS256", bytes => HMACSHA256.HashData(keys.Get("token-es256", KeyPurpose.TokenSigning).SubjectPublicKeyInfo.Span, bytes));
            case "RS256 by the PS256 key":
                return Sign(made => (made["alg"], made["kid"]) = ("RS256", KeyId("token-ps256")), bytes => ByRsa("token-ps256", bytes, RSASignaturePadding.Pkcs1));
            case "PS256 by the RS256 key":
                return Sign(made => (made["alg"], made["kid"]) = ("PS256", KeyId("token-rs256")), bytes => ByRsa("token-rs256", bytes, RSASignaturePadding.Pss));
            case "ES256 by a stranger":
                return Sign(_ => { }, bytes => ClientKey.SignData(bytes, HashAlgorithmName.SHA256));
            default:
                var parts = token.Split('.');
                payload["exp"] = (long)payload["exp"]! + 1;
                return $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()))}.{parts[2]}";
        }
    }

    private Agency Agency(string client) => new(Provider, client) { RedirectUri = "http://localhost:7777/callback" };

    private async Task<Browser> SignedInBrowser(string client)
    {
        var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(client);
        return browser;
    }

    private async Task<(string Id, string Access)> Tokens(string client)
    {
        using var agency = Agency(client);
        using var browser = await SignedInBrowser(client);
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return ((string)reply.Json["id_token"]!, (string)reply.Json["access_token"]!);
    }

    private async Task<JsonNode> Published(string keyId)
    {
        using var agency = Agency("silent");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks");
        return (await agency.Send(request)).Json["keys"]!.AsArray().Single(one => (string?)one!["kid"] == keyId)!;
    }

    private static bool Verifies(string token, JsonNode key)
    {
        var parts = token.Split('.');
        var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        var signature = Base64Url.DecodeFromChars(parts[2]);
        byte[] Member(string name) => Base64Url.DecodeFromChars((string)key[name]!);
        if ((string?)key["alg"] == "ES256")
        {
            using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Member("x"), Y = Member("y") } });
            return ecdsa.VerifyData(signed, signature, HashAlgorithmName.SHA256);
        }

        using var rsa = RSA.Create(new RSAParameters { Modulus = Member("n"), Exponent = Member("e") });
        return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, (string?)key["alg"] == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }
}
