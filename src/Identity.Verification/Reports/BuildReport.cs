using System.Globalization;
using System.Security.Cryptography;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Changes;
using Identity.Verification.Engine;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Engine.Processes;
using Identity.Verification.Evidence;
using Identity.Verification.OtherPrograms;
using Identity.Verification.Outlook;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Reports;

/// <summary>From the engine's result to the report.</summary>
public static class BuildReport
{
    public static ValidationReport From(DocumentResult result, string file, DocumentBytes bytes, DateTimeOffset validationTime, ValidationPolicy policy)
    {
        var report = Facts(result, file, bytes, validationTime, policy);
        return report with { OtherPrograms = [.. Disagreement.Of(result, report).Select(Message)] };
    }

    private static ValidationReport Facts(DocumentResult result, string file, DocumentBytes bytes, DateTimeOffset validationTime, ValidationPolicy policy) => result switch
    {
        DocumentResult.NotRead refused => NotRead(file, Error(refused.Refusal), bytes.Length, Hash(bytes), validationTime, policy),
        DocumentResult.Judged judged => Judged(judged, file, bytes, validationTime, policy),
        _ => throw new InvalidOperationException("a file is judged or not read"),
    };

    private static ReportError Error(PdfRefusal refusal) => new(refusal.WireCode, refusal.Message)
    {
        Password = refusal.Password switch { PasswordRefusal.Needed => "needed", PasswordRefusal.Wrong => "wrong", _ => null },
    };

    public static ValidationReport NotRead(string file, ReportError error, long size, string? sha256, DateTimeOffset validationTime, ValidationPolicy policy)
    {
        var report = Unread(file, error, size, sha256, validationTime, policy);
        return report with { Advice = [.. Advice.Of(report, null, validationTime).Select(Message)] };
    }

    private static ValidationReport Unread(string file, ReportError error, long size, string? sha256, DateTimeOffset validationTime, ValidationPolicy policy) => new()
    {
        File = file,
        Sha256 = sha256,
        Error = error,
        // Nothing was judged: neither good nor bad.
        Conclusion = Indication.Indeterminate.TotalWord(),
        Integrity = "none",
        Signatures = [],
        Revisions = [],
        ValidationTime = Utc(validationTime),
        Policy = new PolicyReport(policy.Name, policy.Version) { Description = policy.Description },
        Size = size,
    };

    private static ValidationReport Judged(DocumentResult.Judged judged, string file, DocumentBytes bytes, DateTimeOffset validationTime, ValidationPolicy policy)
    {
        var holds = judged.Signatures.Select(signature => (Result: signature, Until: HoldsUntil.Of(judged.Data, signature, validationTime, policy.Algorithms))).ToList();
        var entries = judged.Data.Signatures.Select(facts => facts.IsDocumentTimestamp
            ? DocumentTimestamp(judged, judged.Timestamps.First(timestamp => ReferenceEquals(timestamp.Facts, facts)))
            : Signature(judged, holds.First(one => ReferenceEquals(one.Result.Facts, facts)))).ToList();
        var first = holds.Select(one => one.Until).OfType<HoldsUntil>().MinBy(until => until.Moment);
        var report = new ValidationReport
        {
            File = file,
            // What the signatures cover is hashed already.
            Sha256 = Hash(judged.Data.Document.Bytes),
            Error = null,
            Conclusion = Conclusion(judged, entries),
            Integrity = entries.Count == 0 ? "none" : Worst(entries.Select(entry => entry.Integrity)),
            Signatures = entries,
            Revisions = [.. judged.Data.Revisions.Select(Revision)],
            ValidationTime = Utc(validationTime),
            Policy = new PolicyReport(policy.Name, policy.Version) { Description = policy.Description },
            Size = bytes.Length,
            Evidence = ReportEvidence.Of(judged),
        };
        first = report.HasPassed ? first : null;
        return report with { HoldsUntil = Utc(first?.Moment), Advice = [.. Advice.Of(report, first, validationTime).Select(Message)] };
    }

    /// <summary>
    /// The worst of the signatures. Document time-stamps alone sign nothing; beside signatures, a broken or overtaken one means that somebody
    /// altered the file after it, so the file as a whole does not pass.
    /// </summary>
    private static string Conclusion(DocumentResult.Judged judged, IReadOnlyList<SignatureReport> entries)
    {
        if (judged.Signatures.Count == 0)
            return "NO-SIGNATURE";
        var worst = judged.Signatures.Max(signature => signature.Conclusion.Indication);
        if (worst == Indication.Passed && entries.Any(entry => entry.Integrity != "intact"))
            worst = Indication.Indeterminate;
        return worst.TotalWord();
    }

