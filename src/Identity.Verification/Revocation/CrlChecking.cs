using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>Reads one CRL for one certificate (RFC 5280 6.3.3). Delta and indirect lists are not processed and so never used.</summary>
internal static class CrlChecking
{
    public static RevocationStatus? Read(CrlEvidence evidence, Certificate certificate, Certificate issuer, RevocationTimes times, List<ValidationMessage> remarks)
    {
        var list = evidence.List;
        if (!list.Issuer.SameAs(certificate.Issuer) || !list.Issuer.SameAs(issuer.Subject))
            return null;
        var name = PathValidation.Name(certificate);
        if (!Covers(list, certificate))
            return null;
        if (list.HasUnknownCriticalExtension)
            return Pass(remarks, ValidationMessage.Warning("revocation-critical-extension", name));
        // 6.3.3 (f): the key that signs the list may sign lists.
        if (issuer.Facts.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.CrlSign))
            return Pass(remarks, ValidationMessage.Warning("crl-issuer-not-authorized", name));
        // 6.3.3 (g).
        if (list.VerifySignature(issuer.PublicKey) != SignatureCheck.Valid)
            return Pass(remarks, ValidationMessage.Warning("crl-signature-invalid", name));
        if (AlgorithmSunset.Of(list.SignatureAlgorithm, issuer.PublicKey).FirstOrDefault(use => !use.IsAcceptableAt(times.ControlTime)) is { } weak)
            return Pass(remarks, ValidationMessage.Warning("revocation-weak-algorithm", name, weak.Name));

        var entry = list.Find(certificate.SerialNumber);
        // A list that names the certificate covers it, whatever it says about expired ones.
        var coversExpiredSince = entry is not null ? DateTimeOffset.MinValue : list.ExpiredCertificatesSince;
        if (RevocationChecking.RefuseTimes(certificate, list.ThisUpdate, coversExpiredSince, times) is { } refusal)
            return Pass(remarks, refusal);
        var status = new RevocationStatus(certificate, RevocationAnswer.Good)
        {
            Kind = "CRL",
            ThisUpdate = list.ThisUpdate,
            NextUpdate = list.NextUpdate,
            Origin = evidence.Origin,
            Source = evidence.Source,
        };
        return entry switch
        {
            null or { Reason: RevocationReason.RemoveFromCrl } => status,
            { Reason: RevocationReason.CertificateHold } => status with { Answer = RevocationAnswer.OnHold },
            _ => status with { Answer = RevocationAnswer.Revoked, RevokedAt = entry.RevocationDate, Reason = entry.Reason },
        };
    }

    // 6.3.3 (b): the list's scope includes the certificate, and all reasons.
    private static bool Covers(CertificateRevocationList list, Certificate certificate)
    {
        if (list.IsDelta)
            return false;
        if (list.IssuingDistributionPoint is not { } point)
            return true;
        if (point.Indirect || point.OnlyAttributeCertificates || point.OnlySomeReasons is not null || point.RelativeName is not null)
            return false;
        var isAuthority = certificate.Facts.BasicConstraints?.IsAuthority == true;
        if ((point.OnlyUserCertificates && isAuthority) || (point.OnlyAuthorityCertificates && !isAuthority))
            return false;
        // 6.3.3 (b)(2)(i): when both name places, they share one.
        return point.FullName.Count == 0 || certificate.Facts.CrlDistributionPoints.Any(wanted => wanted.Uris.Intersect(point.Uris).Any());
    }

    private static RevocationStatus? Pass(List<ValidationMessage> remarks, ValidationMessage remark)
    {
        if (!remarks.Contains(remark))
            remarks.Add(remark);
        return null;
    }
}
