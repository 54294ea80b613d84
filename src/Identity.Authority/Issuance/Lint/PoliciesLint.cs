using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>RFC 5280 4.2.1.4; EN 319 412-2 4.3.3: the policies of the profile, stated.</summary>
internal static class PoliciesLint
{
    public static string? Check(Certificate certificate, LintContext context) =>
        (certificate.Facts.CertificatePolicies ?? []).SequenceEqual(context.Profile.Policies) ? null : "not the policy of the profile";
}
