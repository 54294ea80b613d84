using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Identity.Keys.Activation;

/// <summary>What the passkey said when the person approved; bytes as they came from the browser, the key as it was registered (COSE_Key, RFC 9052 7).</summary>
public sealed record PasskeyAssertion(
    ReadOnlyMemory<byte> CredentialId,
    ReadOnlyMemory<byte> PublicKey,
    ReadOnlyMemory<byte> ClientDataJson,
    ReadOnlyMemory<byte> AuthenticatorData,
    ReadOnlyMemory<byte> Signature);

/// <summary>
/// The proof that one person approved one approval structure with their passkey: a JWT that the Provider signs (ES256), holding the
/// structure and the WebAuthn assertion, so that whoever holds it can verify both again, years later, without asking the Provider.
/// </summary>
public static class ApprovalEvidence
{
    public const string TokenType = "approval-evidence+jwt";
    /// <summary>Characters. A structure of <see cref="ApprovalStructure.MaximumBytes"/> takes 171 kB of them: base64url twice.</summary>
    public const int MaximumBytes = 256 * 1024;
    public static readonly TimeSpan AllowedSkew = TimeSpan.FromSeconds(60);

    private static readonly JsonDocumentOptions StrictJson = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>The payload of the JWT, UTF-8 JSON. Its expiry is the structure's; its <c>jti</c> the approval id.</summary>
    /// <exception cref="ArgumentException">the structure breaks a limit, or is not this person's</exception>
    public static byte[] Compose(
        ApprovalStructure structure, string issuer, string subject, ApprovedPerson person, DateTimeOffset issuedAt, string relyingPartyId, string origin, PasskeyAssertion assertion)
    {
        if (structure.Person != person.Identifier)
            throw new ArgumentException("the approval is for another person", nameof(person));

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("iss", issuer);
            json.WriteString("aud", structure.Client);
            json.WriteString("sub", subject);
            json.WriteString("jti", structure.Approval);
            json.WriteNumber("iat", issuedAt.ToUnixTimeSeconds());
            json.WriteNumber("exp", structure.Expires.ToUnixTimeSeconds());
            json.WriteString("approval", StrictBase64Url.Encode(structure.ToCanonicalBytes()));
            json.WriteStartObject("person");
            json.WriteString("identifier", person.Identifier);
            json.WriteString("given_name", person.GivenName);
            json.WriteString("family_name", person.FamilyName);
            json.WriteEndObject();
            json.WriteString("rp_id", relyingPartyId);
            json.WriteString("origin", origin);
            json.WriteStartObject("webauthn");
            json.WriteString("credential_id", StrictBase64Url.Encode(assertion.CredentialId.Span));
            json.WriteString("public_key", StrictBase64Url.Encode(assertion.PublicKey.Span));
            json.WriteString("client_data_json", StrictBase64Url.Encode(assertion.ClientDataJson.Span));
            json.WriteString("authenticator_data", StrictBase64Url.Encode(assertion.AuthenticatorData.Span));
            json.WriteString("signature", StrictBase64Url.Encode(assertion.Signature.Span));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The JWT in compact form (RFC 7515 7.1), signed ES256.</summary>
    /// <param name="payload">from <see cref="Compose"/></param>
    /// <param name="key">the Provider's P-256 token key</param>
    /// <param name="keyId">the <c>kid</c> under which the Provider publishes that key</param>
    public static string Sign(ReadOnlySpan<byte> payload, SigningKey key, string keyId) => Sign(payload, key, keyId, TokenType);

    internal static string Sign(ReadOnlySpan<byte> payload, SigningKey key, string keyId, string tokenType)
    {
        if (key.Purpose != KeyPurpose.TokenSigning || key.Algorithm != KeyAlgorithm.EcdsaP256)
            throw new ArgumentException($"Key '{key.Name}' is not a P-256 key for {KeyPurpose.TokenSigning}.", nameof(key));
        var header = $"{{\"alg\":\"ES256\",\"typ\":\"{tokenType}\",\"kid\":\"{JavaScriptEncoder.Default.Encode(keyId)}\"}}";
        var signed = StrictBase64Url.Encode(Encoding.UTF8.GetBytes(header)) + "." + StrictBase64Url.Encode(payload);
        var signature = key.SignHashConcatenated(SignatureScheme.EcdsaSha256, SHA256.HashData(Encoding.ASCII.GetBytes(signed)));
        return signed + "." + StrictBase64Url.Encode(signature);
    }

    /// <summary>A passkey's public key (COSE_Key) as PEM of its SubjectPublicKeyInfo, for programs that know no COSE; null when it is of no kind that is accepted here.</summary>
    public static string? PublicKeyPem(byte[] coseKey)
    {
        using var key = CosePublicKey.Read(coseKey);
        return key?.ToPem();
    }

    /// <summary>Verifies evidence from its stored form; nothing else than its arguments is consulted. Never throws for what it is given to judge.</summary>
    /// <param name="jwt">the evidence, compact JWS</param>
    /// <param name="jwksJson">the Provider's JWK set, from a source that the caller trusts</param>
    public static ApprovalVerification Verify(string jwt, string jwksJson, ApprovalExpectations expectations)
    {
        try
        {
            return new ApprovalVerification.Verified(EvidenceChecks.Run(jwt, jwksJson, expectations, StrictJson));
        }
        catch (EvidenceRefusedException refused)
        {
            return new ApprovalVerification.Refused(refused.Reason);
        }
    }
}
