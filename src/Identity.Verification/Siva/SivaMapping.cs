using Identity.Verification.Policy;
using Identity.Verification.Reports;

namespace Identity.Verification.Siva;

/// <summary>From our report to SiVa 3's answer.</summary>
public static class SivaMapping
{
    public static SivaAnswer Answer(ValidationReport report, SivaPolicyName policy, SivaReportType type)
    {
        var signatures = report.Signatures.Where(signature => signature.IsSignature).Select(Signature).ToList();
        var timestamps = report.Signatures.Where(signature => !signature.IsSignature).Select(Timestamp).ToList();
        var conclusion = new SivaConclusion
        {
            Policy = new SivaPolicy(policy.ToString(), report.Policy.Description, ""),
            ValidationTime = report.ValidationTime,
            ValidationLevel = "ARCHIVAL_DATA",
            ValidatedDocument = new SivaDocument(report.File, Convert.ToBase64String(Convert.FromHexString(report.Sha256!)), "SHA256"),
            SignaturesCount = signatures.Count,
            ValidSignaturesCount = signatures.Count(signature => signature.Indication == "TOTAL-PASSED"),
            ValidationWarnings = Contents(report.Revisions.SelectMany(revision => revision.Changes).Where(change => change.Kind is "annotation" or "content" or "suspicious").Select(change => change.Text)),
            Signatures = signatures.Count > 0 ? signatures : null,
            TimeStampTokens = timestamps.Count > 0 ? timestamps : null,
        };
        return new SivaAnswer(new SivaReport(conclusion,
            type == SivaReportType.Detailed ? new SivaProcess(report) : null,
            type == SivaReportType.Diagnostic ? new SivaDiagnostic(report) : null));
    }

    private static SivaSignature Signature(SignatureReport signature, int index) => new()
    {
        Id = FormattableString.Invariant($"S-{index + 1}-{(signature.Certificates is [var signer, ..] ? signer.Sha256[..16] : "unknown")}"),
        // SiVa writes PAdES_BASELINE_LTA.
        SignatureFormat = (signature.Level ?? signature.Format).Replace('-', '_'),
        SignatureMethod = Method(signature),
        SignatureLevel = Level(signature),
        SignedBy = SignedBy(signature),
        SubjectDistinguishedName = signature.Names is { } names ? new SivaSubject(names.CommonName, names.SerialNumber, names.GivenName, names.Surname) : null,
        Indication = signature.Indication,
        SubIndication = signature.SubIndication,
        Errors = Contents(signature.Messages.Where(message => message.Severity == "error").Select(message => message.Text)),
        Warnings = Contents(signature.Messages.Where(message => message.Severity == "warning").Select(message => message.Text)),
        SignatureScopes = [Scope(signature)],
        ClaimedSigningTime = signature.ClaimedSigningTime,
        Info = new SivaInfo
        {
            BestSignatureTime = signature.BestSignatureTime,
            TimestampCreationTime = signature.Timestamps.FirstOrDefault(timestamp => timestamp.Kind == "signature-timestamp")?.Time,
            OcspResponseCreationTime = signature.Certificates is [{ Revocation: { Kind: "OCSP", ThisUpdate: { } asked } }, ..] ? asked : null,
            SigningReason = signature.Reason,
            SignerRole = NullIfEmpty(signature.ClaimedRoles.Select(role => new SivaSignerRole(role)).ToList()),
            ArchiveTimeStamps = NullIfEmpty(signature.Timestamps.Where(timestamp => timestamp.Kind == "document-timestamp")
                .Select(timestamp => new SivaArchiveTimestamp(timestamp.Time, timestamp.Indication, timestamp.SubIndication, timestamp.SignedBy,
                    timestamp.Token is { } token ? Convert.ToBase64String(token.Raw.Span) : null)).ToList()),
        },
        Certificates = NullIfEmpty(Certificate("SIGNING", signature.Certificates)
            .Concat(signature.Timestamps.SelectMany(timestamp => Certificate(Use(timestamp), timestamp.Certificates))).ToList()),
    };

    // What is not said to be intact is no advanced signature, whatever the certificate.
    private static string Level(SignatureReport signature) => (signature.Indication, signature.Qualification) switch
    {
        (_, null or "NA") => "NA",
        ("TOTAL-PASSED", { } found) => found,
        ("INDETERMINATE", { } found) => "INDETERMINATE_" + found,
        (_, "QESIG" or "QESEAL") => "NOT_ADES_QC_QSCD",
        (_, "ADESIG_QC" or "ADESEAL_QC") => "NOT_ADES_QC",
        _ => "NOT_ADES",
    };

