using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Verification.Evidence;

namespace Identity.Verification.Engine.Blocks;

/// <summary>Validation context initialisation (EN 319 102-1 5.2.4), as far as the signature has a say: the signature policy that it names.</summary>
public static class ContextInitialisation
{
    public static BlockConclusion Check(SignatureFacts facts, ValidationContext context)
    {
        var attributes = facts.Signer?.SignedAttributes.Where(attribute => attribute.Oid == Oids.SignaturePolicy).ToList() ?? [];
        if (attributes.Count == 0)
            return BlockConclusion.Passed();
        // EN 319 122-1 5.2.9: one attribute with one value.
        if (attributes is not [{ Values: [var raw] }])
            return Failed(SubIndication.PolicyProcessingError, "signature-policy-unreadable");
        SignaturePolicyIdentifier named;
        try
        {
            named = SignaturePolicyIdentifier.Parse(raw);
        }
        catch (MalformedException)
        {
            return Failed(SubIndication.PolicyProcessingError, "signature-policy-unreadable");
        }
        var policies = context.Policy.SignaturePolicies;
        if (named.Policy is not { } policy || !policies.Documents.TryGetValue(policy, out var document))
        {
            return policies.DemandKnown
                ? Failed(SubIndication.SignaturePolicyNotAvailable, "signature-policy-unknown", named.Policy ?? "")
                : BlockConclusion.Passed(ValidationMessage.Information("signature-policy-not-processed", named.Policy ?? ""));
        }
        // 5.2.4.4: the document at hand is the one that the signer saw.
        return Digests.FromOid(named.DigestAlgorithm!.Oid) is { } name
            && CryptographicOperations.FixedTimeEquals(Digests.Compute(name, document.Span), named.Digest.Span)
            ? BlockConclusion.Passed()
            : Failed(SubIndication.PolicyProcessingError, "signature-policy-differs", policy);
    }

    private static BlockConclusion Failed(SubIndication why, string key, params object[] arguments) =>
        BlockConclusion.Indeterminate(why, ValidationMessage.Error(key, arguments));
}
