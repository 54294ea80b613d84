using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Keys.Activation;
using Identity.TestKit;

namespace Identity.Keys.Tests.Activation;

public sealed class ApprovalEvidenceTests
{
    private static readonly Dictionary<string, (Action<EvidenceBuilder> Change, ApprovalRefusal Refusal)> Rows = new()
    {
        ["another issuer"] = (e => e.Payload["iss"] = "http://localhost:5009/", ApprovalRefusal.WrongIssuer),
        ["the issuer without its slash"] = (e => e.Payload["iss"] = "http://localhost:5000", ApprovalRefusal.WrongIssuer),
        ["another audience"] = (e => e.Payload["aud"] = "land-registry", ApprovalRefusal.WrongAudience),
        ["several audiences"] = (e => e.Payload["aud"] = new JsonArray("signing", "other"), ApprovalRefusal.Malformed),
        ["issued 61 s ahead"] = (e => e.Payload["iat"] = e.Now.ToUnixTimeSeconds() + 61, ApprovalRefusal.IssuedInTheFuture),
        ["expired 60 s ago"] = (e => Expire(e, -60), ApprovalRefusal.Expired),
        ["no expiry"] = (e => e.Payload.Remove("exp"), ApprovalRefusal.Malformed),
        ["expiry as text"] = (e => e.Payload["exp"] = "1795428300", ApprovalRefusal.Malformed),
        ["expiry past the calendar"] = (e => e.Payload["exp"] = 253402300800, ApprovalRefusal.Malformed),
        ["expiry other than the approval's"] = (e => e.Payload["exp"] = e.Now.AddMinutes(6).ToUnixTimeSeconds(), ApprovalRefusal.WrongExpiry),
        ["no subject"] = (e => e.Payload.Remove("sub"), ApprovalRefusal.Malformed),
        ["another approval id"] = (e => e.Payload["jti"] = "AAAAAAAAAAAAAAAAAAAAAA", ApprovalRefusal.WrongApprovalId),
        ["another person's name on it"] = (e => e.Payload["person"]!["identifier"] = "PNOXX-37911030025", ApprovalRefusal.WrongPerson),
        ["a person without a name"] = (e => e.Payload["person"]!["given_name"] = "", ApprovalRefusal.Malformed),
        ["an approval for another client"] = (e => e.Canonical = e.Canonical.Replace("\"client\":\"signing\"", "\"client\":\"other\"", StringComparison.Ordinal), ApprovalRefusal.WrongClient),
        ["an approval with a space"] = (e => e.Canonical = e.Canonical.Replace(",\"version\"", ", \"version\"", StringComparison.Ordinal), ApprovalRefusal.NotCanonical),
        ["an approval swapped after the passkey signed"] = (Swap, ApprovalRefusal.WrongChallenge),
        ["base64url with padding"] = (e => e.Payload["approval"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(e.Canonical)) + "=", ApprovalRefusal.Malformed),
        ["a registration's client data"] = (e => e.Dishonesty = new() { Type = "webauthn.create" }, ApprovalRefusal.WrongClientDataType),
        ["another challenge"] = (e => e.Dishonesty = new() { Challenge = new byte[32] }, ApprovalRefusal.WrongChallenge),
        ["a shorter challenge"] = (e => e.Dishonesty = new() { Challenge = new byte[31] }, ApprovalRefusal.WrongChallenge),
        ["another origin"] = (e => e.Dishonesty = new() { Origin = "http://localhost:5200" }, ApprovalRefusal.WrongOrigin),
        ["another origin, also as claimed"] = (OtherOrigin, ApprovalRefusal.WrongOrigin),
        ["a claimed origin other than the browser's"] = (e => e.Payload["origin"] = "http://localhost:5200", ApprovalRefusal.WrongOrigin),
        ["a cross-origin frame"] = (e => e.Dishonesty = new() { CrossOrigin = true }, ApprovalRefusal.CrossOrigin),
        ["crossOrigin as text"] = (e => e.ClientData = c => c.Replace(":false", ":\"false\"", StringComparison.Ordinal), ApprovalRefusal.CrossOrigin),
        ["a top origin"] = (e => e.ClientData = c => c.Replace("\"crossOrigin\":false", "\"crossOrigin\":false,\"topOrigin\":\"http://evil.example\"", StringComparison.Ordinal), ApprovalRefusal.CrossOrigin),
        ["a member twice in client data"] = (e => e.ClientData = c => c.Replace("{", "{\"type\":\"webauthn.create\",", StringComparison.Ordinal), ApprovalRefusal.MalformedClientData),
        ["client data that are no object"] = (e => e.ClientData = _ => "[]", ApprovalRefusal.MalformedClientData),
        ["another relying party"] = (e => e.Dishonesty = new() { RpId = "evil.example" }, ApprovalRefusal.WrongRelyingParty),
        ["another relying party as claimed"] = (e => e.Payload["rp_id"] = "evil.example", ApprovalRefusal.WrongRelyingParty),
        ["nobody present"] = (e => e.Dishonesty = new() { UserPresent = false }, ApprovalRefusal.UserNotPresent),
        ["user not verified"] = (e => e.Dishonesty = new() { UserVerified = false }, ApprovalRefusal.UserNotVerified),
        ["36 bytes of authenticator data"] = (e => e.AuthenticatorData = d => d[..36], ApprovalRefusal.MalformedAuthenticatorData),
        ["a byte after authenticator data"] = (e => e.AuthenticatorData = d => [.. d, 0], ApprovalRefusal.MalformedAuthenticatorData),
        ["attested credential data in an assertion"] = (e => e.AuthenticatorData = d => With(d, 32, 0x45), ApprovalRefusal.MalformedAuthenticatorData),
        ["backed up though not eligible"] = (e => e.AuthenticatorData = d => With(d, 32, 0x15), ApprovalRefusal.MalformedAuthenticatorData),
        ["extensions announced and absent"] = (e => e.AuthenticatorData = d => With(d, 32, 0x85), ApprovalRefusal.MalformedAuthenticatorData),
        ["extensions that are no map"] = (e => e.AuthenticatorData = d => [.. With(d, 32, 0x85), 0x01], ApprovalRefusal.MalformedAuthenticatorData),
        ["a byte after extensions"] = (e => e.AuthenticatorData = d => [.. With(d, 32, 0x85), 0xA0, 0x00], ApprovalRefusal.MalformedAuthenticatorData),
        ["a passkey's signature with one bit flipped"] = (e => e.Dishonesty = new() { TamperedSignature = true }, ApprovalRefusal.WrongPasskeySignature),
        ["an empty passkey signature"] = (e => e.PasskeySignature = _ => [], ApprovalRefusal.WrongPasskeySignature),
        ["authenticator data changed after signing"] = (e => e.WebAuthn = w => Flip(w, "authenticator_data", 36), ApprovalRefusal.WrongPasskeySignature),
        ["another passkey's key"] = (e => e.CosePublicKey = OtherKey(), ApprovalRefusal.WrongPasskeySignature),
        ["a key of another algorithm"] = (e => e.CosePublicKey = [.. OtherKey()[..4], 0x27, .. OtherKey()[5..]], ApprovalRefusal.UnsupportedPasskey),
        ["a point off the curve"] = (e => e.CosePublicKey = With(OtherKey(), 12, 0xFF, 0xFF), ApprovalRefusal.UnsupportedPasskey),
        ["a byte after the key"] = (e => e.CosePublicKey = [.. OtherKey(), 0], ApprovalRefusal.UnsupportedPasskey),
        ["a key's member twice"] = (e => e.CosePublicKey = [0xA6, 0x01, 0x02, .. OtherKey()[1..]], ApprovalRefusal.UnsupportedPasskey),
        ["a key of indefinite length"] = (e => e.CosePublicKey = [0xBF, .. OtherKey()[1..], 0xFF], ApprovalRefusal.UnsupportedPasskey),
        ["an RSA key of 1024 bits"] = (e => e.CosePublicKey = RsaKey(RSA.Create(1024)), ApprovalRefusal.UnsupportedPasskey),
        ["an empty key"] = (e => e.CosePublicKey = [], ApprovalRefusal.UnsupportedPasskey),
        ["a huge nested key"] = (e => e.CosePublicKey = [.. Enumerable.Repeat((byte)0x81, 1024)], ApprovalRefusal.UnsupportedPasskey),
        ["no algorithm"] = (e => e.Header["alg"] = "none", ApprovalRefusal.WrongAlgorithm),
        ["RS256"] = (e => e.Header["alg"] = "RS256", ApprovalRefusal.WrongAlgorithm),
        ["a critical extension"] = (e => e.Header["crit"] = new JsonArray("b64"), ApprovalRefusal.Malformed),
        ["an id token's type"] = (e => e.Header["typ"] = "JWT", ApprovalRefusal.WrongTokenType),
        ["no type"] = (e => e.Header.Remove("typ"), ApprovalRefusal.WrongTokenType),
        ["an unknown key id"] = (e => e.Header["kid"] = "key-2", ApprovalRefusal.UnknownKey),
        ["no key id"] = (e => e.Header.Remove("kid"), ApprovalRefusal.UnknownKey),
        ["a key for encryption"] = (e => e.Jwk["use"] = "enc", ApprovalRefusal.UnknownKey),
        ["a key for another algorithm"] = (e => e.Jwk["alg"] = "ES384", ApprovalRefusal.UnknownKey),
        ["a key off the curve"] = (e => e.Jwk["x"] = EvidenceBuilder.Base64Url(new byte[32]), ApprovalRefusal.UnknownKey),
        ["another key under the id"] = (OtherTokenKey, ApprovalRefusal.WrongTokenSignature),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Fact]
    public void Verifies_what_other_code_composed()
    {
        using var evidence = new EvidenceBuilder();
        var verified = Assert.IsType<ApprovalVerification.Verified>(Verify(evidence));
        Assert.Equal(evidence.Approval, verified.Approval.Structure.Approval);
        Assert.Equal(new ApprovedPerson("PNOXX-48504210018", "Liis", "Tamm"), verified.Approval.Person);
        Assert.Equal("pairwise-subject", verified.Approval.Subject);
        Assert.Equal("deed.pdf", Assert.Single(verified.Approval.Structure.Documents).Label);
        Assert.Equal(evidence.Now, verified.Approval.IssuedAt);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Refuses(string row)
    {
        using var evidence = new EvidenceBuilder();
        Rows[row].Change(evidence);
        Assert.Equal(new ApprovalVerification.Refused(Rows[row].Refusal), Verify(evidence));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("e30.e30.")]
    [InlineData("W10.e30.AA")]
    public void Refuses_what_is_no_JWT_of_ours(string jwt)
    {
        using var evidence = new EvidenceBuilder();
        var refused = Assert.IsType<ApprovalVerification.Refused>(ApprovalEvidence.Verify(jwt, evidence.Jwks, Expectations(evidence)));
        Assert.True(refused.Reason is ApprovalRefusal.Malformed or ApprovalRefusal.WrongAlgorithm, refused.Reason.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"keys\":1}")]
    [InlineData("{\"keys\":[1]}")]
    public void Refuses_a_key_set_that_is_none(string jwks)
    {
        using var evidence = new EvidenceBuilder();
        Assert.Equal(new ApprovalVerification.Refused(ApprovalRefusal.UnknownKey), ApprovalEvidence.Verify(evidence.Build(), jwks, Expectations(evidence)));
    }

    [Fact]
    public void Refuses_a_claim_that_stands_twice()
    {
        using var evidence = new EvidenceBuilder();
        var payload = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(evidence.Build().Split('.')[1]));
        var twice = evidence.Sign(evidence.Header.ToJsonString(), payload.Replace("{\"iss\"", "{\"iss\":\"x\",\"iss\"", StringComparison.Ordinal));
        Assert.Equal(new ApprovalVerification.Refused(ApprovalRefusal.Malformed), ApprovalEvidence.Verify(twice, evidence.Jwks, Expectations(evidence)));
    }

