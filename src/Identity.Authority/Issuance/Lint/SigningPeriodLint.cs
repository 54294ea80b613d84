using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 3280 4.2.1.4, EN 319 422 6: a time-stamping unit's key ends before its certificate, so that its last stamps can be renewed.</summary>
internal static class SigningPeriodLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (context.Kind != CertificateKind.TimestampingUnit) return certificate.Facts.PrivateKeyUsagePeriod is null ? null : "one that the profile does not have";
        if (certificate.Facts.PrivateKeyUsagePeriod is not { NotBefore: { } from, NotAfter: { } to }) return "not stated";
        return from < certificate.NotBefore || to >= certificate.NotAfter || to <= from ? "not within the certificate's validity" : null;
    }
}
