using System.Text.Json;
using System.Text.Json.Serialization;
using Identity.Verification.Engine;
using Identity.Verification.Pictures;

namespace Identity.Verification.Reports;

/// <summary>
/// The report on one file: the one model of which the JSON of the API and command line, the SiVa answer, the page and the text line are
/// renderings. The JSON is ASCII with everything else escaped, so foreign names cannot act on a terminal. Times are UTC, whole seconds.
/// </summary>
public sealed record ValidationReport
{
    /// <summary>The name as it was given.</summary>
    public required string File { get; init; }

    /// <summary>Lower-case hexadecimal; null when the file was not read to its end.</summary>
    public required string? Sha256 { get; init; }

    public required ReportError? Error { get; init; }

    /// <summary>TOTAL-PASSED, INDETERMINATE, TOTAL-FAILED or NO-SIGNATURE: the worst of the signatures. A file that was not read is INDETERMINATE.</summary>
    public required string Conclusion { get; init; }

    /// <summary>intact, changed, broken or none: the worst of signatures and document time-stamps, whatever the trust.</summary>
    public required string Integrity { get; init; }

    public required IReadOnlyList<SignatureReport> Signatures { get; init; }

    public required IReadOnlyList<RevisionReport> Revisions { get; init; }

    public required string ValidationTime { get; init; }

    /// <summary>
    /// package: who made the evidence package says so, and nobody else; left out when the verifier or the clock does. Then nothing passes, unless the
    /// verifier said that it believes the package.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeStatedBy { get; init; }

    public required PolicyReport Policy { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The moment from which the first of the signatures can no longer be verified with what the file holds; null when none passes or no end is known.</summary>
    public string? HoldsUntil { get; init; }

    /// <summary>What the reader should do, the most urgent first.</summary>
    public IReadOnlyList<MessageReport> Advice { get; init; } = [];

    /// <summary>Why other programs may say something else of this file.</summary>
    public IReadOnlyList<MessageReport> OtherPrograms { get; init; } = [];

    /// <summary>Empty when the file was not read.</summary>
    [JsonIgnore]
    public IReadOnlyList<EvidenceItem> Evidence { get; init; } = [];

    /// <summary>Changed pages before and after, when they were asked for and could be drawn.</summary>
    [JsonIgnore]
    public IReadOnlyList<PageDifference> Pictures { get; init; } = [];

    [JsonIgnore]
    public bool HasPassed => Error is null && Conclusion == "TOTAL-PASSED";
}

/// <param name="Code">malformed, ambiguous, encrypted, too-large, unsupported; also unreadable and timeout.</param>
public sealed record ReportError(string Code, string Message)
{
    /// <summary>needed or wrong, when the file would be read with its password.</summary>
    public string? Password { get; init; }
}

public sealed record PolicyReport(string Name, string Version)
{
    [JsonIgnore]
    public string Description { get; init; } = "";
}

public sealed record SignatureReport
{
    public required string Field { get; init; }

    /// <summary>signature or document-timestamp.</summary>
    public required string Kind { get; init; }

    /// <summary>TOTAL-PASSED, INDETERMINATE, TOTAL-FAILED for a signature; PASSED, INDETERMINATE, FAILED for a time-stamp (EN 319 102-1 5.1.3).</summary>
    public required string Indication { get; init; }

    public required string? SubIndication { get; init; }

    /// <summary>PAdES-BASELINE-B, -T, -LT, -LTA; PAdES-BES, -EPES, -LTV; PKCS7-B, -T, -LT, -LTA; null for a time-stamp and when the format is unknown.</summary>
    public required string? Level { get; init; }

    /// <summary>PAdES, PKCS7, RFC3161 or unknown.</summary>
    public required string Format { get; init; }

    public required string Integrity { get; init; }

    public required bool CryptographicallyIntact { get; init; }

    public required bool CoversWholeRevision { get; init; }

    public required bool CoversWholeDocument { get; init; }

    public required string ChangesAfter { get; init; }

    public required string? SignedBy { get; init; }

    public required string? ClaimedSigningTime { get; init; }

    public required string? BestSignatureTime { get; init; }

    public required IReadOnlyList<MessageReport> Messages { get; init; }

    public required string? SubFilter { get; init; }

    /// <summary>The revision that the signature covers; null when it covers none.</summary>
    public required int? Revision { get; init; }

    public required string? Reason { get; init; }

    public required string? Location { get; init; }

