using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Identity.Provider.Clients;

/// <summary>RFC 7523 and FAPI 2.0 5.3.2.1 at the pushed request endpoint and at the token endpoint; each row changes one thing.</summary>
public sealed class ClientAssertionTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public static TheoryData<string, Action<JsonObject>> BadClaims => new()
    {
        { "no jti", claims => claims.Remove("jti") },
        { "empty jti", claims => claims["jti"] = "" },
        { "jti of 129 characters", claims => claims["jti"] = new string('a', 129) },
        { "jti that is a number", claims => claims["jti"] = 7 },
        { "no exp", claims => claims.Remove("exp") },
        { "exp over", claims => claims["exp"] = Now - 120 },
        { "exp in six minutes", claims => claims["exp"] = Now + 360 },
        { "exp in ten years", claims => claims["exp"] = Now + 315_360_000 },
        { "exp as text", claims => claims["exp"] = "soon" },
        { "exp negative", claims => claims["exp"] = -1 },
        { "exp beyond any calendar", claims => claims["exp"] = long.MaxValue },
        { "nbf 61 seconds ahead", claims => claims["nbf"] = Now + 61 },
        { "nbf beyond any calendar", claims => claims["nbf"] = long.MaxValue },
        { "iat as an object", claims => claims["iat"] = new JsonObject() },
        { "aud as a number", claims => claims["aud"] = 5 },
        { "iss as a list", claims => claims["iss"] = new JsonArray("tax-portal") },
        { "exp as a fraction beyond any calendar", claims => claims["exp"] = 1e300 },
        { "nbf as text", claims => claims["nbf"] = "later" },
        { "iat 61 seconds ahead", claims => claims["iat"] = Now + 61 },
        { "iat an hour ago", claims => claims["iat"] = Now - 3600 },
        { "aud of the token endpoint", claims => claims["aud"] = $"{claims["aud"]}token" },
        { "aud of the pushed request endpoint", claims => claims["aud"] = $"{claims["aud"]}par" },
        { "aud of another provider", claims => claims["aud"] = "https://other.example/" },
        { "aud list with a stranger", claims => claims["aud"] = new JsonArray((string)claims["aud"]!, "https://other.example/") },
        { "no aud", claims => claims.Remove("aud") },
        { "no sub", claims => claims.Remove("sub") },
        { "no iss", claims => claims.Remove("iss") },
        { "iss of another client", claims => claims["iss"] = "health-portal" },
        { "sub of another client", claims => claims["sub"] = "health-portal" },
        { "iss and sub of another client", claims => { claims["iss"] = "health-portal"; claims["sub"] = "health-portal"; } },
        { "unknown client", claims => { claims["iss"] = "nobody"; claims["sub"] = "nobody"; } },
    };

    public static TheoryData<string, Action<JsonObject>> GoodClaims => new()
    {
        { "as it is", _ => { } },
        { "aud without the last slash", claims => claims["aud"] = ((string)claims["aud"]!).TrimEnd('/') },
        { "aud list of one", claims => claims["aud"] = new JsonArray((string)claims["aud"]!) },
        { "nbf 8 seconds ahead", claims => claims["nbf"] = Now + 8 },
        { "no iat", claims => claims.Remove("iat") },
        { "exp in five minutes", claims => claims["exp"] = Now + 300 },
        { "jti of 128 characters", claims => claims["jti"] = string.Concat(Enumerable.Repeat(Agency.Random(12), 8)) },
    };

    public static TheoryData<string, Action<JsonObject>> BadHeaders => new()
    {
        { "typ of an access token", header => header["typ"] = "at+jwt" },
        { "typ of an identity token's relative", header => header["typ"] = "logout+jwt" },
        { "unknown critical extension", header => header["crit"] = new JsonArray("exp") },
    };

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task Refuses_bad_claims_at_both_endpoints(string row, Action<JsonObject> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "tax-portal");
        await Refused(agency, () => agency.Assertion(change));
    }

    [Theory]
    [MemberData(nameof(GoodClaims))]
    public async Task Accepts_what_common_clients_send(string row, Action<JsonObject> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "tax-portal");
        var reply = await agency.Push(agency.Request(), agency.Assertion(change));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("JWT")]
    [InlineData("jwt")]
    [InlineData("client-authentication+jwt")]
    public async Task Accepts_the_types_in_use(string? type)
    {
        using var agency = new Agency(provider, "tax-portal");
        var reply = await agency.Push(agency.Request(), agency.Assertion(header: header => header["typ"] = type));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
    }

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task Refuses_bad_headers(string row, Action<JsonObject> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "tax-portal");
        await Refused(agency, () => agency.Assertion(header: change));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("e30.e30.")]
    [InlineData("e30.bnVsbA.AAAA")]
    [InlineData("W10.W10.AAAA")]
    [InlineData("a.b.c.d.e")]
    public async Task Refuses_what_is_no_signed_JWT(string assertion)
    {
        using var agency = new Agency(provider, "tax-portal");
        await Refused(agency, () => assertion);
    }

    [Fact]
    public async Task Refuses_an_unsigned_assertion()
    {
        using var agency = new Agency(provider, "tax-portal");
        await Refused(agency, () => agency.Assertion(header: header => header["alg"] = "none", sign: _ => []));
    }

    [Fact]
    public async Task Refuses_an_HMAC_keyed_with_the_public_key()
    {
        using var agency = new Agency(provider, "tax-portal");
        foreach (var secret in new[] { agency.Key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(agency.Key.ExportSubjectPublicKeyInfoPem()) })
            await Refused(agency, () => agency.Assertion(header: header => header["alg"] = "HS256", sign: bytes => HMACSHA256.HashData(secret, bytes)));
    }

    [Fact]
    public async Task Refuses_RS256_and_a_foreign_key_with_the_registered_key_id()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var rsa = RSA.Create(2048);
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(agency, () => agency.Assertion(
            header: header => header["alg"] = "RS256", sign: bytes => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        await Refused(agency, () => agency.Assertion(
            header: header => header["kid"] = "tax-portal", sign: bytes => foreign.SignData(bytes, HashAlgorithmName.SHA256)));
        using var other = new Agency(provider, "health-portal");
        await Refused(agency, () => agency.Assertion(sign: bytes => other.Key.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("' OR 1=1 --")]
    public async Task A_hostile_key_id_changes_nothing(string keyId)
    {
        using var agency = new Agency(provider, "tax-portal");
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(agency, () => agency.Assertion(header: header => header["kid"] = keyId, sign: bytes => foreign.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    [Theory]
    [InlineData("jku")]
    [InlineData("x5u")]
    public async Task A_key_address_in_the_header_is_never_fetched(string member)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var agency = new Agency(provider, "tax-portal");
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(agency, () => agency.Assertion(
            header: header => header[member] = $"http://{listener.LocalEndpoint}/keys", sign: bytes => foreign.SignData(bytes, HashAlgorithmName.SHA256)));
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task A_key_in_the_header_is_not_believed()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = foreign.ExportParameters(false).Q;
        await Refused(agency, () => agency.Assertion(
            header: header => header["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) },
            sign: bytes => foreign.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public async Task Accepts_8_kB_and_refuses_one_character_more()
    {
        using var agency = new Agency(provider, "tax-portal");
        // Header and claims are padded until the whole has the length; base64 moves in steps, so the last characters come from the header.
        string Padded(int length)
        {
            for (var padding = length * 3 / 4 - 600; ; padding++)
            {
                for (var more = 0; more < 4; more++)
                {
                    var assertion = agency.Assertion(claims => claims["pad"] = new string('a', padding), header => header["pad"] = new string('b', more));
                    if (assertion.Length == length)
                        return assertion;
                }
            }
        }

        var accepted = await agency.Push(agency.Request(), Padded(ClientAssertion.LongestAssertion));
        Assert.True(accepted.Status == HttpStatusCode.Created, accepted.Body);
        await Refused(agency, () => Padded(ClientAssertion.LongestAssertion + 1));
    }

    [Fact]
    public async Task A_second_use_is_refused_at_either_endpoint()
    {
        using var agency = new Agency(provider, "tax-portal");
        var assertion = agency.Assertion();
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request(), assertion)).Status);
        await Refused(agency, () => assertion);
    }

    [Fact]
    public async Task Of_parallel_uses_one_is_accepted()
    {
        using var agency = new Agency(provider, "tax-portal");
        var assertion = agency.Assertion();
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => agency.Push(agency.Request(), assertion)));
        Assert.Equal(1, replies.Count(reply => reply.Status == HttpStatusCode.Created));
        Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.Created), reply => Assert.Equal("invalid_client", reply.Error));
    }

    [Fact]
    public async Task Nobody_spends_the_identifiers_of_another_client()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var other = new Agency(provider, "health-portal");
        var jti = Agency.Random(16);
        Assert.Equal(HttpStatusCode.Created, (await other.Push(other.Request(), other.Assertion(claims => claims["jti"] = jti))).Status);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request(), agency.Assertion(claims => claims["jti"] = jti))).Status);
    }

    [Fact]
    public async Task An_assertion_with_a_bad_signature_spends_nothing()
    {
        using var agency = new Agency(provider, "tax-portal");
        var good = agency.Assertion();
        var bad = good[..^4] + (good.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA");
        Assert.Equal("invalid_client", (await agency.Push(agency.Request(), bad)).Error);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request(), good)).Status);
    }

    [Fact]
    public async Task An_identity_token_is_no_assertion()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var tokens = await agency.Redeem((await browser.Authorize(agency))["code"]);
        await Refused(agency, () => (string)tokens.Json["id_token"]!);
        await Refused(agency, () => (string)tokens.Json["access_token"]!);
    }

    [Fact]
    public async Task Without_authentication_with_a_secret_or_with_another_assertion_type_nothing_is_pushed()
    {
        using var agency = new Agency(provider, "tax-portal");
        var none = agency.Request();
        none["client_id"] = agency.ClientId;
        Assert.Equal("invalid_client", (await agency.Post("/par", none)).Error);
        none["client_secret"] = "secret";
        Assert.Equal("invalid_client", (await agency.Post("/par", none)).Error);
        var saml = agency.Authenticated();
        saml["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
        Assert.Equal("invalid_client", (await agency.Post("/par", saml.Concat(agency.Request()))).Error);
    }

    private static async Task Refused(Agency agency, Func<string> assertion)
    {
        var pushed = await agency.Push(agency.Request(), assertion());
        Assert.True(pushed is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, $"{pushed.Status} {pushed.Body}");
        var form = agency.Authenticated(assertion());
        form["grant_type"] = "client_credentials";
        form["scope"] = "signing";
        var token = await agency.Post("/token", form);
        Assert.True(token is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, $"{token.Status} {token.Body}");
    }
}