    private static string Use(TimestampReport timestamp) => timestamp.Kind switch
    {
        "document-timestamp" => "ARCHIVE_TIMESTAMP",
        "content-timestamp" => "CONTENT_TIMESTAMP",
        _ => "SIGNATURE_TIMESTAMP",
    };

    private static IEnumerable<SivaCertificate> Certificate(string type, IReadOnlyList<CertificateReport> chain) => chain is [var leaf, ..]
        ? [new SivaCertificate(leaf.CommonName, type, Convert.ToBase64String(leaf.Raw.Span), Issuer(chain.Skip(1)))]
        : [];

    private static SivaTimestamp Timestamp(SignatureReport timestamp) => new()
    {
        // SiVa words a document time-stamp like a signature.
        Indication = timestamp.Indication switch
        {
            "PASSED" => "TOTAL-PASSED",
            "FAILED" => "TOTAL-FAILED",
            var other => other,
        },
        SubIndication = timestamp.SubIndication,
        SignedBy = timestamp.SignedBy,
        SignedTime = timestamp.ClaimedSigningTime,
        TimestampLevel = timestamp.Qualification ?? "N/A",
        Errors = Contents(timestamp.Messages.Where(message => message.Severity == "error").Select(message => message.Text)),
        Warnings = Contents(timestamp.Messages.Where(message => message.Severity == "warning").Select(message => message.Text)),
        Certificates = NullIfEmpty(Certificate("ARCHIVE_TIMESTAMP", timestamp.Certificates).ToList()),
        TimestampScopes = [Scope(timestamp)],
    };

    private static SivaIssuer? Issuer(IEnumerable<CertificateReport> chain) =>
        chain.Reverse().Aggregate((SivaIssuer?)null, (above, certificate) => new SivaIssuer(certificate.CommonName, Convert.ToBase64String(certificate.Raw.Span), above));

    // "surname,given name,serial" when the name has all three, the common name otherwise.
    private static string? SignedBy(SignatureReport signature) =>
        signature.Names is { Surname: { } surname, GivenName: { } given, SerialNumber: { } serial } ? $"{surname},{given},{serial}" : signature.SignedBy;

    private static SivaScope Scope(SignatureReport signature)
    {
        var scope = signature.CoversWholeDocument
            ? new SivaScope("Full PDF", "FULL", "Full document")
            : new SivaScope("Partial PDF", "PARTIAL", signature.Revision is { } revision
                ? FormattableString.Invariant($"The document byte range of revision {revision}")
                : "The signature covers no whole revision");
        return signature is { Bytes.SignedDigest: { } digest, DigestAlgorithm: { } algorithm }
            ? scope with { HashAlgo = algorithm.StartsWith("SHA-", StringComparison.Ordinal) ? algorithm.Replace("-", "", StringComparison.Ordinal) : algorithm, Hash = Convert.ToBase64String(digest.Span) }
            : scope;
    }

    // XML Signature identifiers (RFC 9231), which SiVa uses for all formats.
    private static string? Method(SignatureReport signature)
    {
        var digest = signature.DigestAlgorithm switch
        {
            "SHA-256" => "sha256",
            "SHA-384" => "sha384",
            "SHA-512" => "sha512",
            "SHA3-256" => "sha3-256",
            "SHA3-384" => "sha3-384",
            "SHA3-512" => "sha3-512",
            _ => null,
        };
        if (digest is null || signature.SignatureAlgorithm?.Split(' ')[0] is not { } algorithm)
            return null;
        return algorithm switch
        {
            "RSA" => $"http://www.w3.org/2001/04/xmldsig-more#rsa-{digest}",
            "RSA-PSS" => $"http://www.w3.org/2007/05/xmldsig-more#{digest}-rsa-MGF1",
            "ECDSA" when digest.StartsWith("sha3", StringComparison.Ordinal) => $"http://www.w3.org/2021/04/xmldsig-more#ecdsa-{digest}",
            "ECDSA" => $"http://www.w3.org/2001/04/xmldsig-more#ecdsa-{digest}",
            _ => null,
        };
    }

    private static List<SivaContent>? Contents(IEnumerable<string> texts) => NullIfEmpty(texts.Distinct().Select(text => new SivaContent(text)).ToList());

    private static List<T>? NullIfEmpty<T>(List<T> list) => list.Count == 0 ? null : list;
}