    /// <summary>Roles that the signer claims (EN 319 122-1 5.2.6.1); checked by nobody.</summary>
    public required IReadOnlyList<string> ClaimedRoles { get; init; }

    /// <summary>Semantic identifier or other serial number in the signer's name.</summary>
    public required string? SignerSerialNumber { get; init; }

    /// <summary>person: the certificate is a natural person's; organisation: a legal person's, so this is an electronic seal; null when it does not say.</summary>
    public required string? SignerKind { get; init; }

    public required string? DigestAlgorithm { get; init; }

    public required string? SignatureAlgorithm { get; init; }

    /// <summary>Signer first, as far as a chain could be built.</summary>
    public required IReadOnlyList<CertificateReport> Certificates { get; init; }

    public required IReadOnlyList<TimestampReport> Timestamps { get; init; }

    /// <summary>The signature covers a time-stamp of this moment, so it was made later; null when none is proven.</summary>
    public string? SignedAfter { get; init; }

    /// <summary>A forecast: until when the signature can be verified with what the file holds; null when it does not pass or no end is known.</summary>
    public string? HoldsUntil { get; init; }

    /// <summary>What ends it then.</summary>
    public MessageReport? HoldsUntilBecause { get; init; }

    /// <summary>
    /// What trusted lists say of it, whatever its indication: QESIG, QESEAL, ADESIG_QC, ADESEAL_QC, ADESIG, ADESEAL, or NA when the list leaves it to criteria
    /// that are not evaluated; of a document time-stamp QTSA or TSA. Null when no list speaks of its issuer.
    /// </summary>
    public string? Qualification { get; init; }

    [JsonIgnore]
    public CertificateNames? Names { get; init; }

    [JsonIgnore]
    public SignatureBytes? Bytes { get; init; }

    [JsonIgnore]
    public bool IsSignature => Kind == "signature";
}

/// <summary>Parts of the signer's name that SiVa wants apart.</summary>
public sealed record CertificateNames(string? CommonName, string? GivenName, string? Surname, string? SerialNumber);

/// <param name="Kind">signature-timestamp, document-timestamp (behind the signature), or content-timestamp (signed with the content: proves that it was signed later).</param>
public sealed record TimestampReport(string Kind, string Indication, string? SubIndication, string? Time, string? SignedBy)
{
    /// <summary>QTSA or TSA; null when no trusted list speaks of its authority.</summary>
    public string? Qualification { get; init; }

    /// <summary>The token; null when it cannot be read.</summary>
    [JsonIgnore]
    public EvidenceItem? Token { get; init; }

    /// <summary>The authority first, as far as a chain could be built.</summary>
    [JsonIgnore]
    public IReadOnlyList<CertificateReport> Certificates { get; init; } = [];
}

public sealed record CertificateReport
{
    public required string Subject { get; init; }

    public required string? CommonName { get; init; }

    public required string Issuer { get; init; }

    public required string SerialNumber { get; init; }

    public required string NotBefore { get; init; }

    public required string NotAfter { get; init; }

    public required string Sha256 { get; init; }

    public required bool IsTrustAnchor { get; init; }

    public required RevocationReport? Revocation { get; init; }

    /// <summary>DER.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Raw { get; init; }
}

/// <param name="Status">good, revoked, on-hold, not-needed or unknown.</param>
/// <param name="Origin">security-store, signature or fetched.</param>
public sealed record RevocationReport(string Status, string? Kind, string? Origin, string? Source, string? ThisUpdate, string? NextUpdate, string? RevokedAt, string? Reason);

public sealed record MessageReport(string Key, string Severity, string Text)
{
    /// <summary>For renderings in other languages.</summary>
    [JsonIgnore]
    public ValidationMessage Message { get; init; } = null!;
}

public sealed record RevisionReport(int Number, long Length, string Kind, IReadOnlyList<ChangeReport> Changes);

/// <param name="ChangedObject">Number and generation, for instance `12 0`; null when the change is in the file's structure.</param>
public sealed record ChangeReport(string Kind, [property: JsonPropertyName("object")] string? ChangedObject, int? Page, string Text)
{
    [JsonIgnore]
    public ValidationMessage Message { get; init; } = null!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ValidationReport))]
[JsonSerializable(typeof(ReportError))]
public sealed partial class ReportJson : JsonSerializerContext
{
    public static string Serialize(ValidationReport report) => JsonSerializer.Serialize(report, Default.ValidationReport);
}
