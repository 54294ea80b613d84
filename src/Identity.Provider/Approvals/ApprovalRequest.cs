using System.Security.Cryptography;
using System.Text.Json;
using Identity.Web;

namespace Identity.Provider.Approvals;

/// <summary>One document that a person is asked to sign: what it is called and the SHA-256 of its bytes (32 bytes).</summary>
public sealed record ApprovalDocument(string Label, byte[] Sha256);

/// <summary>What a signing service asks a person to approve: RFC 9396 authorization_details of type <c>credential</c> (CSC v2).</summary>
public sealed record ApprovalRequest(IReadOnlyList<ApprovalDocument> Documents, string Requester, string Purpose)
{
    public const string DetailsType = "credential";

    /// <summary>CSC API v2 8.4: stands for one approval of what a credential's key is to sign.</summary>
    public const string CredentialScope = "credential";

    /// <summary>100 documents whose labels have 255 characters, each written as an escape of six, stay below it.</summary>
    public const int MaxDetailsCharacters = 192 * 1024;
    public const int MaxDocuments = 100;
    public const int MaxLabelCharacters = 255;
    public const int MaxRequesterCharacters = 200;
    public const int MaxPurposeCharacters = 500;
    internal const string Sha256Oid = "2.16.840.1.101.3.4.2.1";
    private static readonly string[] Members =
        ["type", "numSignatures", "documentDigests", "hashAlgorithmOID", "locations", "requester", "purpose"];

    /// <summary>CSC API v2: asked by a program, which cannot say for whom it asks: it is itself the requester, under the name that it is registered with.</summary>
    public bool IsOfProgram => Requester.Length == 0;

    /// <summary>SHA-256 of the certificate whose key is to sign hashes (base64url); null: documents are to be signed.</summary>
    public string? Credential { get; init; }

    /// <summary>The hashes, when there is a credential; none otherwise.</summary>
    public IReadOnlyList<ApprovalSignature> Signatures { get; init; } = [];

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>
    /// Reads the value of the parameter <c>authorization_details</c>. Null with <paramref name="refusal"/> naming the field when it is not
    /// exactly one object of the form above (RFC 9396 5: invalid_authorization_details).
    /// </summary>
    public static ApprovalRequest? TryRead(string authorizationDetails, out string refusal)
    {
        refusal = "";
        if (authorizationDetails.Length > MaxDetailsCharacters)
            return Refuse("authorization_details is longer than 196608 characters", out refusal);
        try
        {
            using var json = JsonDocument.Parse(authorizationDetails, Strict);
            return Read(json.RootElement, out refusal);
        }
        catch (JsonException)
        {
            return Refuse("authorization_details is not JSON, or repeats a member", out refusal);
        }
    }

    private static ApprovalRequest? Read(JsonElement root, out string refusal)
    {
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() != 1 || root[0].ValueKind != JsonValueKind.Object)
            return Refuse("authorization_details must be an array of one object", out refusal);
        var details = root[0];
        if (details.TryGetProperty("credentialID", out _) || details.TryGetProperty("signatureQualifier", out _))
            return CredentialRequest.Read(details, out refusal);
        // RFC 9396 5: unknown fields of a known type are refused, not ignored: the person would approve what nobody showed.
        if (details.EnumerateObject().Any(member => !Members.Contains(member.Name, StringComparer.Ordinal)))
            return Refuse("authorization_details has an unknown member", out refusal);
        if (Text(details, "type", 32) != DetailsType)
            return Refuse("type must be credential", out refusal);
        if (Text(details, "hashAlgorithmOID", 64) != Sha256Oid)
            return Refuse("hashAlgorithmOID must be SHA-256", out refusal);
        if (Text(details, "requester", MaxRequesterCharacters) is not { } requester)
            return Refuse("requester must be 1 to 200 printable characters", out refusal);
        if (Text(details, "purpose", MaxPurposeCharacters) is not { } purpose)
            return Refuse("purpose must be 1 to 500 printable characters", out refusal);
        if (ReadDocuments(details) is not { } documents)
            return Refuse("documentDigests must be 1 to 100 objects of label and the base64 of 32 bytes", out refusal);
        if (!details.TryGetProperty("numSignatures", out var count) || !count.TryGetInt32(out var signatures) || signatures != documents.Count)
            return Refuse("numSignatures must equal the number of documents", out refusal);
        refusal = "";
        return new ApprovalRequest(documents, requester, purpose);
    }

    private static List<ApprovalDocument>? ReadDocuments(JsonElement details)
    {
        if (!details.TryGetProperty("documentDigests", out var digests) || digests.ValueKind != JsonValueKind.Array
            || digests.GetArrayLength() is < 1 or > MaxDocuments)
            return null;
        var documents = new List<ApprovalDocument>();
        foreach (var digest in digests.EnumerateArray())
        {
            if (digest.ValueKind != JsonValueKind.Object || digest.EnumerateObject().Count() != 2
                || Text(digest, "label", MaxLabelCharacters) is not { } label
                || !digest.TryGetProperty("hash", out var hash) || hash.ValueKind != JsonValueKind.String
                || !hash.TryGetBytesFromBase64(out var sha256) || sha256.Length != SHA256.HashSizeInBytes)
                return null;
            documents.Add(new ApprovalDocument(label, sha256));
        }
        return documents;
    }

    /// <summary>The member's text when it can be shown to a person as it is: nothing that moves, hides or reorders other text.</summary>
    internal static string? Text(JsonElement owner, string member, int maxCharacters)
    {
        if (!owner.TryGetProperty(member, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            var text = value.GetString()!;
            return ShowableText.IsShowable(text, maxCharacters) ? text : null;
        }
        catch (InvalidOperationException)
        {
            // An unpaired surrogate, written as an escape.
            return null;
        }
    }

    internal static ApprovalRequest? Refuse(string reason, out string refusal)
    {
        refusal = reason;
        return null;
    }
}
