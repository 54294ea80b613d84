using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.2.1.9: people, seals and services are no authority.</summary>
internal static class EndEntityLint
{
    public static string? Check(Certificate certificate, LintContext context) => context.IsAuthority ? null : certificate.Facts.BasicConstraints switch
    {
        null => "not stated",
        { IsAuthority: true } => "an authority",
        { PathLength: not null } => "a path length",
        _ => null,
    };
}
