using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>Exactly the extensions of the kind, with the criticality that RFC 5280 4.2.1 and RFC 3161 2.3 ask for.</summary>
internal static class ExtensionsLint
{
    private static readonly string[] OfAll = [Oids.BasicConstraints, Oids.KeyUsage, Oids.SubjectKeyIdentifier];
    private static readonly string[] OfIssued = [.. OfAll, Oids.AuthorityKeyIdentifier, Oids.AuthorityInformationAccess, Oids.CrlDistributionPoints];

    public static string? Check(Certificate certificate, LintContext context)
    {
        var expected = Expected(context).ToHashSet();
        if (certificate.Extensions.Any(e => !expected.Contains(e.Oid))) return "one that the profile does not have";
        if (certificate.Extensions.Count != expected.Count) return "one is missing";
        return certificate.Extensions.All(e => IsCritical(e.Oid, context.Kind) == e.Critical) ? null : "wrong criticality";
    }

    private static IEnumerable<string> Expected(LintContext context)
    {
        var (kind, profile) = (context.Kind, context.Profile);
        IEnumerable<string> expected = kind == CertificateKind.Root ? OfAll : OfIssued;
        if (kind is CertificateKind.TimestampingUnit or CertificateKind.OcspResponder) expected = expected.Append(Oids.ExtendedKeyUsage);
        // RFC 6960 4.2.2.2.1: nobody could ask for the status of who answers.
        if (kind == CertificateKind.OcspResponder) expected = expected.Append(Oids.OcspNoCheck);
        if (kind == CertificateKind.TimestampingUnit) expected = expected.Append(Oids.PrivateKeyUsagePeriod);
        // EN 319 412-2 4.3.3: always for people and organisations.
        if (profile.Policies.Count > 0 || kind is CertificateKind.Person or CertificateKind.Seal) expected = expected.Append(Oids.CertificatePolicies);
        if (!profile.Statements.IsEmpty) expected = expected.Append(Oids.QualifiedStatements);
        return profile.ApprovedDocumentsExtension is { } documents ? expected.Append(documents) : expected;
    }

    private static bool IsCritical(string oid, CertificateKind kind) =>
        oid is Oids.BasicConstraints or Oids.KeyUsage || (oid == Oids.ExtendedKeyUsage && kind == CertificateKind.TimestampingUnit);
}
