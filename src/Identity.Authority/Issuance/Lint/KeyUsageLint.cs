using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>
/// EN 319 412-2 4.3.2 and EN 319 412-3 4.3.1, type A: people and organisations sign content and nothing else; RFC 5280 4.2.1.3: authorities certify
/// and sign lists and nothing else; RFC 3161 2.3 and EN 319 422 6: time-stamping units, as responders, sign.
/// </summary>
internal static class KeyUsageLint
{
    public static string? Check(Certificate certificate, LintContext context) => context.Kind switch
    {
        CertificateKind.Person or CertificateKind.Seal => certificate.Facts.KeyUsage == X509KeyUsageFlags.NonRepudiation ? null : "not nonRepudiation alone",
        CertificateKind.Root or CertificateKind.Authority =>
            certificate.Facts.KeyUsage == (X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign) ? null : "not keyCertSign and cRLSign alone",
        _ => certificate.Facts.KeyUsage == X509KeyUsageFlags.DigitalSignature ? null : "not digitalSignature alone",
    };
}
