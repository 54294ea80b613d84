using System.Text.Json;
using System.Text.Json.Serialization;

namespace Identity.Verification.Siva;

// SiVa 3, "interfaces": names and nesting are its own. Members that it leaves out when empty are left out here too.

/// <param name="DocumentType">Of older versions of SiVa: refused, whatever it says.</param>
public sealed record SivaRequest(string? Document, string? Filename, string? SignaturePolicy, string? ReportType, JsonElement? DocumentType = null);

public sealed record SivaHashcodeRequest(IReadOnlyList<SivaSignatureFile?>? SignatureFiles, string? SignaturePolicy, string? ReportType);

public sealed record SivaSignatureFile(string? Signature, IReadOnlyList<SivaDataFile?>? Datafiles);

public sealed record SivaDataFile(string? Filename, string? HashAlgo, string? Hash);

public sealed record SivaDataFilesRequest(string? Document, string? Filename);

public sealed record SivaErrors(IReadOnlyList<SivaError> RequestErrors);

public sealed record SivaError(string Key, string Message);

public sealed record SivaAnswer(SivaReport ValidationReport);

public sealed record SivaReport(SivaConclusion ValidationConclusion, SivaProcess? ValidationProcess = null, SivaDiagnostic? DiagnosticData = null);

/// <summary>Of the detailed report: our blocks are not those of the library that SiVa wraps, so it holds our report.</summary>
public sealed record SivaProcess(Reports.ValidationReport Report);

public sealed record SivaDiagnostic(Reports.ValidationReport Report);

public sealed record SivaConclusion
{
    public required SivaPolicy Policy { get; init; }
    public required string ValidationTime { get; init; }
    public required string ValidationLevel { get; init; }
    public required SivaDocument ValidatedDocument { get; init; }
    public required int SignaturesCount { get; init; }
    public required int ValidSignaturesCount { get; init; }
    public IReadOnlyList<SivaContent>? ValidationWarnings { get; init; }
    public IReadOnlyList<SivaSignature>? Signatures { get; init; }
    public IReadOnlyList<SivaTimestamp>? TimeStampTokens { get; init; }
}

public sealed record SivaPolicy(string PolicyName, string PolicyDescription, string PolicyUrl);

public sealed record SivaDocument(string Filename, string FileHash, string HashAlgo);

public sealed record SivaContent(string Content);

public sealed record SivaSignature
{
    public required string Id { get; init; }
    public required string SignatureFormat { get; init; }
    public string? SignatureMethod { get; init; }
    public required string SignatureLevel { get; init; }
    public string? SignedBy { get; init; }
    public SivaSubject? SubjectDistinguishedName { get; init; }
    public required string Indication { get; init; }
    public string? SubIndication { get; init; }
    public IReadOnlyList<SivaContent>? Errors { get; init; }
    public IReadOnlyList<SivaContent>? Warnings { get; init; }
    public required IReadOnlyList<SivaScope> SignatureScopes { get; init; }
    public string? ClaimedSigningTime { get; init; }
    public required SivaInfo Info { get; init; }
    public IReadOnlyList<SivaCertificate>? Certificates { get; init; }
}

public sealed record SivaSubject(string? CommonName, string? SerialNumber, string? GivenName, string? Surname);

/// <param name="Hash">Of what is covered, as it was signed: base64.</param>
public sealed record SivaScope(string Name, string Scope, string Content, string? HashAlgo = null, string? Hash = null);

public sealed record SivaInfo
{
    public string? BestSignatureTime { get; init; }
    public string? TimestampCreationTime { get; init; }
    public string? OcspResponseCreationTime { get; init; }
    public string? SigningReason { get; init; }
    public IReadOnlyList<SivaSignerRole>? SignerRole { get; init; }
    public IReadOnlyList<SivaArchiveTimestamp>? ArchiveTimeStamps { get; init; }
}

public sealed record SivaSignerRole(string ClaimedRole);

public sealed record SivaArchiveTimestamp(string? SignedTime, string Indication, string? SubIndication, string? SignedBy, string? Content);

public sealed record SivaCertificate(string? CommonName, string Type, string Content, SivaIssuer? Issuer);

public sealed record SivaIssuer(string? CommonName, string Content, SivaIssuer? Issuer);

public sealed record SivaTimestamp
{
    public required string Indication { get; init; }
    public string? SubIndication { get; init; }
    public string? SignedBy { get; init; }
    public string? SignedTime { get; init; }
    public required string TimestampLevel { get; init; }

    // SiVa gives each list twice, the older name for older clients.
    public IReadOnlyList<SivaContent>? Error => Errors;
    public IReadOnlyList<SivaContent>? Errors { get; init; }
    public IReadOnlyList<SivaContent>? Warning => Warnings;
    public IReadOnlyList<SivaContent>? Warnings { get; init; }
    public IReadOnlyList<SivaCertificate>? Certificates { get; init; }
    public IReadOnlyList<SivaScope>? TimestampScopes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SivaRequest))]
[JsonSerializable(typeof(SivaHashcodeRequest))]
[JsonSerializable(typeof(SivaDataFilesRequest))]
[JsonSerializable(typeof(SivaAnswer))]
[JsonSerializable(typeof(SivaErrors))]
[JsonSerializable(typeof(SivaHealth))]
[JsonSerializable(typeof(SivaHeartbeat))]
[JsonSerializable(typeof(SivaVersion))]
internal sealed partial class SivaJson : JsonSerializerContext;