    private static SignatureReport Signature(DocumentResult.Judged judged, (SignatureResult Result, HoldsUntil? Until) one)
    {
        var (result, holdsUntil) = one;
        return Entry(judged, result.Facts, result.Basic.Changes, result.Conclusion, result.Basic.Certificate) with
        {
            Indication = result.Conclusion.Indication.TotalWord(),
            Level = SignatureLevel.Of(judged.Data, result),
            ClaimedSigningTime = Utc(result.Facts.Dictionary.SigningTime ?? result.Facts.Attributes?.SigningTime),
            BestSignatureTime = Utc(result.BestSignatureTime),
            SignedAfter = Utc(result.SignedAfter),
            Qualification = result.Qualification?.Word(),
            Timestamps = [.. result.Timestamps.Concat(result.ContentTimestamps).Select(timestamp => Timestamp(timestamp, judged.Data.Certificates))],
            HoldsUntil = Utc(holdsUntil?.Moment),
            HoldsUntilBecause = holdsUntil is null ? null : Message(holdsUntil.Because),
        };
    }

    private static SignatureReport DocumentTimestamp(DocumentResult.Judged judged, DocumentTimestampResult result) =>
        Entry(judged, result.Facts, result.Changes, result.Conclusion, result.Timestamp?.Certificate) with
        {
            BestSignatureTime = result.Conclusion.HasPassed ? Utc(result.Timestamp?.Time) : null,
            ClaimedSigningTime = Utc(result.Facts.DocumentTimestamp?.Token?.Info.Time),
            Qualification = result.Timestamp?.Qualification?.ToString(),
        };

    private static SignatureReport Entry(DocumentResult.Judged judged, SignatureFacts facts, ChangesAfterSignature changes, BlockConclusion conclusion,
        CertificateValidationResult? validated)
    {
        var sound = facts.Dictionary.ByteRange as ByteRangeCheck.Sound;
        var signer = facts.IsDocumentTimestamp ? facts.DocumentTimestamp?.Token?.Signer : facts.Signer;
        var certificate = facts.SigningCertificate;
        IReadOnlyList<Certificate> chain = validated?.Chain ?? (certificate is null ? [] : PathBuilding.AsFarAsPossible(certificate, judged.Data.Certificates));
        return new SignatureReport
        {
            Field = facts.Dictionary.FieldName ?? "",
            Kind = facts.IsDocumentTimestamp ? "document-timestamp" : "signature",
            Indication = conclusion.Indication.Word(),
            SubIndication = conclusion.SubIndication?.Word(),
            Level = null,
            Format = Format(facts.Dictionary.SubFilter),
            Integrity = Integrity(facts, changes),
            CryptographicallyIntact = facts.IsCryptographicallyIntact,
            CoversWholeRevision = sound is { CoversWholeRevision: true },
            CoversWholeDocument = sound is { CoversWholeDocument: true, CoversWholeRevision: true },
            ChangesAfter = changes.Worst.Word(),
            SignedBy = certificate is null ? null : PathValidation.Name(certificate),
            SignerKind = facts.IsDocumentTimestamp || certificate is null ? null : SignerKind.Of(certificate),
            ClaimedSigningTime = null,
            BestSignatureTime = null,
            Messages = [.. conclusion.Messages.Select(Message)],
            SubFilter = facts.Dictionary.SubFilter,
            Revision = sound?.CoveredRevision,
            Reason = facts.Dictionary.Reason,
            Location = facts.Dictionary.Location,
            ClaimedRoles = facts.Attributes?.ClaimedRoles ?? [],
            SignerSerialNumber = certificate?.Subject[Oids.NameSerialNumber],
            DigestAlgorithm = signer is null ? null : AlgorithmSunset.NameOfDigest(signer.DigestAlgorithm.Oid),
            SignatureAlgorithm = signer is null || certificate is null ? null : AlgorithmSunset.NameOfSignature(signer.SignatureAlgorithm, certificate.PublicKey),
            Certificates = [.. chain.Select(one => Describe(one, facts.IsDocumentTimestamp ? CertificatePurpose.Timestamping : CertificatePurpose.Signature, judged.Data.Certificates, validated))],
            Timestamps = [],
            Bytes = signer is null ? null : new SignatureBytes(signer.SignatureValue, facts.Attributes?.MessageDigest, signer.DigestAlgorithm.Oid),
            Names = certificate is null ? null : new CertificateNames(certificate.Subject[Oids.CommonName], certificate.Subject[Oids.GivenName],
                certificate.Subject[Oids.Surname], certificate.Subject[Oids.NameSerialNumber]),
        };
    }

