using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>EN 319 412-2 4.3.2, type A: nonRepudiation alone; RFC 9336: document signing.</summary>
internal static class KeyUsageLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (certificate.Facts.KeyUsage != X509KeyUsageFlags.NonRepudiation) return "not nonRepudiation alone";
        return certificate.Facts.ExtendedKeyUsage is [Oids.UsageDocumentSigning] ? null : "not document signing alone";
    }
}
