using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>The times and rules by which evidence is judged.</summary>
/// <param name="ControlTime">The moment as of which is validated.</param>
/// <param name="Now">The clock: nothing that was issued later can exist.</param>
public sealed record RevocationTimes(DateTimeOffset ControlTime, DateTimeOffset Now, ValidationPolicy Policy);

/// <summary>Decides what the evidence says about a certificate (RFC 5280 6.3, RFC 6960 3.2). Unusable evidence is remarked on and passed over.</summary>
public static class RevocationChecking
{
    public static RevocationStatus Of(Certificate certificate, Certificate issuer, RevocationEvidence evidence, CertificatePool pool, RevocationTimes times)
    {
        // RFC 9608 4, EN 319 412-1 5.2: the issuer vouches for the whole short life.
        if (certificate.Facts.NoRevocationAvailable || certificate.Facts.ValidityAssuredShortTerm)
            return new RevocationStatus(certificate, RevocationAnswer.NotNeeded);

        var remarks = new List<ValidationMessage>();
        RevocationStatus? best = null;
        foreach (var item in evidence.OcspResponses)
            best = Better(best, OcspChecking.Read(item, certificate, issuer, pool, times, remarks));
        foreach (var item in evidence.Crls)
            best = Better(best, CrlChecking.Read(item, certificate, issuer, times, remarks));
        return (best ?? new RevocationStatus(certificate, RevocationAnswer.Unknown)) with { Remarks = remarks };
    }

    // A revocation, once known, stays; otherwise the newest word counts, and only the newest tells whether a hold has been lifted.
    private static RevocationStatus? Better(RevocationStatus? known, RevocationStatus? found)
    {
        if (found is null || known is null)
            return found ?? known;
        if (known.Answer == RevocationAnswer.Revoked || found.Answer == RevocationAnswer.Revoked)
            return known.Answer == RevocationAnswer.Revoked ? known : found;
        return found.ThisUpdate > known.ThisUpdate ? found : known;
    }

    /// <summary>
    /// What holds for OCSP and CRL alike; null when nothing is wrong. Evidence from after the certificate's end must say that it still
    /// covers it (RFC 6960 4.4.4 archive cutoff, X.509 expiredCertsOnCRL): otherwise its silence means nothing.
    /// </summary>
    internal static ValidationMessage? RefuseTimes(Certificate certificate, DateTimeOffset thisUpdate, DateTimeOffset? coversExpiredSince, RevocationTimes times)
    {
        var name = PathValidation.Name(certificate);
        if (thisUpdate > times.Now + times.Policy.ClockSkew)
            return ValidationMessage.Warning("revocation-from-future", name);
        if (thisUpdate < certificate.NotBefore)
            return ValidationMessage.Warning("revocation-before-certificate", name);
        if (thisUpdate > certificate.NotAfter && !(coversExpiredSince <= certificate.NotAfter))
            return ValidationMessage.Warning("revocation-after-expiry", name);
        return null;
    }
}
