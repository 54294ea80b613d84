using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Signing.Tests.Csc;

namespace Identity.Signing.Tests.Agencies;

/// <summary>RFC 9449 at both interfaces, agencies' and programs': a token that is bound to a key is good with a proof of that key, made for this request, and once.</summary>
public sealed class PossessionTests(SigningSystem system) : IClassFixture<SigningSystem>, IDisposable
{
    private const string NoProof = "invalid_dpop_proof";
    private const string NoToken = "invalid_token";
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly HttpClient http = new() { BaseAddress = new Uri(system.Address) };

    public void Dispose()
    {
        http.Dispose();
        key.Dispose();
    }

    /// <summary>What is wrong with the proof, and at which interface.</summary>
    public static TheoryData<string, bool> Wrong()
    {
        var rows = new TheoryData<string, bool>();
        foreach (var what in new[]
        {
            "missing", "empty", "two", "no jwt", "another key", "another key's signature", "changed", "unsigned", "typ", "crit", "private key", "symmetric", "htm", "htu path", "htu host", "htu scheme", "no htu",
            "ath", "no ath", "iat old", "iat ahead", "no iat", "no jti", "long jti",
        })
        {
            rows.Add(what, true);
            rows.Add(what, false);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_proof_that_is_missing_or_of_something_else_is_refused(string what, bool agency)
    {
        system.Reset();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (token, address) = Bound(agency);
        string[] proofs = what switch
        {
            "missing" => [],
            "empty" => [""],
            "two" => [Proof(token, address, agency), Proof(token, address, agency)],
            "no jwt" => ["proof"],
            "another key" => [Proof(token, address, agency, signer: other, shown: other)],
            "another key's signature" => [Proof(token, address, agency, signer: other)],
            "changed" => [Proof(token, address, agency)[..^4] + "AAAA"],
            "unsigned" => [Proof(token, address, agency, header: said => said["alg"] = "none")],
            "typ" => [Proof(token, address, agency, header: said => said["typ"] = "JWT")],
            "crit" => [Proof(token, address, agency, header: said => said["crit"] = new JsonArray("exp"))],
            "private key" => [Proof(token, address, agency, header: said => said["jwk"]!["d"] = "AAAA")],
            "symmetric" => [Proof(token, address, agency, header: said => said["jwk"] = new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" })],
            "htm" => [Proof(token, address, agency, said => said["htm"] = "PUT")],
            "htu path" => [Proof(token, address, agency, said => said["htu"] = system.Address + "elsewhere")],
            "htu host" => [Proof(token, address, agency, said => said["htu"] = "https://another.example/" + address)],
            "htu scheme" => [Proof(token, address, agency, said => said["htu"] = (system.Address + address).Replace("http:", "https:", StringComparison.Ordinal))],
            "no htu" => [Proof(token, address, agency, said => said.Remove("htu"))],
            "ath" => [Proof("another", address, agency)],
            "no ath" => [Proof(token, address, agency, said => said.Remove("ath"))],
            "iat old" => [Proof(token, address, agency, said => said["iat"] = Now() - 120)],
            "iat ahead" => [Proof(token, address, agency, said => said["iat"] = Now() + 120)],
            "no iat" => [Proof(token, address, agency, said => said.Remove("iat"))],
            "no jti" => [Proof(token, address, agency, said => said.Remove("jti"))],
            "long jti" => [Proof(token, address, agency, said => said["jti"] = new string('j', 257))],
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        await Refused(NoProof, agency, address, token, "DPoP", proofs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_proof_is_good_once(bool agency)
    {
        system.Reset();
        var (token, address) = Bound(agency);
        var proof = Proof(token, address, agency);
        var heard = agency ? HttpStatusCode.NotFound : HttpStatusCode.OK;
        Assert.Equal(heard, (await Ask(agency, address, token, "DPoP", proof)).Status);
        await Refused(NoProof, agency, address, token, "DPoP", proof);
        // The same identifier in another proof of this key.
        var jti = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(proof.Split('.')[1]))!["jti"]!.GetValue<string>();
        await Refused(NoProof, agency, address, token, "DPoP", Proof(token, address, agency, said => said["jti"] = jti));
        // A query and a nonce that nobody asked for say nothing (RFC 9449 4.3).
        Assert.Equal(heard, (await Ask(agency, address, token, "DPoP", Proof(token, address, agency, said =>
        {
            said["htu"] = system.Address + address + "?x=1";
            said["nonce"] = "unasked";
        }))).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bound_token_is_no_bearer_token_nor_the_other_way_round(bool agency)
    {
        system.Reset();
        var (token, address) = Bound(agency);
        await Refused(NoToken, agency, address, token, "Bearer");
        await Refused(NoToken, agency, address, token, "Bearer", Proof(token, address, agency));
        var (loose, _) = Bound(agency, said => said.Remove("cnf"));
        await Refused(NoToken, agency, address, loose, "DPoP", Proof(loose, address, agency));
        // RFC 8705 3: nobody shows a certificate here.
        var (certified, _) = Bound(agency, said => said["cnf"] = new JsonObject { ["x5t#S256"] = "x" });
        await Refused(NoToken, agency, address, certified, "Bearer");
        await Refused(NoToken, agency, address, certified, "DPoP", Proof(certified, address, agency));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_certificate_beside_the_key_of_a_proof_proves_nothing(bool agency)
    {
        system.Reset();
        using var owner = RSA.Create(2048);
        using var thief = RSA.Create(2048);
        var modulus = Encode(owner.ExportParameters(includePrivateParameters: false).Modulus!);
        var thumbprint = Encode(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"e":"AQAB","kty":"RSA","n":"{{modulus}}"}""")));
        var (token, address) = Bound(agency, said => said["cnf"] = new JsonObject { ["jkt"] = thumbprint });
        var certificate = new CertificateRequest("CN=thief", thief, HashAlgorithmName.SHA256, RSASignaturePadding.Pss).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        string ByRsa(RSA signer, bool certified) => Proof(token, address, agency, sign: input => signer.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pss), header: said =>
        {
            said["alg"] = "PS256";
            said["jwk"] = new JsonObject { ["kty"] = "RSA", ["n"] = modulus, ["e"] = "AQAB" };
            if (certified)
                said["jwk"]!["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData));
        });
        // RFC 7517 4.7: it must be of the same key; no proof has one.
        await Refused(NoProof, agency, address, token, "DPoP", ByRsa(thief, certified: true));
        await Refused(NoProof, agency, address, token, "DPoP", ByRsa(thief, certified: false));
        Assert.Equal(agency ? HttpStatusCode.NotFound : HttpStatusCode.OK, (await Ask(agency, address, token, "DPoP", ByRsa(owner, certified: false))).Status);
        await Refused(NoProof, agency, address, token, "DPoP", ByRsa(thief, certified: true));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"jkt":1}""")]
    [InlineData("""{"jkt":""}""")]
    public async Task A_token_that_is_bound_to_what_nobody_can_show_is_not_taken_as_unbound(string confirmation)
    {
        system.Reset();
        var (token, address) = Bound(agency: true, said => said["cnf"] = JsonNode.Parse(confirmation));
        await Refused(NoToken, true, address, token, "Bearer");
        await Refused(NoToken, true, address, token, "DPoP", Proof(token, address, true));
    }

    private (string Token, string Address) Bound(bool agency, Action<JsonObject>? change = null)
    {
        void Bind(JsonObject said)
        {
            said["cnf"] = new JsonObject { ["jkt"] = Thumbprint(key) };
            change?.Invoke(said);
        }

        if (agency)
            return (system.Provider.AccessToken(system.Address, change: (_, said) => Bind(said)), "requests/AAAAAAAAAAAAAAAAAAAAAA");
        using var caller = new CscCaller(system);
        return (caller.Token("service", Bind), "csc/v2/credentials/list");
    }

    private async Task Refused(string error, bool agency, string address, string token, string scheme, params string[] proofs)
    {
        var (status, answer, challenge) = await Ask(agency, address, token, scheme, proofs);
        Assert.Equal((HttpStatusCode.Unauthorized, error), (status, answer["error"]!.GetValue<string>()));
        Assert.Contains($"DPoP error=\"{error}\", algs=\"ES256 PS256\"", challenge, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, JsonNode Answer, string Challenge)> Ask(bool agency, string address, string token, string scheme, params string[] proofs)
    {
        using var request = new HttpRequestMessage(agency ? HttpMethod.Get : HttpMethod.Post, address);
        if (!agency)
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, token);
        foreach (var proof in proofs)
            request.Headers.TryAddWithoutValidation("DPoP", proof);
        using var answer = await http.SendAsync(request, SigningSystem.Cancellation);
        return (answer.StatusCode, await SigningSystem.Json(answer), string.Join(", ", answer.Headers.TryGetValues("WWW-Authenticate", out var challenges) ? challenges : []));
    }

    private string Proof(string token, string address, bool agency, Action<JsonObject>? payload = null, Action<JsonObject>? header = null, ECDsa? signer = null, ECDsa? shown = null,
        Func<byte[], byte[]>? sign = null)
    {
        var said = new JsonObject
        {
            ["htm"] = agency ? "GET" : "POST", ["htu"] = system.Address + address, ["iat"] = Now(), ["jti"] = Encode(RandomNumberGenerator.GetBytes(16)), ["ath"] = Encode(SHA256.HashData(Encoding.ASCII.GetBytes(token))),
        };
        payload?.Invoke(said);
        var (x, y) = Point(shown ?? key);
        var head = new JsonObject { ["typ"] = "dpop+jwt", ["alg"] = "ES256", ["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = x, ["y"] = y } };
        header?.Invoke(head);
        var input = Encode(Encoding.UTF8.GetBytes(head.ToJsonString())) + "." + Encode(Encoding.UTF8.GetBytes(said.ToJsonString()));
        return head["alg"]!.GetValue<string>() == "none" ? input + "." : input + "." + Encode(sign?.Invoke(Encoding.ASCII.GetBytes(input)) ?? (signer ?? key).SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256));
    }

    // RFC 7638 3.
    private static string Thumbprint(ECDsa key)
    {
        var (x, y) = Point(key);
        return Encode(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""")));
    }

    private static (string X, string Y) Point(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return (Encode(point.X!), Encode(point.Y!));
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
