using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Identity.Keys.Activation;

/// <summary>A document that is to be signed: the name it was shown under (at most 255 UTF-16 units) and its SHA-256 (32 bytes, base64url).</summary>
public sealed record ApprovedDocument(string Label, string Sha256);

/// <summary>A hash (SHA-256, 32 bytes, base64url) that is to be signed as it is, the name it was shown under, and the SHA-256 of the document that it is said to come from; null when that was not said.</summary>
public sealed record ApprovedSignature(string Label, string Hash, string? Document);

/// <summary>
/// What a person approves, in one byte form only: UTF-8 JSON with exactly these members in this order, no white space, strings
/// escaped as RFC 8785 3.2.2.2 says. The WebAuthn challenge of the approval is the SHA-256 of these bytes.
/// Version 1 names documents, for which a key is made; version 2 a credential, whose key is there, and the hashes that it is to sign.
/// </summary>
public sealed record ApprovalStructure
{
    /// <summary>100 documents whose labels have 255 characters of three bytes each, with everything else at its limit, stay below it.</summary>
    public const int MaximumBytes = 96 * 1024;
    public const int MaximumDocuments = 100;
    public const int MaximumLabelLength = 255;
    public const int MaximumPurposeLength = 500;
    public const int MaximumRequesterLength = 200;
    public const int MaximumClientLength = 100;
    public const int MaximumPersonLength = 64;
    /// <summary>Also of hashes under one approval.</summary>
    public const int MaximumSignatures = 100;
    private const string TypeName = "identity-approval";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>128 random bits, base64url (22 characters).</summary>
    public required string Approval { get; init; }

    /// <summary>128 random bits, base64url (22 characters): makes the challenge unguessable to one who knows everything else.</summary>
    public required string Random { get; init; }

    /// <summary>Semantic identifier as in EN 319 412-1, such as <c>PNOXX-48504210018</c>.</summary>
    public required string Person { get; init; }

    /// <summary>Client identifier of the service that will sign.</summary>
    public required string Client { get; init; }

    /// <summary>Who asks for the signature, as shown.</summary>
    public required string Requester { get; init; }

    /// <summary>What for, as shown; of a credential's hashes it may be empty.</summary>
    public required string Purpose { get; init; }

    /// <summary>1 to 100; none when there is a credential.</summary>
    public required IReadOnlyList<ApprovedDocument> Documents { get; init; }

    /// <summary>SHA-256 of the certificate whose key is to sign (base64url, 43 characters); null: a key is made for the documents.</summary>
    public string? Credential { get; init; }

    /// <summary>1 to 100 with a credential, none without; a hash may be there more than once.</summary>
    public IReadOnlyList<ApprovedSignature> Signatures { get; init; } = [];

    /// <summary>UTC, whole seconds.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>A new approval id or random value.</summary>
    public static string NewRandom() => StrictBase64Url.Encode(RandomNumberGenerator.GetBytes(16));

    /// <exception cref="ArgumentException">a member breaks its limit; the message names it</exception>
    public byte[] ToCanonicalBytes()
    {
        if (Refusal() is { } refusal)
            throw new ArgumentException(refusal);
        var bytes = Encoding.UTF8.GetBytes(ToCanonicalText());
        return bytes.Length <= MaximumBytes ? bytes : throw new ArgumentException($"the approval is larger than {MaximumBytes} bytes");
    }

    /// <summary>SHA-256 of the canonical bytes (32 bytes): the WebAuthn challenge.</summary>
    /// <exception cref="ArgumentException">a member breaks its limit; the message names it</exception>
    public byte[] Challenge() => SHA256.HashData(ToCanonicalBytes());

    /// <summary>Reads the canonical form only: whatever would be written otherwise, byte for byte, is not read.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out ApprovalStructure? structure)
    {
        structure = null;
        if (utf8.Length > MaximumBytes || Read(utf8) is not { } read || read.Refusal() is not null)
            return false;
        if (!utf8.SequenceEqual(Encoding.UTF8.GetBytes(read.ToCanonicalText())))
            return false;
        structure = read;
        return true;
    }

