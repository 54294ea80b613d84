using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 3161 2.3: time-stamping alone; RFC 6960 4.2.2.2: OCSP signing; RFC 5280 4.2.1.12: nobody else states one here.</summary>
internal static class ExtendedKeyUsageLint
{
    public static string? Check(Certificate certificate, LintContext context) => (context.Kind, certificate.Facts.ExtendedKeyUsage) switch
    {
        (CertificateKind.TimestampingUnit, [Oids.UsageTimeStamping]) => null,
        (CertificateKind.TimestampingUnit, _) => "not time-stamping alone",
        (CertificateKind.OcspResponder, [Oids.UsageOcspSigning]) => null,
        (CertificateKind.OcspResponder, _) => "not OCSP signing alone",
        (_, null) => null,
        _ => "one that the profile does not have",
    };
}
