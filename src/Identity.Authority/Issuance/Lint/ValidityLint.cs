using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.1.2.5; own policy: no longer than the profile says, current now, and never beyond the authority's own certificate.</summary>
internal static class ValidityLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        if (certificate.NotAfter <= certificate.NotBefore) return "ends before it begins";
        if (certificate.NotAfter - certificate.NotBefore > context.Profile.Validity + CertificateProfile.Backdating) return "longer than the profile";
        if (!certificate.IsValidAt(context.Now)) return "not valid now";
        if (context.Issuer is null) return null;
        return certificate.NotBefore < context.Issuer.NotBefore || certificate.NotAfter > context.Issuer.NotAfter ? "outside the validity of the authority" : null;
    }
}