    /// <summary>
    /// broken: value, digest or ByteRange do not hold. changed: they hold, and what came later is not all permitted. none: an algorithm that is
    /// not verified here, so nobody is accused and nothing is promised.
    /// </summary>
    private static string Integrity(SignatureFacts facts, ChangesAfterSignature changes)
    {
        if (!FormatChecking.Check(facts).HasPassed || (!facts.IsCryptographicallyIntact && !facts.IsNotVerifiable))
            return "broken";
        return changes.NotPermitted.Count > 0 ? "changed" : facts.IsNotVerifiable ? "none" : "intact";
    }

    private static string Worst(IEnumerable<string> integrities)
    {
        string[] order = ["intact", "none", "changed", "broken"];
        return integrities.MaxBy(integrity => Array.IndexOf(order, integrity))!;
    }

    private static string Word(this SignatureQualification value) => value switch
    {
        SignatureQualification.AdESigQC => "ADESIG_QC",
        SignatureQualification.AdESealQC => "ADESEAL_QC",
        _ => value.ToString().ToUpperInvariant(),
    };

    private static string Format(string? subFilter) => subFilter switch
    {
        "ETSI.CAdES.detached" => "PAdES",
        "adbe.pkcs7.detached" or "adbe.pkcs7.sha1" => "PKCS7",
        "ETSI.RFC3161" => "RFC3161",
        _ => "unknown",
    };

    private static CertificateReport Describe(Certificate certificate, CertificatePurpose purpose, CertificatePool pool, CertificateValidationResult? validated) => new()
    {
        Subject = certificate.Subject.ToString(),
        CommonName = certificate.Subject[Oids.CommonName],
        Issuer = certificate.Issuer.ToString(),
        SerialNumber = certificate.SerialHex,
        NotBefore = Utc(certificate.NotBefore),
        NotAfter = Utc(certificate.NotAfter),
        Sha256 = Convert.ToHexStringLower(certificate.Sha256()),
        IsTrustAnchor = pool.Anchors.Contains(certificate, purpose),
        Revocation = validated?.Revocation.FirstOrDefault(status => status.Certificate.Equals(certificate)) is { } status ? Describe(status) : null,
        Raw = certificate.Raw,
    };

    private static RevocationReport Describe(RevocationStatus status) => new(
        status.Answer switch
        {
            RevocationAnswer.Good => "good",
            RevocationAnswer.Revoked => "revoked",
            RevocationAnswer.OnHold => "on-hold",
            RevocationAnswer.NotNeeded => "not-needed",
            _ => "unknown",
        },
        status.Kind,
        status.Origin switch
        {
            RevocationOrigin.SecurityStore => "security-store",
            RevocationOrigin.Signature => "signature",
            RevocationOrigin.Fetched => "fetched",
            _ => null,
        },
        status.Source, Utc(status.ThisUpdate), Utc(status.NextUpdate), Utc(status.RevokedAt),
        status.Reason is { } reason ? char.ToLowerInvariant(reason.ToString()[0]) + reason.ToString()[1..] : null);

    private static TimestampReport Timestamp(TimestampResult result, CertificatePool pool) => new(
        result.Facts.Kind switch
        {
            TimestampKind.Document => "document-timestamp",
            TimestampKind.Content => "content-timestamp",
            _ => "signature-timestamp",
        },
        result.Conclusion.Indication.Word(), result.Conclusion.SubIndication?.Word(), Utc(result.Time),
        result.Facts.Authority is { } authority ? PathValidation.Name(authority) : null)
    {
        Qualification = result.Qualification?.ToString(),
        Token = result.Facts.Token is { } token ? new EvidenceItem(EvidenceKind.Timestamp, token.Raw, false) : null,
        Certificates = [.. (result.Certificate?.Chain ?? []).Select(certificate => Describe(certificate, CertificatePurpose.Timestamping, pool, result.Certificate))],
    };

    internal static MessageReport Message(ValidationMessage message) => new(message.Key, message.Severity switch
    {
        Severity.Information => "information",
        Severity.Warning => "warning",
        _ => "error",
    }, message.Text) { Message = message };

    private static RevisionReport Revision(RevisionChanges revision) => new(revision.Number, revision.Length, revision.Word,
        [.. revision.Changes.Select(change => new ChangeReport(change.Kind.Word(), change.Changed is { } id ? Number(id) : null, change.Page, change.Message.Text) { Message = change.Message })]);

    private static string Number(ObjectId id) => FormattableString.Invariant($"{id.Number} {id.Generation}");

    private static string Hash(DocumentBytes bytes) => Convert.ToHexStringLower(bytes.Digest(HashAlgorithmName.SHA256));

    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Utc(DateTimeOffset? time) => time is { } known ? Utc(known) : null;
}
