using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Keys.Activation;
using Identity.Pkix.X509;
using Identity.Signing.Approvals;
using Identity.Signing.Certificates;
using Identity.Signing.Csc;
using Identity.Signing.Requests;

namespace Identity.Signing.Evidence;

/// <summary>A document as the file names it.</summary>
/// <param name="Sha256">Lower-case hexadecimal, of the document as it was approved.</param>
/// <param name="Status">How it stood when the file was made.</param>
/// <param name="SignedSha256">Of the signed document; null when it is not signed.</param>
public sealed record EvidenceDocument(string Name, string Sha256, string Status, string? SignedSha256);

/// <summary>A hash that a credential's key was to sign, as the file names it.</summary>
/// <param name="Hash">Lower-case hexadecimal.</param>
/// <param name="Document">SHA-256 of the document that the program said it comes from, lower-case hexadecimal; null when it said none.</param>
/// <param name="Status">How it stood when the file was made.</param>
public sealed record EvidenceSignature(string Name, string Hash, string? Document, string Status);

/// <summary>What the passkey gave, taken out of the Provider's token so that nobody needs to decode it: base64, the public key also as PEM.</summary>
public sealed record EvidenceParts(string Structure, string ClientData, string AuthenticatorData, string Signature, string PublicKeyCose, string PublicKey)
{
    /// <summary>Null when the token does not hold them.</summary>
    public static EvidenceParts? Of(string token)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var webauthn = payload.RootElement.GetProperty("webauthn");
            var key = Read(webauthn, "public_key");
            return ApprovalEvidence.PublicKeyPem(key) is not { } pem ? null : new EvidenceParts(
                Convert.ToBase64String(Read(payload.RootElement, "approval")), Convert.ToBase64String(Read(webauthn, "client_data_json")),
                Convert.ToBase64String(Read(webauthn, "authenticator_data")), Convert.ToBase64String(Read(webauthn, "signature")), Convert.ToBase64String(key), pem);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static byte[] Read(JsonElement parent, string name) => Base64Url.DecodeFromChars(parent.GetProperty(name).GetString());
}

/// <summary>
/// The proof of one approval in one file (specs/evidence.md): the Provider's token, what it holds, the keys that the Provider published when it was
/// accepted, the certificate that came of it, and the documents.
/// </summary>
public sealed record EvidenceFile(string Token, string ProviderKeys, EvidenceParts Parts, IReadOnlyList<string> Certificates, IReadOnlyList<EvidenceDocument> Documents)
{
    /// <summary>Hashes in place of documents: version 2.</summary>
    public IReadOnlyList<EvidenceSignature> Signatures { get; init; } = [];

    public int Version => Signatures.Count > 0 ? 2 : 1;

    public const string TypeName = "identity-signature-evidence";
    public const string MediaType = "application/json";

    /// <summary>Bytes; evidence, its parts once more, and 100 documents stay below it.</summary>
    public const int MaximumBytes = 2 * 1024 * 1024;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null before the evidence was verified: there is nothing to show of an approval that was refused.</summary>
    public static EvidenceFile? Of(FoundApproval found, DateTimeOffset now) =>
        found.Evidence.ProviderKeys is not { } keys || EvidenceParts.Of(found.Evidence.Evidence) is not { } parts ? null : new EvidenceFile(
            found.Evidence.Evidence, keys, parts, Split(found.Evidence.Certificates ?? ""),
            [.. found.Documents.Select(document => Describe(document.Request, found.Evidence.ApprovalId, now))]);

    /// <summary>Of what a program had signed (CSC API v2). Null when it was not accepted.</summary>
    /// <param name="stored">The approval.</param>
    /// <param name="credential">Whose key was to sign; null when a key was to be made for documents.</param>
    internal static EvidenceFile? Of(CredentialApproval stored, RemoteCredential? credential)
    {
        if (stored.ProviderKeys is not { } keys || EvidenceParts.Of(stored.Evidence) is not { } parts || !ApprovalStructure.TryParse(Convert.FromBase64String(parts.Structure), out var structure))
            return null;
        var certificates = credential is null
            ? stored.Certificates ?? ""
            : new PersonCertificate(Certificate.Parse(credential.Certificate), CredentialDescription.ChainOf(credential)).ToPem();
        var status = stored.Outcome ?? (stored.TakenAt is null ? "unused" : "begun");
        return new EvidenceFile(stored.Evidence, keys, parts, Split(certificates), [.. structure!.Documents.Select(document => new EvidenceDocument(document.Label, Hex(document.Sha256), status, null))])
        {
            Signatures = [.. structure.Signatures.Select(one => new EvidenceSignature(one.Label, Hex(one.Hash), one.Document is null ? null : Hex(one.Document), status))],
        };
    }

