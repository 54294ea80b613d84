using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>What a rule knows beside the certificate. <see cref="ThrowAwayKey"/> is the one that signed what is linted.</summary>
public sealed record LintContext(IntendedCertificate Intended, Certificate Issuer, SubjectPublicKey ThrowAwayKey, PersonProfile Profile, DateTimeOffset Now);

/// <summary>The rules for people's certificates, one a file. A rule gives null, or what is wrong without repeating the person's data.</summary>
public static class CertificateLint
{
    private static readonly (string Rule, Func<Certificate, LintContext, string?> Check)[] Rules =
    [
        ("encoding", EncodingLint.Check),
        ("serial-number", SerialNumberLint.Check),
        ("signature-algorithm", SignatureAlgorithmLint.Check),
        ("issuer", IssuerLint.Check),
        ("validity", ValidityLint.Check),
        ("subject", SubjectLint.Check),
        ("public-key", PublicKeyLint.Check),
        ("extensions", ExtensionsLint.Check),
        ("end-entity", EndEntityLint.Check),
        ("key-usage", KeyUsageLint.Check),
        ("key-identifiers", KeyIdentifiersLint.Check),
        ("policies", PoliciesLint.Check),
        ("status-addresses", StatusAddressesLint.Check),
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
