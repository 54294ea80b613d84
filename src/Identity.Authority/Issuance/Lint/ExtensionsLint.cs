using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>Exactly the extensions of the profile, with the criticality that RFC 5280 4.2.1 asks for.</summary>
internal static class ExtensionsLint
{
    private static readonly Dictionary<string, bool> Critical = new()
    {
        [Oids.BasicConstraints] = true,
        [Oids.KeyUsage] = true,
        [Oids.SubjectKeyIdentifier] = false,
        [Oids.AuthorityKeyIdentifier] = false,
        [Oids.CertificatePolicies] = false,
        [Oids.AuthorityInformationAccess] = false,
        [Oids.CrlDistributionPoints] = false,
    };

    public static string? Check(Certificate certificate, LintContext context)
    {
        var approved = context.Profile.ApprovedDocumentsExtension;
        if (certificate.Extensions.Any(e => e.Oid != approved && !Critical.ContainsKey(e.Oid))) return "one that the profile does not have";
        if (certificate.Extensions.Count != Critical.Count + 1) return "one is missing";
        return certificate.Extensions.All(e => (e.Oid != approved && Critical[e.Oid]) == e.Critical) ? null : "wrong criticality";
    }
}
