using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>EN 319 412-2 4.3.2, type A: nonRepudiation alone.</summary>
internal static class KeyUsageLint
{
    public static string? Check(Certificate certificate, LintContext context) =>
        certificate.Facts.KeyUsage == X509KeyUsageFlags.NonRepudiation ? null : "not nonRepudiation alone";
}
