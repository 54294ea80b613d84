using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Policy;

namespace Identity.Verification.Trust;

/// <summary>The counters and the graph of certificate policies along one path (RFC 5280 6.1.2 to 6.1.5, RFC 9618 5).</summary>
internal sealed class PolicyProcessing
{
    private readonly PathInputs inputs;
    private readonly PolicyGraph graph = new();
    private int explicitPolicy;
    private int inhibitAnyPolicy;
    private int policyMapping;

    /// <param name="length">Certificates of the path without the anchor.</param>
    public PolicyProcessing(PathInputs inputs, int length)
    {
        this.inputs = inputs;
        // 6.1.2 (d), (e), (f).
        explicitPolicy = inputs.ExplicitPolicy ? 0 : length + 1;
        inhibitAnyPolicy = inputs.InhibitAnyPolicy ? 0 : length + 1;
        policyMapping = inputs.InhibitPolicyMapping ? 0 : length + 1;
    }

    /// <summary>Takes the next certificate, from the anchor down; null when the path may go on.</summary>
    public ValidationMessage? Refuse(Certificate certificate, bool isLeaf)
    {
        var facts = certificate.Facts;
        var name = PathValidation.Name(certificate);
        if ((facts.CertificatePolicies?.Count ?? 0) > ValidationCaps.PoliciesPerCertificate || facts.PolicyMappings.Count > ValidationCaps.PoliciesPerCertificate)
            return ValidationMessage.Error("certificate-too-costly", name);
        // 6.1.3 (d), (e).
        graph.Take(facts.CertificatePolicies, inhibitAnyPolicy > 0 || (!isLeaf && certificate.IsSelfIssued));
        // 6.1.3 (f).
        if (explicitPolicy == 0 && graph.IsNull)
            return ValidationMessage.Error("certificate-policy-required", name);
        if (isLeaf)
            return null;
        // 6.1.4 (a).
        if (facts.PolicyMappings.Any(mapping => mapping.IssuerDomainPolicy == Oids.AnyPolicy || mapping.SubjectDomainPolicy == Oids.AnyPolicy))
            return ValidationMessage.Error("certificate-policy-mapping", name);
        // 6.1.4 (b).
        graph.Map(facts.PolicyMappings, allowed: policyMapping > 0);
        // 6.1.4 (h).
        if (!certificate.IsSelfIssued)
        {
            explicitPolicy = Math.Max(explicitPolicy - 1, 0);
            policyMapping = Math.Max(policyMapping - 1, 0);
            inhibitAnyPolicy = Math.Max(inhibitAnyPolicy - 1, 0);
        }
        // 6.1.4 (i), (j).
        explicitPolicy = Math.Min(explicitPolicy, facts.PolicyConstraints?.RequireExplicitPolicy ?? int.MaxValue);
        policyMapping = Math.Min(policyMapping, facts.PolicyConstraints?.InhibitPolicyMapping ?? int.MaxValue);
        inhibitAnyPolicy = Math.Min(inhibitAnyPolicy, facts.InhibitAnyPolicy ?? int.MaxValue);
        return null;
    }

    /// <summary>What the whole path must be valid for (6.1.5).</summary>
    public ValidationMessage? RefuseWhole(Certificate leaf)
    {
        // 6.1.5 (a), (b).
        explicitPolicy = Math.Max(explicitPolicy - 1, 0);
        if (leaf.Facts.PolicyConstraints?.RequireExplicitPolicy == 0)
            explicitPolicy = 0;
        // 6.1.5 (g).
        return explicitPolicy > 0 || graph.IsAcceptable(inputs.AcceptedPolicies) ? null : ValidationMessage.Error("certificate-policy-required", PathValidation.Name(leaf));
    }
}