    /// <summary>The file's spelling of a digest that the structure has in base64url.</summary>
    internal static string Hex(string base64Url) => Convert.ToHexStringLower(Base64Url.DecodeFromChars(base64Url));

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["type"] = TypeName,
            ["version"] = Version,
            ["approval_evidence"] = Token,
            ["provider_keys"] = JsonNode.Parse(ProviderKeys),
            ["approval"] = new JsonObject
            {
                ["structure"] = Parts.Structure,
                ["client_data"] = Parts.ClientData,
                ["authenticator_data"] = Parts.AuthenticatorData,
                ["signature"] = Parts.Signature,
                ["public_key_cose"] = Parts.PublicKeyCose,
                ["public_key"] = Parts.PublicKey,
            },
            ["certificates"] = new JsonArray([.. Certificates.Select(pem => (JsonNode)pem)]),
            [Version == 1 ? "documents" : "signatures"] = Version == 1 ? new JsonArray([.. Documents.Select(ToJson)]) : new JsonArray([.. Signatures.Select(ToJson)]),
        },
        Indented);

    /// <summary>Null when it is no such file.</summary>
    public static EvidenceFile? Read(byte[] utf8)
    {
        if (utf8.Length > MaximumBytes)
            return null;
        try
        {
            using var json = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            var root = json.RootElement;
            if (Text(root, "type") != TypeName || root.GetProperty("version").GetInt32() is var version && version is not (1 or 2))
                return null;
            var parts = root.GetProperty("approval");
            return new EvidenceFile(
                Text(root, "approval_evidence"), root.GetProperty("provider_keys").GetRawText(),
                new EvidenceParts(
                    Text(parts, "structure"), Text(parts, "client_data"), Text(parts, "authenticator_data"), Text(parts, "signature"), Text(parts, "public_key_cose"), Text(parts, "public_key")),
                [.. root.GetProperty("certificates").EnumerateArray().Select(pem => pem.GetString() ?? throw new FormatException())],
                version == 2 ? [] : [.. root.GetProperty("documents").EnumerateArray().Select(document => new EvidenceDocument(
                    Text(document, "name"), Text(document, "sha256"), Text(document, "status"), document.TryGetProperty("signed_sha256", out var signed) ? signed.GetString() : null))])
            {
                Signatures = version == 1 ? [] : [.. root.GetProperty("signatures").EnumerateArray().Select(signature => new EvidenceSignature(
                    Text(signature, "name"), Text(signature, "hash"), signature.TryGetProperty("document", out var document) ? document.GetString() : null, Text(signature, "status")))],
            };
        }
        catch (Exception problem) when (problem is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static EvidenceDocument Describe(SigningRequest request, string approvalId, DateTimeOffset now)
    {
        // A document that failed under this approval may have been signed under another: that signature is not this one's.
        var own = request.ApprovalId == approvalId;
        return new EvidenceDocument(
            request.FileName, Convert.ToHexStringLower(request.DocumentSha256), own ? SnakeCase.Of(request.StateAt(now)) : "failed",
            own && request is { State: RequestState.Signed, SignedSha256: { } signed } ? Convert.ToHexStringLower(signed) : null);
    }

    private static JsonNode ToJson(EvidenceDocument document)
    {
        var json = new JsonObject { ["name"] = document.Name, ["sha256"] = document.Sha256, ["status"] = document.Status };
        if (document.SignedSha256 is { } signed)
            json["signed_sha256"] = signed;
        return json;
    }

    private static JsonNode ToJson(EvidenceSignature signature)
    {
        var json = new JsonObject { ["name"] = signature.Name, ["hash"] = signature.Hash, ["status"] = signature.Status };
        if (signature.Document is { } document)
            json["document"] = document;
        return json;
    }

    // RFC 7468.
    private static List<string> Split(string pem)
    {
        var parts = new List<string>();
        while (PemEncoding.TryFind(pem, out var fields))
        {
            parts.Add(pem[fields.Location] + "\n");
            pem = pem[fields.Location.End..];
        }

        return parts;
    }

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() ?? throw new FormatException(name);
}
