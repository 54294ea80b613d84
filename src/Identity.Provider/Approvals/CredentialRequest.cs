using System.Security.Cryptography;
using System.Text.Json;

namespace Identity.Provider.Approvals;

/// <summary>A hash that a credential's key is asked to sign (SHA-256, 32 bytes), what it is called, and the SHA-256 of the document behind it, when the client says one.</summary>
public sealed record ApprovalSignature(string Label, byte[] Hash, byte[]? DocumentSha256);

/// <summary>
/// CSC API v2 8.4.2, authorization_details of type credential as programs send them. With a credentialID: hashes that a key, which is there already, is to sign.
/// With a signatureQualifier alone: documents by their hashes, for which a key is made that signs nothing else.
/// </summary>
internal static class CredentialRequest
{
    /// <summary>Ours: the document that a hash to be signed comes from. Nobody here can tell whether it does, and the page says so.</summary>
    internal const string DocumentHash = "documentHash";

    /// <summary>An advanced signature (CSC API v2 11.11); no other is made.</summary>
    private const string SignatureQualifier = "eu_eidas_aes";

    public const int MaxSignatures = 100;
    private const int IdentifierCharacters = 43;
    private const int MaxLocations = 4;
    private const int MaxLocationCharacters = 2000;
    private static readonly string[] Members =
        ["type", "credentialID", "signatureQualifier", "numSignatures", "documentDigests", "hashAlgorithmOID", "locations", "description"];

    private static readonly string[] DigestMembers = ["hash", "label", DocumentHash];

    public static ApprovalRequest? Read(JsonElement details, out string refusal)
    {
        // RFC 9396 5: unknown fields of a known type are refused, not ignored: the person would approve what nobody showed.
        if (details.EnumerateObject().Any(member => !Members.Contains(member.Name, StringComparer.Ordinal)))
            return ApprovalRequest.Refuse("authorization_details has an unknown member", out refusal);
        if (ApprovalRequest.Text(details, "type", 32) != ApprovalRequest.DetailsType)
            return ApprovalRequest.Refuse("type must be credential", out refusal);
        var credential = ApprovalRequest.Text(details, "credentialID", IdentifierCharacters);
        if (details.TryGetProperty("credentialID", out _) && (credential is not { Length: IdentifierCharacters } || !System.Buffers.Text.Base64Url.IsValid(credential)))
            return ApprovalRequest.Refuse("credentialID is not one of this service", out refusal);
        if (details.TryGetProperty("signatureQualifier", out _) && ApprovalRequest.Text(details, "signatureQualifier", 32) != SignatureQualifier)
            return ApprovalRequest.Refuse("signatureQualifier must be eu_eidas_aes", out refusal);
        if (ApprovalRequest.Text(details, "hashAlgorithmOID", 64) != ApprovalRequest.Sha256Oid)
            return ApprovalRequest.Refuse("hashAlgorithmOID must be SHA-256", out refusal);
        var description = "";
        if (details.TryGetProperty("description", out _) && (description = ApprovalRequest.Text(details, "description", ApprovalRequest.MaxPurposeCharacters)) is null)
            return ApprovalRequest.Refuse("description must be 1 to 500 printable characters", out refusal);
        if (!AreLocations(details))
            return ApprovalRequest.Refuse("locations must be 1 to 4 addresses", out refusal);
        if (ReadSignatures(details) is not { } signatures)
            return ApprovalRequest.Refuse("documentDigests must be 1 to 100 objects of label and hash, perhaps documentHash, each the base64 of 32 bytes", out refusal);
        if (details.TryGetProperty("numSignatures", out var count) && (count.ValueKind != JsonValueKind.Number || !count.TryGetInt32(out var number) || number != signatures.Count))
            return ApprovalRequest.Refuse("numSignatures must equal the number of hashes", out refusal);
        if (credential is null && signatures.Exists(signature => signature.DocumentSha256 is not null))
            return ApprovalRequest.Refuse("documentHash belongs to the hashes of a credentialID", out refusal);
        refusal = "";
        return credential is not null
            ? new ApprovalRequest([], "", description) { Credential = credential, Signatures = signatures }
            : new ApprovalRequest([.. signatures.Select(signature => new ApprovalDocument(signature.Label, signature.Hash))], "", description.Length > 0 ? description : "-");
    }

    private static bool AreLocations(JsonElement details)
    {
        if (!details.TryGetProperty("locations", out var locations))
            return true;
        return locations.ValueKind == JsonValueKind.Array && locations.GetArrayLength() is >= 1 and <= MaxLocations
            && locations.EnumerateArray().All(location => location.ValueKind == JsonValueKind.String && location.GetRawText().Length <= MaxLocationCharacters);
    }

    private static List<ApprovalSignature>? ReadSignatures(JsonElement details)
    {
        if (!details.TryGetProperty("documentDigests", out var digests) || digests.ValueKind != JsonValueKind.Array || digests.GetArrayLength() is < 1 or > MaxSignatures)
            return null;
        var signatures = new List<ApprovalSignature>();
        foreach (var digest in digests.EnumerateArray())
        {
            if (digest.ValueKind != JsonValueKind.Object || digest.EnumerateObject().Any(member => !DigestMembers.Contains(member.Name, StringComparer.Ordinal))
                || ApprovalRequest.Text(digest, "label", ApprovalRequest.MaxLabelCharacters) is not { } label || Sha256(digest, "hash") is not { } hash)
                return null;
            var document = Sha256(digest, DocumentHash);
            if (document is null && digest.TryGetProperty(DocumentHash, out _))
                return null;
            signatures.Add(new ApprovalSignature(label, hash, document));
        }

        return signatures;
    }

    private static byte[]? Sha256(JsonElement digest, string member) =>
        digest.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) && bytes.Length == SHA256.HashSizeInBytes
            ? bytes : null;
}
