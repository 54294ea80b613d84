using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>
/// What a rule knows beside the certificate. <see cref="Intended"/>: what was stored. <see cref="Issuer"/>: null when the certificate is its own.
/// <see cref="ThrowAwayKey"/>: the one that signed what is linted.
/// </summary>
public sealed record LintContext(ToBeSigned Intended, Certificate? Issuer, SubjectPublicKey ThrowAwayKey, CertificateProfile Profile, DateTimeOffset Now)
{
    public CertificateKind Kind => Profile.Kind;

    public bool IsAuthority => Kind is CertificateKind.Root or CertificateKind.Authority;
}

/// <summary>The rules for certificates, one a file. A rule gives null, or what is wrong without repeating the person's data.</summary>
public static class CertificateLint
{
    private static readonly (string Rule, Func<Certificate, LintContext, string?> Check)[] Rules =
    [
        ("encoding", EncodingLint.Check),
        ("serial-number", SerialNumberLint.Check),
        ("signature-algorithm", SignatureAlgorithmLint.Check),
        ("issuer", IssuerLint.Check),
        ("validity", ValidityLint.Check),
        ("subject", PersonSubjectLint.Check),
        ("subject", LegalSubjectLint.Check),
        ("public-key", PublicKeyLint.Check),
        ("rsa-key", RsaKeyLint.Check),
        ("extensions", ExtensionsLint.Check),
        ("authority", AuthorityLint.Check),
        ("end-entity", EndEntityLint.Check),
        ("key-usage", KeyUsageLint.Check),
        ("extended-key-usage", ExtendedKeyUsageLint.Check),
        ("key-identifiers", KeyIdentifiersLint.Check),
        ("policies", PoliciesLint.Check),
        ("status-addresses", StatusAddressesLint.Check),
        ("signing-period", SigningPeriodLint.Check),
        ("qualified-statements", QualifiedStatementsLint.Check),
        ("approved-documents", ApprovedDocumentsLint.Check),
    ];

    public static IReadOnlyList<LintFinding> Run(ReadOnlyMemory<byte> certificate, LintContext context)
    {
        Certificate parsed;
        try
        {
            parsed = Certificate.Parse(certificate);
        }
        catch (MalformedException problem)
        {
            return [new LintFinding("encoding", problem.Message)];
        }
        return [.. Rules.Select(r => (r.Rule, Problem: r.Check(parsed, context))).Where(f => f.Problem is not null).Select(f => new LintFinding(f.Rule, f.Problem!))];
    }
}
