using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Identity.Keys.Activation;

/// <summary>A check failed; leaves <see cref="ApprovalEvidence.Verify"/> as a result, never as an exception.</summary>
internal sealed class EvidenceRefusedException(ApprovalRefusal reason) : Exception
{
    public ApprovalRefusal Reason { get; } = reason;
}

/// <summary>The checks of evidence, in order. Each throws with the reason when it fails.</summary>
internal static class EvidenceChecks
{
    public static VerifiedApproval Run(string jwt, string jwksJson, ApprovalExpectations expected, JsonDocumentOptions strictJson)
    {
        Demand(jwt.Length <= ApprovalEvidence.MaximumBytes, ApprovalRefusal.TooLarge);
        // RFC 7515 5.2 (1): three parts.
        var parts = jwt.Split('.');
        Demand(parts.Length == 3, ApprovalRefusal.Malformed);

        CheckTokenSignature(parts, jwksJson, ApprovalEvidence.TokenType, strictJson);
        using var payload = ParseObject(Decode(parts[1], ApprovalRefusal.Malformed), strictJson, ApprovalRefusal.Malformed);
        var claims = EvidenceClaims.Read(payload.RootElement) ?? throw new EvidenceRefusedException(ApprovalRefusal.Malformed);

        // RFC 7519 4.1.1, 4.1.3, 4.1.6, 4.1.4, in this order.
        Demand(claims.Issuer == expected.Issuer, ApprovalRefusal.WrongIssuer);
        Demand(expected.Audience is null || claims.Audience == expected.Audience, ApprovalRefusal.WrongAudience);
        Demand(claims.IssuedAt <= expected.Now + ApprovalEvidence.AllowedSkew && claims.IssuedAt <= claims.Expires, ApprovalRefusal.IssuedInTheFuture);
        Demand(expected.Now < claims.Expires + ApprovalEvidence.AllowedSkew, ApprovalRefusal.Expired);

        Demand(ApprovalStructure.TryParse(claims.Approval, out var parsed), ApprovalRefusal.NotCanonical);
        var structure = parsed!;
        Demand(structure.Approval == claims.TokenId, ApprovalRefusal.WrongApprovalId);
        Demand(structure.Person == claims.Person.Identifier, ApprovalRefusal.WrongPerson);
        Demand(structure.Client == claims.Audience, ApprovalRefusal.WrongClient);
        Demand(structure.Expires == claims.Expires, ApprovalRefusal.WrongExpiry);

        CheckClientData(claims, SHA256.HashData(claims.Approval), expected, strictJson);
        CheckAuthenticatorData(claims, expected);
        CheckPasskeySignature(claims);

        if (expected.Documents is { } documents)
            CheckDocuments(structure, documents);
        return new VerifiedApproval(structure, claims.Person, claims.Issuer, claims.Subject, claims.IssuedAt, claims.CredentialId);
    }

