using Identity.Pkix.X509;

namespace Identity.Authority.Issuance;

/// <summary>A rule that a certificate breaks, and how.</summary>
public sealed record LintFinding(string Rule, string Problem);

/// <summary>An intended certificate that no lint rule objects to.</summary>
public sealed class LintedCertificate
{
    private LintedCertificate(IntendedCertificate intended) => Intended = intended;

    public IntendedCertificate Intended { get; }

    /// <summary>Exactly one of the two is there.</summary>
    public static (LintedCertificate? Linted, IReadOnlyList<LintFinding> Findings) Check(IntendedCertificate intended, Certificate issuer, CertificateProfile profile, DateTimeOffset now)
    {
        var findings = ThrowAwaySignature.Lint(intended.ToBeSigned, issuer, profile, now);
        return findings.Count == 0 ? (new LintedCertificate(intended), findings) : (null, findings);
    }
}
