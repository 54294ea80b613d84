using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.X509;

namespace Identity.Verification.TrustedLists;

/// <summary>Qualifiers for those certificates of a service that criteria pick out (TS 119 612 5.5.9.2.1).</summary>
/// <param name="Qualifiers">The last part of their identifiers: QCWithQSCD, NotQualified, and so on.</param>
public sealed record QualificationElement(IReadOnlyList<string> Qualifiers, CertificateCriterion Criteria);

/// <summary>How many of a list's criteria a certificate must meet (5.5.9.2.2.1).</summary>
public enum CriteriaAssertion
{
    All,
    AtLeastOne,
    None,
}

/// <summary>What a certificate is picked out by (TS 119 612 5.5.9.2.2).</summary>
public abstract record CertificateCriterion
{
    private CertificateCriterion() { }

    /// <summary>Null when it depends on a criterion that is not known here.</summary>
    public abstract bool? IsMetBy(Certificate certificate);

    public sealed record Criteria(CriteriaAssertion Assertion, IReadOnlyList<CertificateCriterion> Of) : CertificateCriterion
    {
        public override bool? IsMetBy(Certificate certificate)
        {
            // Nothing to meet is no statement.
            if (Of.Count == 0)
                return null;
            var met = Of.Select(one => one.IsMetBy(certificate)).ToList();
            return Assertion switch
            {
                CriteriaAssertion.All => met.Contains(false) ? false : met.Contains(null) ? null : true,
                CriteriaAssertion.AtLeastOne => met.Contains(true) ? true : met.Contains(null) ? null : false,
                _ => met.Contains(true) ? false : met.Contains(null) ? null : true,
            };
        }
    }

    /// <param name="Bits">Each is to be set, or not to be set.</param>
    public sealed record KeyUsage(IReadOnlyList<(X509KeyUsageFlags Bit, bool IsSet)> Bits) : CertificateCriterion
    {
        public override bool? IsMetBy(Certificate certificate) =>
            certificate.Facts.KeyUsage is { } usage && Bits.All(one => usage.HasFlag(one.Bit) == one.IsSet);
    }

    /// <param name="Oids">All of them are among the certificate's policies.</param>
    public sealed record Policies(IReadOnlyList<string> Oids) : CertificateCriterion
    {
        public override bool? IsMetBy(Certificate certificate) => Oids.All((certificate.Facts.CertificatePolicies ?? []).Contains);
    }

    public sealed record ExtendedKeyUsage(IReadOnlyList<string> Oids) : CertificateCriterion
    {
        public override bool? IsMetBy(Certificate certificate) => Oids.All((certificate.Facts.ExtendedKeyUsage ?? []).Contains);
    }

    public sealed record SubjectAttributes(IReadOnlyList<string> Oids) : CertificateCriterion
    {
        public override bool? IsMetBy(Certificate certificate) => Oids.All(oid => certificate.Subject[oid] is not null);
    }

    public sealed record Unknown : CertificateCriterion
    {
        public override bool? IsMetBy(Certificate certificate) => null;
    }
}
