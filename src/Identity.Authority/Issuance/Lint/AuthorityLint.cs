using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.2.1.9: an authority says so, and how many may follow it; below the root none, so that an issuing authority makes no other.</summary>
internal static class AuthorityLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (!context.IsAuthority) return null;
        if (certificate.Facts.BasicConstraints is not { IsAuthority: true } constraints) return "not an authority";
        return constraints.PathLength == (context.Kind == CertificateKind.Root ? context.Profile.PathLength : 0) ? null : "wrong path length";
    }
}
