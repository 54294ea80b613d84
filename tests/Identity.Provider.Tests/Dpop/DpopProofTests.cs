using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Identity.Provider.Dpop;

/// <summary>RFC 9449 4.3, check by check, on proofs written by hand.</summary>
public sealed class DpopProofTests
{
    private const string Address = "https://id.example/token";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly RSA RsaKey = RSA.Create(2048);

    public static TheoryData<string, Action<JsonObject>> Accepted => new()
    {
        { "as it is", _ => { } },
        { "typ in other case", json => json["header"]!["typ"] = "DPoP+JWT" },
        { "host in capitals", json => json["htu"] = "https://ID.EXAMPLE/token" },
        { "scheme in capitals", json => json["htu"] = "HTTPS://id.example/token" },
        { "default port", json => json["htu"] = "https://id.example:443/token" },
        { "query and fragment", json => json["htu"] = "https://id.example/token?a=b#c" },
        { "dot segments", json => json["htu"] = "https://id.example/x/../token" },
        { "further claims", json => json["extra"] = new JsonObject { ["a"] = 1 } },
        { "iat 30 s ahead", json => json["iat"] = Now.ToUnixTimeSeconds() + 30 },
        { "iat 60 s ago", json => json["iat"] = Now.ToUnixTimeSeconds() - 60 },
        { "nbf and exp", json => (json["nbf"], json["exp"]) = (Now.ToUnixTimeSeconds() - 10, Now.ToUnixTimeSeconds() + 10) },
        { "jti of 256 characters", json => json["jti"] = new string('j', 256) },
        { "key with kid, use and alg", json => (json["header"]!["jwk"]!["kid"], json["header"]!["jwk"]!["use"], json["header"]!["jwk"]!["alg"]) = ("1", "sig", "ES256") },
    };