    public bool Equals(ApprovalStructure? other) =>
        other is not null && string.Equals(ToCanonicalText(), other.ToCanonicalText(), StringComparison.Ordinal);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Approval);

    private static ApprovalStructure? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            // Extra members and another order are found when the bytes are compared.
            using var json = JsonDocument.Parse(utf8.ToArray(), new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = json.RootElement;
            if (root.GetProperty("type").GetString() != TypeName || root.GetProperty("version").GetInt32() is var version && version is not (1 or 2))
                return null;
            return new ApprovalStructure
            {
                Approval = Text(root, "approval"),
                Random = Text(root, "random"),
                Person = Text(root, "person"),
                Client = Text(root, "client"),
                Requester = Text(root, "requester"),
                Purpose = Text(root, "purpose"),
                Documents = version == 2 ? [] : [.. root.GetProperty("documents").EnumerateArray().Select(d => new ApprovedDocument(Text(d, "label"), Text(d, "sha256")))],
                Credential = version == 2 ? Text(root, "credential") : null,
                Signatures = version == 1 ? [] : [.. root.GetProperty("signatures").EnumerateArray().Select(ReadSignature)],
                Expires = DateTimeOffset.ParseExact(
                    Text(root, "expires"), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
            };
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static ApprovedSignature ReadSignature(JsonElement signature) =>
        new(Text(signature, "label"), Text(signature, "hash"), signature.TryGetProperty("document", out _) ? Text(signature, "document") : null);

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() ?? throw new FormatException();

    private string? Refusal()
    {
        if (StrictBase64Url.Decode(Approval) is not { Length: 16 })
            return "approval is not 128 bits in base64url";
        if (StrictBase64Url.Decode(Random) is not { Length: 16 })
            return "random is not 128 bits in base64url";
        if (!IsToken(Person, MaximumPersonLength))
            return $"person is not 1 to {MaximumPersonLength} visible ASCII characters";
        if (!IsToken(Client, MaximumClientLength))
            return $"client is not 1 to {MaximumClientLength} visible ASCII characters";
        if (!IsText(Requester, MaximumRequesterLength))
            return $"requester is not 1 to {MaximumRequesterLength} characters";
        if (!IsText(Purpose, MaximumPurposeLength) && (Purpose.Length > 0 || Credential is null))
            return $"purpose is not 1 to {MaximumPurposeLength} characters";
        if ((Credential is null ? RefusalOfDocuments() : RefusalOfSignatures()) is { } refusal)
            return refusal;
        return Expires.Offset != TimeSpan.Zero || Expires.Ticks % TimeSpan.TicksPerSecond != 0 ? "expires is not in whole seconds of UTC" : null;
    }

    private string? RefusalOfDocuments()
    {
        if (Documents.Count is 0 or > MaximumDocuments)
            return $"documents are not 1 to {MaximumDocuments}";
        if (Documents.Any(document => !IsText(document.Label, MaximumLabelLength)))
            return $"a document's label is not 1 to {MaximumLabelLength} characters";
        if (Documents.Any(document => !IsDigest(document.Sha256)))
            return "a document's sha256 is not 32 bytes in base64url";
        return Signatures.Count > 0 ? "signatures are there without a credential" : null;
    }

    private string? RefusalOfSignatures()
    {
        if (!IsDigest(Credential!))
            return "credential is not 32 bytes in base64url";
        if (Documents.Count > 0)
            return "documents are there beside a credential";
        if (Signatures.Count is 0 or > MaximumSignatures)
            return $"signatures are not 1 to {MaximumSignatures}";
        if (Signatures.Any(signature => !IsText(signature.Label, MaximumLabelLength)))
            return $"a signature's label is not 1 to {MaximumLabelLength} characters";
        return Signatures.Any(signature => !IsDigest(signature.Hash) || (signature.Document is { } document && !IsDigest(document)))
            ? "a signature's hash or document is not 32 bytes in base64url"
            : null;
    }

    private static bool IsDigest(string text) => StrictBase64Url.Decode(text) is { Length: 32 };

    private static bool IsToken(string text, int maximum) => text.Length > 0 && text.Length <= maximum && text.All(c => c is > ' ' and < '\x7f');

    // RFC 8785 3.2.2.2: a lone surrogate has no UTF-8 form.
    private static bool IsText(string text, int maximum)
    {
        if (text.Length == 0 || text.Length > maximum)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    private string ToCanonicalText()
    {
        var text = new StringBuilder(512);
        text.Append("{\"type\":\"").Append(TypeName).Append("\",\"version\":").Append(Credential is null ? '1' : '2');
        Append(text, ",\"approval\":", Approval);
        Append(text, ",\"random\":", Random);
        Append(text, ",\"person\":", Person);
        Append(text, ",\"client\":", Client);
        Append(text, ",\"requester\":", Requester);
        Append(text, ",\"purpose\":", Purpose);
        if (Credential is null)
            AppendDocuments(text);
        else
            AppendSignatures(text);
        Append(text, "],\"expires\":", Expires.ToString(TimeFormat, CultureInfo.InvariantCulture));
        return text.Append('}').ToString();
    }

    private void AppendDocuments(StringBuilder text)
    {
        text.Append(",\"documents\":[");
        for (var i = 0; i < Documents.Count; i++)
        {
            Append(text, i == 0 ? "{\"label\":" : ",{\"label\":", Documents[i].Label);
            Append(text, ",\"sha256\":", Documents[i].Sha256);
            text.Append('}');
        }
    }

    private void AppendSignatures(StringBuilder text)
    {
        Append(text, ",\"credential\":", Credential!);
        text.Append(",\"signatures\":[");
        for (var i = 0; i < Signatures.Count; i++)
        {
            Append(text, i == 0 ? "{\"label\":" : ",{\"label\":", Signatures[i].Label);
            Append(text, ",\"hash\":", Signatures[i].Hash);
            if (Signatures[i].Document is { } document)
                Append(text, ",\"document\":", document);
            text.Append('}');
        }
    }

    // RFC 8785 3.2.2.2: two-character escapes where JSON has one, \u00xx in lower case for other controls, everything else as it is.
    private static void Append(StringBuilder text, string before, string value)
    {
        text.Append(before).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