    [Fact]
    public void Reads_a_token_at_the_cap_and_refuses_one_past_it()
    {
        using var evidence = new EvidenceBuilder();
        var payload = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(evidence.Build().Split('.')[1]));
        // Base64url has no text of length 4n + 1, so header and payload are padded together until the sum fits.
        var built = Enumerable.Range(0, 4)
            .SelectMany(inHeader => Enumerable.Range(0, 32).Select(short_ => (Header: new string(' ', inHeader), Payload: new string(' ', (ApprovalEvidence.MaximumBytes - (payload.Length * 4 / 3) - 160) / 4 * 3 - short_))))
            .Select(pad => evidence.Sign(evidence.Header.ToJsonString() + pad.Header, payload + pad.Payload))
            .First(jwt => jwt.Length == ApprovalEvidence.MaximumBytes);
        Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidence.Verify(built, evidence.Jwks, Expectations(evidence)));
        Assert.Equal(new ApprovalVerification.Refused(ApprovalRefusal.TooLarge), ApprovalEvidence.Verify(built + "A", evidence.Jwks, Expectations(evidence)));
    }

    [Fact]
    public void Accepts_a_skew_of_just_under_a_minute_and_a_stored_record_at_its_time()
    {
        using var evidence = new EvidenceBuilder();
        var jwt = evidence.Build();
        var at = Expectations(evidence);
        Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidence.Verify(jwt, evidence.Jwks, at with { Now = evidence.Now.AddSeconds(-60) }));
        Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidence.Verify(jwt, evidence.Jwks, at with { Now = evidence.Now.AddMinutes(5).AddSeconds(59) }));
        Assert.Equal(
            new ApprovalVerification.Refused(ApprovalRefusal.Expired),
            ApprovalEvidence.Verify(jwt, evidence.Jwks, at with { Now = evidence.Now.AddYears(1) }));
    }

    [Fact]
    public void Compares_the_documents_with_those_at_hand()
    {
        using var evidence = new EvidenceBuilder();
        var jwt = evidence.Build();
        ReadOnlyMemory<byte> right = EvidenceBuilder.DocumentSha256, wrong = SHA256.HashData("another"u8);
        Assert.IsType<ApprovalVerification.Verified>(With([right]));
        Assert.Equal(new ApprovalVerification.Refused(ApprovalRefusal.WrongDocuments), With([wrong]));
        Assert.Equal(new ApprovalVerification.Refused(ApprovalRefusal.WrongDocuments), With([right, right]));
        Assert.Equal(new ApprovalVerification.Refused(ApprovalRefusal.WrongDocuments), With([]));

        ApprovalVerification With(ReadOnlyMemory<byte>[] documents) =>
            ApprovalEvidence.Verify(jwt, evidence.Jwks, Expectations(evidence) with { Documents = documents });
    }

    [Fact]
    public void Accepts_authenticator_extensions_and_an_RSA_passkey()
    {
        using var extended = new EvidenceBuilder { AuthenticatorData = d => [.. With(d, 32, 0x85), 0xA1, 0x63, .. "uvm"u8, 0x80] };
        Assert.IsType<ApprovalVerification.Verified>(Verify(extended));

        using var rsa = RSA.Create(2048);
        using var evidence = new EvidenceBuilder
        {
            CosePublicKey = RsaKey(rsa),
            PasskeySignature = signed => rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        };
        Assert.IsType<ApprovalVerification.Verified>(Verify(evidence));
    }

    [Fact]
    public void What_we_compose_and_sign_verifies()
    {
        using var folder = new TemporaryFolder();
        var key = KeyRing.CreateDevelopmentKey(folder.Path, "token-es256", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256);
        using var evidence = new EvidenceBuilder();
        var webauthn = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(evidence.Build().Split('.')[1]))!["webauthn"]!;
        Assert.True(ApprovalStructure.TryParse(Encoding.UTF8.GetBytes(evidence.Canonical), out var structure));
        var payload = ApprovalEvidence.Compose(
            structure!, "http://localhost:5000/", "subject", new("PNOXX-48504210018", "Liis", "Tamm"), evidence.Now, "localhost", "http://localhost:5000",
            new(Bytes("credential_id"), Bytes("public_key"), Bytes("client_data_json"), Bytes("authenticator_data"), Bytes("signature")));
        var jwk = PublicJwk.For(key.SubjectPublicKeyInfo, "ES256");
        var jwt = ApprovalEvidence.Sign(payload, key, jwk.KeyId);
        Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidence.Verify(jwt, $$"""{"keys":[{{jwk.Json}}]}""", Expectations(evidence)));

        byte[] Bytes(string name) => System.Buffers.Text.Base64Url.DecodeFromChars(webauthn[name]!.GetValue<string>());
    }

    internal static ApprovalExpectations Expectations(EvidenceBuilder evidence) => new()
    {
        Issuer = "http://localhost:5000/",
        Audience = "signing",
        RelyingPartyId = "localhost",
        Origins = ["http://localhost:5000"],
        Now = evidence.Now,
    };

    internal static ApprovalVerification Verify(EvidenceBuilder evidence) =>
        ApprovalEvidence.Verify(evidence.Build(), evidence.Jwks, Expectations(evidence));

    private static void Expire(EvidenceBuilder evidence, int seconds)
    {
        var expires = evidence.Now.AddSeconds(seconds);
        evidence.Canonical = evidence.Canonical.Replace($"{evidence.Now.AddMinutes(5):HH:mm:ss}", $"{expires:HH:mm:ss}", StringComparison.Ordinal);
        evidence.Payload["exp"] = expires.ToUnixTimeSeconds();
        evidence.Payload["iat"] = expires.AddMinutes(-5).ToUnixTimeSeconds();
    }

    private static void Swap(EvidenceBuilder evidence) =>
        evidence.Payload["approval"] = EvidenceBuilder.Base64Url(Encoding.UTF8.GetBytes(evidence.Canonical.Replace("deed.pdf", "loan.pdf", StringComparison.Ordinal)));

    private static void OtherOrigin(EvidenceBuilder evidence)
    {
        evidence.Dishonesty = new() { Origin = "http://localhost:5200" };
        evidence.Payload["origin"] = "http://localhost:5200";
    }

    private static void OtherTokenKey(EvidenceBuilder evidence)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = other.ExportParameters(false).Q;
        evidence.Jwk["x"] = EvidenceBuilder.Base64Url(point.X!);
        evidence.Jwk["y"] = EvidenceBuilder.Base64Url(point.Y!);
    }

    private static byte[] With(byte[] bytes, int at, params byte[] values)
    {
        byte[] changed = [.. bytes];
        values.CopyTo(changed, at);
        return changed;
    }

    private static void Flip(JsonObject webauthn, string member, int at)
    {
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(webauthn[member]!.GetValue<string>());
        bytes[at] ^= 1;
        webauthn[member] = EvidenceBuilder.Base64Url(bytes);
    }

    // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    private static byte[] OtherKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(false).Q;
        return [0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, .. point.X!, 0x22, 0x58, 0x20, .. point.Y!];
    }

    // {1: 3, 3: -257, -1: n, -2: e}
    private static byte[] RsaKey(RSA key)
    {
        var numbers = key.ExportParameters(false);
        var n = numbers.Modulus!;
        return [0xA4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, (byte)(n.Length >> 8), (byte)n.Length, .. n, 0x21, 0x43, .. numbers.Exponent!];
    }
}