    public static TheoryData<string, string, Action<JsonObject>> Refusals => new()
    {
        { "typ missing", "typ", json => json["header"]!.AsObject().Remove("typ") },
        { "typ JWT", "typ", json => json["header"]!["typ"] = "JWT" },
        { "typ number", "typ", json => json["header"]!["typ"] = 1 },
        { "alg missing", "alg", json => json["header"]!.AsObject().Remove("alg") },
        { "alg none", "alg", json => json["header"]!["alg"] = "none" },
        { "alg RS256", "alg", json => json["header"]!["alg"] = "RS256" },
        { "alg HS256", "alg", json => json["header"]!["alg"] = "HS256" },
        { "alg ES384", "alg", json => json["header"]!["alg"] = "ES384" },
        { "alg PS256 with an EC key", "jwk", json => json["header"]!["alg"] = "PS256" },
        { "jwk missing", "jwk", json => json["header"]!.AsObject().Remove("jwk") },
        { "jwk text", "jwk", json => json["header"]!["jwk"] = "key" },
        { "jwk with private part", "jwk", json => json["header"]!["jwk"]!["d"] = "AAAA" },
        { "jwk oct", "jwk", json => json["header"]!["jwk"] = new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" } },
        { "jwk on another curve", "jwk", json => json["header"]!["jwk"]!["crv"] = "P-384" },
        { "point not on the curve", "jwk", json => json["header"]!["jwk"]!["y"] = json["header"]!["jwk"]!["x"]!.DeepClone() },
        { "coordinate of 31 bytes", "jwk", json => json["header"]!["jwk"]!["x"] = Base64Url.EncodeToString(new byte[31]) },
        { "coordinate with padding", "jwk", json => json["header"]!["jwk"]!["x"] = (string)json["header"]!["jwk"]!["x"]! + "=" },
        { "crit", "crit", json => json["header"]!["crit"] = new JsonArray("exp") },
        { "another key in the header", "signature", json =>
            {
                using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                json["header"]!["jwk"] = Jwk(other);
            }
        },
        { "htm missing", "htm", json => json.Remove("htm") },
        { "htm in other case", "htm", json => json["htm"] = "post" },
        { "htm GET", "htm", json => json["htm"] = "GET" },
        { "htu missing", "htu", json => json.Remove("htu") },
        { "htu relative", "htu", json => json["htu"] = "/token" },
        { "htu http", "htu", json => json["htu"] = "http://id.example/token" },
        { "htu of another host", "htu", json => json["htu"] = "https://id.example.evil.example/token" },
        { "htu of another port", "htu", json => json["htu"] = "https://id.example:444/token" },
        { "htu of another path", "htu", json => json["htu"] = "https://id.example/userinfo" },
        { "htu with a slash more", "htu", json => json["htu"] = "https://id.example/token/" },
        { "htu path in other case", "htu", json => json["htu"] = "https://id.example/Token" },
        { "htu with user", "htu", json => json["htu"] = "https://user@id.example/token" },
        { "iat missing", "iat", json => json.Remove("iat") },
        { "iat text", "iat", json => json["iat"] = "now" },
        { "iat 31 s ahead", "iat", json => json["iat"] = Now.ToUnixTimeSeconds() + 31 },
        { "iat 61 s ago", "iat", json => json["iat"] = Now.ToUnixTimeSeconds() - 61 },
        { "iat an hour off", "iat", json => json["iat"] = Now.ToUnixTimeSeconds() + 3600 },
        { "iat beyond any calendar", "iat", json => json["iat"] = long.MaxValue },
        { "iat negative", "iat", json => json["iat"] = -1 },
        { "exp over", "exp", json => json["exp"] = Now.ToUnixTimeSeconds() - 30 },
        { "exp text", "exp", json => json["exp"] = "never" },
        { "nbf ahead", "nbf", json => json["nbf"] = Now.ToUnixTimeSeconds() + 31 },
        { "jti missing", "jti", json => json.Remove("jti") },
        { "jti empty", "jti", json => json["jti"] = "" },
        { "jti number", "jti", json => json["jti"] = 7 },
        { "jti of 257 characters", "jti", json => json["jti"] = new string('j', 257) },
        { "nonce number", "nonce", json => json["nonce"] = 1 },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Accepts(string row, Action<JsonObject> change)
    {
        Assert.NotEmpty(row);
        var proof = DpopProof.Read(Write(change), new ProvenRequest("POST", new Uri(Address)), Now, out var refusal);
        Assert.True(proof is not null, refusal);
        Assert.Equal(43, proof.Thumbprint.Length);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refuses(string row, string reason, Action<JsonObject> change)
    {
        Assert.NotEmpty(row);
        Assert.Null(DpopProof.Read(Write(change), new ProvenRequest("POST", new Uri(Address)), Now, out var refusal));
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
    }

    public static TheoryData<string> Malformed => new(
        "", ".", "..", "...", "a.b.c", "AAAA.AAAA.AAAA", "e30.e30", "e30.e30.", "e30.e30.e30.e30", "e30.W10.AAAA", "W10.e30.AAAA", "e30=.e30.AAAA", "e30.e30.A A", " e30.e30.AAAA",
        Base64Url.EncodeToString("{\"typ\":\"dpop+jwt\",\"typ\":\"dpop+jwt\"}"u8) + ".e30.AAAA",
        Base64Url.EncodeToString("{\"typ\":\"\\ud800\",\"alg\":\"ES256\"}"u8) + ".e30.AAAA",
        Base64Url.EncodeToString("{\"\\ud800\":1}"u8) + ".e30.AAAA",
        Base64Url.EncodeToString([.. "{\"typ\":\""u8, 0xff, .. "\"}"u8]) + ".e30.AAAA",
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 60) + new string(']', 60) + "}")) + ".e30.AAAA");

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses_what_is_no_JWT(string text)
    {
        Assert.Null(DpopProof.Read(text, new ProvenRequest("POST", new Uri(Address)), Now, out var refusal));
        Assert.NotEmpty(refusal);
    }

    [Fact]
    public void Refuses_a_changed_signature_and_DER_in_place_of_two_numbers()
    {
        var proof = Write(_ => { });
        var parts = proof.Split('.');
        var signature = Base64Url.DecodeFromChars(parts[2]);
        signature[5] ^= 1;
        Assert.Null(Read($"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(signature)}"));
        var der = Key.SignData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.Null(Read($"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(der)}"));
        Assert.Null(Read($"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(new byte[64])}"));
    }

