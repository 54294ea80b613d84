using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Verification.Engine.Processes;
using Identity.Verification.Evidence;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Reports;

/// <summary>Which level a signature has the shape of (EN 319 142-1 6, EN 319 142-2 5): about form, not about validity.</summary>
public static class SignatureLevel
{
    public static string? Of(DiagnosticData data, SignatureResult result)
    {
        var facts = result.Facts;
        if (facts.Signer is null || facts.Cms is null)
            return null;
        var hasTimestamp = facts.SignatureTimestamps.Any(timestamp => timestamp is { Token: not null, ImprintMatches: not false }) || Covering(data, facts).Any();
        var isPkcs7 = facts.Dictionary.SubFilter is "adbe.pkcs7.detached" or "adbe.pkcs7.sha1";
        var hasValidationData = HasValidationData(data, facts, isPkcs7);
        var isArchived = Covering(data, facts).Any(timestamp => data.Document.AsOf(timestamp.Dictionary.Revision).SecurityStore is not null);
        switch (facts.Dictionary.SubFilter)
        {
            case not null when isPkcs7:
                return "PKCS7-" + Baseline(hasTimestamp, hasValidationData, isArchived);
            case "ETSI.CAdES.detached" when IsBaseline(facts):
                return "PAdES-BASELINE-" + Baseline(hasTimestamp, hasValidationData, isArchived);
            case "ETSI.CAdES.detached" when isArchived:
                return "PAdES-LTV";
            case "ETSI.CAdES.detached":
                return NamesPolicy(facts.Signer) ? "PAdES-EPES" : "PAdES-BES";
            default:
                return null;
        }
    }

    // EN 319 122-1 5.2.9: a policy is named by the digest of its document; what has not the length of one names none.
    private static bool NamesPolicy(SignerInfo signer)
    {
        if (signer.SignedAttributes.FirstOrDefault(attribute => attribute.Oid == Oids.SignaturePolicy) is not { Values: [var raw] })
            return false;
        try
        {
            return SignaturePolicyIdentifier.Parse(raw) is { DigestAlgorithm: { } algorithm } named
                && (Digests.ToVerify(algorithm.Oid) is not { } name || named.Digest.Length == Digests.Length(name));
        }
        catch (MalformedException)
        {
            return false;
        }
    }

    private static string Baseline(bool hasTimestamp, bool hasValidationData, bool isArchived) => (hasTimestamp, hasValidationData, isArchived) switch
    {
        (true, true, true) => "LTA",
        (true, true, false) => "LT",
        (true, false, _) => "T",
        _ => "B",
    };

    // EN 319 142-1 6.3 table 1, the rows for level B.
    private static bool IsBaseline(SignatureFacts facts)
    {
        var (dictionary, signer, cms) = (facts.Dictionary, facts.Signer!, facts.Cms!);
        bool Signed(string oid) => signer.SignedAttributes.Any(attribute => attribute.Oid == oid);
        var hasReason = dictionary.Reason is not null && (Signed(Oids.CommitmentType) || Signed(Oids.SignaturePolicy));
        return dictionary is { Filter: not null, HasCert: false, SigningTimeText: not null } && dictionary.Type is null or "Sig"
            && !hasReason
            && cms.Content is null
            && !Signed(Oids.SigningTime)
            && facts.Attributes is { ContentType: Oids.CmsData, MessageDigest: not null, SigningCertificates: not null }
            && facts.SigningCertificate is { } certificate && cms.ReadableCertificates().Contains(certificate);
    }

    private static IEnumerable<SignatureFacts> Covering(DiagnosticData data, SignatureFacts signature) =>
        data.Signatures.Where(other => other is { IsDocumentTimestamp: true, DocumentTimestamp.Token: not null }
            && other.Dictionary.ByteRange is ByteRangeCheck.Sound { CoversWholeRevision: true } && other.Dictionary.Revision > signature.Dictionary.Revision);

    /// <summary>Nobody need be asked about revocation: the file has it all.</summary>
    public static bool KeepsValidationData(DiagnosticData data, SignatureFacts facts) =>
        HasValidationData(data, facts, facts.Dictionary.SubFilter is "adbe.pkcs7.detached" or "adbe.pkcs7.sha1");

    /// <summary>
    /// The document holds revocation data for each certificate of the signer's chain that can have any, put there after the signature
    /// (6.3, rows for LT). PKCS #7 keeps them in the signature itself (ISO 32000-2 12.8.3.3.2).
    /// </summary>
    private static bool HasValidationData(DiagnosticData data, SignatureFacts facts, bool isPkcs7)
    {
        if (facts.SigningCertificate is not { } leaf)
            return false;
        var inSignature = isPkcs7 && facts.Attributes?.RevocationArchival is not null;
        if (!inSignature && !StoreGrewAfter(data, facts.Dictionary.Revision))
            return false;
        // The time-stamp that gives level T is part of what has to be validated: those in the signature, else the first on the document.
        var stamps = facts.SignatureTimestamps.Count > 0
            ? facts.SignatureTimestamps.Select(timestamp => timestamp.Authority)
            : Covering(data, facts).Take(1).Select(timestamp => timestamp.DocumentTimestamp!.Authority);
        return stamps.OfType<Certificate>().Prepend(leaf).SelectMany(one => PathBuilding.AsFarAsPossible(one, data.Certificates)).Distinct()
            .Where(certificate => NeedsRevocation(certificate, data.Certificates))
            .All(certificate => IsSpokenOf(certificate, data.Revocation, isPkcs7));
    }

    private static bool StoreGrewAfter(DiagnosticData data, int revision)
    {
        if (data.Document.Latest.SecurityStore is not { } store)
            return false;
        var before = data.Document.AsOf(revision).SecurityStore is { } old ? Streams(old) : [];
        return Streams(store).Any(id => !before.Contains(id));
    }

    private static HashSet<ObjectId> Streams(SecurityStore store) =>
        [.. store.OcspResponses.Concat(store.Crls).Concat(store.Entries.SelectMany(entry => entry.OcspResponses.Concat(entry.Crls))).Select(stream => stream.Id)];

    private static bool NeedsRevocation(Certificate certificate, CertificatePool pool) =>
        !certificate.IsSelfIssued && !pool.Anchors.Contains(certificate)
        && !certificate.Facts.NoRevocationAvailable && !certificate.Facts.ValidityAssuredShortTerm && !certificate.Facts.OcspNoCheck;

    private static bool IsSpokenOf(Certificate certificate, RevocationEvidence evidence, bool isPkcs7)
    {
        bool Counts(RevocationOrigin origin) => origin == RevocationOrigin.SecurityStore || (isPkcs7 && origin == RevocationOrigin.Signature);
        return evidence.OcspResponses.Where(item => Counts(item.Origin)).Any(item => item.Response.Responses.Any(single => single.Certificate.SerialNumber == certificate.SerialNumber))
            || evidence.Crls.Where(item => Counts(item.Origin)).Any(item => item.List.Issuer.SameAs(certificate.Issuer));
    }
}
