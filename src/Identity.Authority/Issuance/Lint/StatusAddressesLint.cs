using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>EN 319 412-2 4.4.1 and RFC 5280 4.2.1.13: where issuer, status and list are had; each once and as the profile has it.</summary>
internal static class StatusAddressesLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        var facts = certificate.Facts;
        if (context.Profile.Addresses is not { } addresses) return null;
        if (!facts.OcspUris.SequenceEqual(addresses.Ocsp is { } ocsp ? [ocsp] : [])) return "no OCSP address of the profile";
        if (!facts.CaIssuersUris.SequenceEqual([addresses.IssuerCertificate])) return "no issuer address of the profile";
        if (facts.CrlDistributionPoints is not [{ CrlIssuer.Count: 0, Reasons: null } point]) return "not one plain distribution point";
        return point.Uris.SequenceEqual([addresses.RevocationList(certificate.SerialNumber)]) ? null : "no list address of the profile";
    }
}
