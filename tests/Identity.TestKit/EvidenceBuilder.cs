using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.TestKit;

/// <summary>
/// The evidence of an approval written by hand: canonical text, passkey assertion, JWT and JWK set, by none of the product's code.
/// Honest as it stands; a test changes one member and says what must be refused.
/// </summary>
public sealed class EvidenceBuilder : IDisposable
{
    private readonly ECDsa tokenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly VirtualAuthenticator authenticator;
    private readonly string passkeyOrigin;

    public EvidenceBuilder(string issuer = "http://localhost:5000/", DateTimeOffset? now = null)
    {
        Now = now ?? new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
        passkeyOrigin = issuer.TrimEnd('/');
        authenticator = new VirtualAuthenticator(passkeyOrigin);
        authenticator.Register("""{"rp":{"id":"localhost"},"user":{"id":"cGVyc29u"},"challenge":"AAAA"}""");
        var expires = Now.AddMinutes(5);
        Approval = Base64Url(RandomNumberGenerator.GetBytes(16));
        Canonical =
            $$"""{"type":"identity-approval","version":1,"approval":"{{Approval}}","random":"{{Base64Url(RandomNumberGenerator.GetBytes(16))}}","person":"PNOXX-48504210018","client":"signing","requester":"Land Registry","purpose":"Sign the deed","documents":[{"label":"deed.pdf","sha256":"{{Base64Url(DocumentSha256)}}"}],"expires":"{{expires:yyyy-MM-ddTHH:mm:ssZ}}"}""";
        Header = new JsonObject { ["alg"] = "ES256", ["typ"] = "approval-evidence+jwt", ["kid"] = "key-1" };
        Payload = new JsonObject
        {
            ["iss"] = issuer,
            ["aud"] = "signing",
            ["sub"] = "pairwise-subject",
            ["jti"] = Approval,
            ["iat"] = Now.ToUnixTimeSeconds(),
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["person"] = new JsonObject { ["identifier"] = "PNOXX-48504210018", ["given_name"] = "Liis", ["family_name"] = "Tamm" },
            ["rp_id"] = "localhost",
            ["origin"] = passkeyOrigin,
        };
        var point = tokenKey.ExportParameters(false).Q;
        Jwk = new JsonObject
        {
            ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "key-1", ["use"] = "sig", ["alg"] = "ES256", ["x"] = Base64Url(point.X!), ["y"] = Base64Url(point.Y!),
        };
    }

    public DateTimeOffset Now { get; }

    public string Approval { get; }

    public static byte[] DocumentSha256 { get; } = SHA256.HashData("a document"u8);

    /// <summary>The approval structure as text; changed before <see cref="Build"/>, the passkey signs the changed one.</summary>
    public string Canonical { get; set; }

    public JsonObject Header { get; }

    /// <summary>Claims without <c>approval</c> and <c>webauthn</c>, which <see cref="Build"/> adds where they are not set.</summary>
    public JsonObject Payload { get; }

    public JsonObject Jwk { get; }

    /// <summary>How browser and passkey deviate.</summary>
    public Dishonesty? Dishonesty { get; set; }

    /// <summary>Client data as the browser wrote them, changed before the passkey signs.</summary>
    public Func<string, string>? ClientData { get; set; }

    /// <summary>Authenticator data changed before the passkey signs.</summary>
    public Func<byte[], byte[]>? AuthenticatorData { get; set; }

    /// <summary>The member <c>webauthn</c> changed after the passkey signed.</summary>
    public Action<JsonObject>? WebAuthn { get; set; }

    public byte[]? CosePublicKey { get; set; }

    /// <summary>Signs in place of the passkey's own key.</summary>
    public Func<byte[], byte[]>? PasskeySignature { get; set; }

    public string Jwks => new JsonObject { ["keys"] = new JsonArray(Jwk.DeepClone()) }.ToJsonString();

    /// <summary>The evidence as a compact JWT.</summary>
    public string Build()
    {
        var payload = (JsonObject)Payload.DeepClone();
        var canonical = Encoding.UTF8.GetBytes(Canonical);
        payload.TryAdd("approval", Base64Url(canonical));
        payload.TryAdd("webauthn", Assertion(canonical));
        return Sign(Header.ToJsonString(), payload.ToJsonString());
    }

    /// <summary>A compact JWT of any two texts, signed by the Provider's key.</summary>
    public string Sign(string header, string payload)
    {
        var signed = Base64Url(Encoding.UTF8.GetBytes(header)) + "." + Base64Url(Encoding.UTF8.GetBytes(payload));
        return signed + "." + Base64Url(tokenKey.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    public void Dispose()
    {
        tokenKey.Dispose();
        authenticator.Dispose();
    }

    private JsonObject Assertion(byte[] canonical)
    {
        var options = new JsonObject { ["rpId"] = "localhost", ["challenge"] = Base64Url(SHA256.HashData(canonical)) };
        var response = JsonNode.Parse(authenticator.Assert(options.ToJsonString(), Dishonesty))!["response"]!;
        var passkey = authenticator.Passkeys[0];
        var clientData = Decode(response["clientDataJSON"]!.GetValue<string>());
        var authenticatorData = Decode(response["authenticatorData"]!.GetValue<string>());
        var signature = Decode(response["signature"]!.GetValue<string>());
        if (ClientData is not null || AuthenticatorData is not null || PasskeySignature is not null)
        {
            clientData = Encoding.UTF8.GetBytes(ClientData?.Invoke(Encoding.UTF8.GetString(clientData)) ?? Encoding.UTF8.GetString(clientData));
            authenticatorData = AuthenticatorData?.Invoke(authenticatorData) ?? authenticatorData;
            byte[] signed = [.. authenticatorData, .. SHA256.HashData(clientData)];
            signature = PasskeySignature?.Invoke(signed) ?? passkey.Key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }

        var webauthn = new JsonObject
        {
            ["credential_id"] = Base64Url(passkey.CredentialId),
            ["public_key"] = Base64Url(CosePublicKey ?? passkey.CoseKey()),
            ["client_data_json"] = Base64Url(clientData),
            ["authenticator_data"] = Base64Url(authenticatorData),
            ["signature"] = Base64Url(signature),
        };
        WebAuthn?.Invoke(webauthn);
        return webauthn;
    }

    public static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