    [Fact]
    public void Caps_the_length()
    {
        Assert.NotNull(Read(Padded(DpopProof.LongestProof)));
        Assert.Null(DpopProof.Read(Padded(DpopProof.LongestProof + 1), new ProvenRequest("POST", new Uri(Address)), Now, out var refusal));
        Assert.Equal("longer than 8 kB", refusal);

        // Three base64url characters a step: the length is reached exactly, or by one step and another member.
        static string Padded(int length)
        {
            for (var first = 0; first < 4; first++)
            {
                for (var fill = 5000; fill < 6200; fill++)
                {
                    var text = Write(json => (json["fill"], json["header"]!["x"]) = (new string('f', fill), new string('h', first)), quick: true);
                    if (text.Length == length)
                        return Write(json => (json["fill"], json["header"]!["x"]) = (new string('f', fill), new string('h', first)));
                }
            }

            throw new InvalidOperationException("No such length.");
        }
    }

    [Theory]
    [InlineData(2048, true)]
    [InlineData(4096, true)]
    [InlineData(1024, false)]
    [InlineData(4104, false)]
    public void PS256_keys_have_2048_to_4096_bits(int bits, bool accepted)
    {
        using var key = bits == 2048 ? RSA.Create(RsaKey.ExportParameters(true)) : RSA.Create(bits);
        Assert.Equal(accepted, Read(WriteRsa(key)) is not null);
    }

    [Fact]
    public void An_RSA_key_has_one_spelling()
    {
        Assert.NotNull(Read(WriteRsa(RsaKey)));
        Assert.Null(Read(WriteRsa(RsaKey, jwk => jwk["n"] = Base64Url.EncodeToString([0, .. RsaKey.ExportParameters(false).Modulus!]))));
        Assert.Null(Read(WriteRsa(RsaKey, jwk => jwk["e"] = Base64Url.EncodeToString([0, 1, 0, 1]))));
        Assert.Null(Read(WriteRsa(RsaKey, jwk => jwk["e"] = Base64Url.EncodeToString([1]))));
        Assert.Null(Read(WriteRsa(RsaKey, jwk => jwk["e"] = Base64Url.EncodeToString([1, 0, 0, 0, 1]))));
    }

    // The example of RFC 7638 3.1.
    [Fact]
    public void The_thumbprint_is_that_of_the_specification()
    {
        using var json = System.Text.Json.JsonDocument.Parse("""
            {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
            """);
        using var key = ProofKey.Read(json.RootElement, "PS256");
        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", key!.Thumbprint);
    }

    private static DpopProof? Read(string proof) => DpopProof.Read(proof, new ProvenRequest("POST", new Uri(Address)), Now, out _);

    private static JsonObject Jwk(ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
    }

    private static JsonObject Claims() => new() { ["htm"] = "POST", ["htu"] = Address, ["jti"] = "one", ["iat"] = Now.ToUnixTimeSeconds() };

    // One object holds the claims and, under "header", the header, so that a row can change either.
    private static string Write(Action<JsonObject> change, bool quick = false)
    {
        var all = Claims();
        all["header"] = new JsonObject { ["alg"] = "ES256", ["typ"] = "dpop+jwt", ["jwk"] = Jwk(Key) };
        change(all);
        var header = all["header"]!.DeepClone().AsObject();
        all.Remove("header");
        return Jwt.Sign(all, head =>
        {
            head.Clear();
            foreach (var (name, value) in header)
                head[name] = value?.DeepClone();
        }, bytes => quick ? new byte[64] : Key.SignData(bytes, HashAlgorithmName.SHA256));
    }

    private static string WriteRsa(RSA key, Action<JsonObject>? change = null)
    {
        var parameters = key.ExportParameters(false);
        var jwk = new JsonObject { ["kty"] = "RSA", ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent) };
        change?.Invoke(jwk);
        return Jwt.Sign(Claims(), head => (head["alg"], head["typ"], head["jwk"]) = ("PS256", "dpop+jwt", jwk),
            bytes => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));
    }
}
