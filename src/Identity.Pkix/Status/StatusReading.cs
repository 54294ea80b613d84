using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Status;

/// <summary>Why an OCSP answer or a CRL says nothing about a certificate.</summary>
public enum StatusDefect
{
    /// <summary>It speaks of other certificates.</summary>
    OtherCertificate,
    UnknownCriticalExtension,

    /// <summary>Signed by somebody whom the issuer has not given this task.</summary>
    SignerNotAuthorized,
    SignatureInvalid,

    /// <summary>The delegated responder's certificate was not valid when the answer was made.</summary>
    SignerOutOfValidity,

    /// <summary>From before the certificate, or from after its end without a word that it still covers it.</summary>
    OutsideValidity,
}

/// <summary>What one OCSP answer or CRL says about one certificate. Whether it is recent enough is for the caller to judge.</summary>
public abstract record StatusReading
{
    private StatusReading() { }

    public sealed record Unusable(StatusDefect Defect) : StatusReading;

    /// <param name="Status">Good, revoked or unknown; a CRL never says unknown.</param>
    /// <param name="ThisUpdate">When this was known to be so.</param>
    /// <param name="NextUpdate">Null when the source states none.</param>
    /// <param name="Signer">The issuer itself, or its delegated responder.</param>
    public sealed record Answer(CertificateStatus Status, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, Certificate Signer) : StatusReading;

    /// <summary>RFC 6960 3.2: all that makes an answer one to rely on, but for its age.</summary>
    public static StatusReading Of(BasicOcspResponse response, Certificate certificate, Certificate issuer)
    {
        // 3.2 (1): the certificate identified in the answer is the one in question.
        var single = response.Responses.FirstOrDefault(one => one.Certificate.SerialNumber == certificate.SerialNumber && one.Certificate.IsIssuedBy(issuer));
        if (single is null) return new Unusable(StatusDefect.OtherCertificate);
        if (response.HasUnknownCriticalExtension) return new Unusable(StatusDefect.UnknownCriticalExtension);
        // 3.2 (3), (4), 4.2.2.2: the issuer itself, or whom the issuer itself gave the purpose of answering.
        if (Responder(response, issuer) is not { } responder) return new Unusable(StatusDefect.SignerNotAuthorized);
        // 3.2 (2).
        if (response.VerifySignature(responder.PublicKey) != SignatureCheck.Valid) return new Unusable(StatusDefect.SignatureInvalid);
        if (!responder.Equals(issuer) && !responder.IsValidAt(response.ProducedAt)) return new Unusable(StatusDefect.SignerOutOfValidity);
        // 4.4.4: without an archive cutoff nothing is known about certificates that have ended.
        return Within(certificate, single.ThisUpdate, single.ArchiveCutoff)
            ? new Answer(single.Status, single.ThisUpdate, single.NextUpdate, responder)
            : new Unusable(StatusDefect.OutsideValidity);
    }

    /// <summary>RFC 5280 6.3.3 for a complete, direct list; delta and indirect ones, and those of some reasons only, are of no use here.</summary>
    public static StatusReading Of(CertificateRevocationList list, Certificate certificate, Certificate issuer)
    {
        if (!list.Issuer.SameAs(certificate.Issuer) || !list.Issuer.SameAs(issuer.Subject) || !Covers(list, certificate)) return new Unusable(StatusDefect.OtherCertificate);
        if (list.HasUnknownCriticalExtension) return new Unusable(StatusDefect.UnknownCriticalExtension);
        // 6.3.3 (f), (g).
        if (issuer.Facts.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.CrlSign)) return new Unusable(StatusDefect.SignerNotAuthorized);
        if (list.VerifySignature(issuer.PublicKey) != SignatureCheck.Valid) return new Unusable(StatusDefect.SignatureInvalid);
        var entry = list.Find(certificate.SerialNumber);
        // A list that names the certificate covers it, whatever it says about ended ones.
        if (!Within(certificate, list.ThisUpdate, entry is null ? list.ExpiredCertificatesSince : DateTimeOffset.MinValue)) return new Unusable(StatusDefect.OutsideValidity);
        CertificateStatus status = entry is null or { Reason: RevocationReason.RemoveFromCrl }
            ? new CertificateStatus.Good()
            : new CertificateStatus.Revoked(entry.RevocationDate, entry.Reason);
        return new Answer(status, list.ThisUpdate, list.NextUpdate, issuer);
    }

    private static Certificate? Responder(BasicOcspResponse response, Certificate issuer)
    {
        if (response.IsFrom(issuer)) return issuer;
        foreach (var raw in response.Certificates)
        {
            Certificate candidate;
            try
            {
                candidate = Certificate.Parse(raw);
            }
            catch (MalformedException)
            {
                // One that cannot be read authorizes nobody.
                continue;
            }
            if (response.IsFrom(candidate) && candidate.Facts.ExtendedKeyUsage is { } usages && usages.Contains(Oids.UsageOcspSigning)
                && candidate.Issuer.SameAs(issuer.Subject) && candidate.VerifySignature(issuer.PublicKey) == SignatureCheck.Valid)
                return candidate;
        }
        return null;
    }

    private static bool Within(Certificate certificate, DateTimeOffset thisUpdate, DateTimeOffset? coversExpiredSince) =>
        thisUpdate >= certificate.NotBefore && (thisUpdate <= certificate.NotAfter || coversExpiredSince <= certificate.NotAfter);

    // 6.3.3 (b): the list's scope includes the certificate, and all reasons.
    private static bool Covers(CertificateRevocationList list, Certificate certificate)
    {
        if (list.IsDelta) return false;
        if (list.IssuingDistributionPoint is not { } point) return true;
        if (point.Indirect || point.OnlyAttributeCertificates || point.OnlySomeReasons is not null || point.RelativeName is not null) return false;
        var isAuthority = certificate.Facts.BasicConstraints?.IsAuthority == true;
        if ((point.OnlyUserCertificates && isAuthority) || (point.OnlyAuthorityCertificates && !isAuthority)) return false;
        // 6.3.3 (b)(2)(i): when both name places, they share one.
        return point.FullName.Count == 0 || certificate.Facts.CrlDistributionPoints.Any(wanted => wanted.Uris.Intersect(point.Uris).Any());
    }
}