    internal static void CheckTokenSignature(string[] parts, string jwksJson, string tokenType, JsonDocumentOptions strictJson)
    {
        using var header = ParseObject(Decode(parts[0], ApprovalRefusal.Malformed), strictJson, ApprovalRefusal.Malformed);
        // RFC 8725 3.1: the algorithm is ours to say, not the token's. RFC 7515 4.1.11: an extension not understood refuses the token.
        Demand(Text(header.RootElement, "alg") == "ES256", ApprovalRefusal.WrongAlgorithm);
        Demand(!header.RootElement.TryGetProperty("crit", out _), ApprovalRefusal.Malformed);
        // RFC 8725 3.11: explicit typing.
        Demand(Text(header.RootElement, "typ") == tokenType, ApprovalRefusal.WrongTokenType);

        using var key = FindKey(jwksJson, Text(header.RootElement, "kid"), strictJson);
        var signature = Decode(parts[2], ApprovalRefusal.Malformed);
        var signed = Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]);
        // RFC 7518 3.4: r||s of 64 bytes.
        Demand(
            signature.Length == 64 && key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            ApprovalRefusal.WrongTokenSignature);
    }

    private static ECDsa FindKey(string jwksJson, string? keyId, JsonDocumentOptions strictJson)
    {
        using var set = ParseObject(Encoding.UTF8.GetBytes(jwksJson), strictJson, ApprovalRefusal.UnknownKey);
        Demand(keyId is not null && set.RootElement.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array, ApprovalRefusal.UnknownKey);
        var matching = set.RootElement.GetProperty("keys").EnumerateArray()
            .Where(key => key.ValueKind == JsonValueKind.Object && Text(key, "kid") == keyId && Text(key, "kty") == "EC" && Text(key, "crv") == "P-256"
                && Text(key, "use") is null or "sig" && Text(key, "alg") is null or "ES256")
            .ToList();
        Demand(matching.Count == 1, ApprovalRefusal.UnknownKey);

        var x = Decode(Text(matching[0], "x"), ApprovalRefusal.UnknownKey);
        var y = Decode(Text(matching[0], "y"), ApprovalRefusal.UnknownKey);
        // RFC 7518 6.2.1.2: the full size of a coordinate.
        Demand(x.Length == 32 && y.Length == 32, ApprovalRefusal.UnknownKey);
        try
        {
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
        }
        catch (CryptographicException)
        {
            throw new EvidenceRefusedException(ApprovalRefusal.UnknownKey);
        }
    }

    private static void CheckClientData(EvidenceClaims claims, byte[] challenge, ApprovalExpectations expected, JsonDocumentOptions strictJson)
    {
        using var document = ParseObject(claims.ClientDataJson, strictJson, ApprovalRefusal.MalformedClientData);
        var clientData = document.RootElement;
        // WebAuthn 7.2 (11), (12), (13).
        Demand(Text(clientData, "type") == "webauthn.get", ApprovalRefusal.WrongClientDataType);
        var answered = Decode(Text(clientData, "challenge"), ApprovalRefusal.WrongChallenge);
        Demand(CryptographicOperations.FixedTimeEquals(answered, challenge), ApprovalRefusal.WrongChallenge);
        var origin = Text(clientData, "origin");
        Demand(origin is not null && origin == claims.Origin && expected.Origins.Contains(origin, StringComparer.Ordinal), ApprovalRefusal.WrongOrigin);
        // WebAuthn 5.8.1: absent means false; a topOrigin comes with a cross-origin frame only.
        Demand(
            (!clientData.TryGetProperty("crossOrigin", out var crossOrigin) || crossOrigin.ValueKind == JsonValueKind.False)
                && !clientData.TryGetProperty("topOrigin", out _),
            ApprovalRefusal.CrossOrigin);
    }

    private static void CheckAuthenticatorData(EvidenceClaims claims, ApprovalExpectations expected)
    {
        var data = AssertionData.Read(claims.AuthenticatorData) ?? throw new EvidenceRefusedException(ApprovalRefusal.MalformedAuthenticatorData);
        // WebAuthn 7.2 (15), (16), (17).
        Demand(
            claims.RelyingPartyId == expected.RelyingPartyId
                && CryptographicOperations.FixedTimeEquals(data.RelyingPartyIdHash, SHA256.HashData(Encoding.UTF8.GetBytes(expected.RelyingPartyId))),
            ApprovalRefusal.WrongRelyingParty);
        Demand(data.UserPresent, ApprovalRefusal.UserNotPresent);
        Demand(data.UserVerified, ApprovalRefusal.UserNotVerified);
    }

    private static void CheckPasskeySignature(EvidenceClaims claims)
    {
        using var key = CosePublicKey.Read(claims.PublicKey) ?? throw new EvidenceRefusedException(ApprovalRefusal.UnsupportedPasskey);
        // WebAuthn 7.2 (20), (21).
        byte[] signed = [.. claims.AuthenticatorData, .. SHA256.HashData(claims.ClientDataJson)];
        Demand(key.Verify(signed, claims.Signature), ApprovalRefusal.WrongPasskeySignature);
    }

    private static void CheckDocuments(ApprovalStructure structure, IReadOnlyList<ReadOnlyMemory<byte>> expected)
    {
        Demand(structure.Documents.Count == expected.Count, ApprovalRefusal.WrongDocuments);
        for (var i = 0; i < expected.Count; i++)
            Demand(CryptographicOperations.FixedTimeEquals(StrictBase64Url.Decode(structure.Documents[i].Sha256), expected[i].Span), ApprovalRefusal.WrongDocuments);
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? EvidenceClaims.TextOf(value) : null;

    private static byte[] Decode(string? text, ApprovalRefusal reason) =>
        text is not null && StrictBase64Url.Decode(text) is { } bytes ? bytes : throw new EvidenceRefusedException(reason);

    private static JsonDocument ParseObject(byte[] utf8, JsonDocumentOptions strictJson, ApprovalRefusal reason)
    {
        try
        {
            var document = JsonDocument.Parse(utf8, strictJson);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            // Told below, as for a document that is no object.
        }

        throw new EvidenceRefusedException(reason);
    }

    private static void Demand(bool holds, ApprovalRefusal reason)
    {
        if (!holds)
            throw new EvidenceRefusedException(reason);
    }
}
