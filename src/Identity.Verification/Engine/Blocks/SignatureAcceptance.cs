using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Verification.Changes;
using Identity.Verification.Evidence;

namespace Identity.Verification.Engine.Blocks;

/// <summary>Signature acceptance (EN 319 102-1 5.2.8): rules for attributes, for what came after the signature, and for algorithms.</summary>
public static class SignatureAcceptance
{
    public static BlockConclusion Check(SignatureFacts facts, ChangesAfterSignature changes, ValidationContext context)
    {
        if ((Attributes(facts) ?? ApprovedDocument.Refuse(facts, context)) is { } refusal)
            return BlockConclusion.Indeterminate(SubIndication.SigConstraintsFailure, refusal);
        // A later revision that alters the document breaks no digest, so it is no failure of cryptography: it is a constraint of ours
        // on the signature's scope that is not met. That is this block's outcome in the standard's terms (5.2.8.4), never PASSED.
        return changes.NotPermitted.Count > 0
            ? BlockConclusion.Indeterminate(SubIndication.SigConstraintsFailure, [ValidationMessage.Error("changed-after-signing"), .. changes.NotPermitted])
            : BlockConclusion.Passed();
    }

    /// <summary>Algorithms of the signature itself that are no longer acceptable at the control time.</summary>
    public static IEnumerable<Doubt> WeakAlgorithms(SignatureFacts facts, ValidationContext context)
    {
        if (facts.Signer is not { } signer || facts.SigningCertificate is not { } certificate)
            return [];
        var algorithms = context.Policy.Algorithms;
        return algorithms.Of(signer.SignatureAlgorithm, context.Data.Certificates.KeyOf(certificate))
            .Append(algorithms.ForDigest(signer.DigestAlgorithm.Oid))
            .Concat(facts.Dictionary.SubFilter == "adbe.pkcs7.sha1" ? [algorithms.ForDigest(Oids.Sha1)] : [])
            .Concat(Reference(facts) is { } reference ? [algorithms.ForDigest(reference)] : [])
            .Distinct()
            .Where(use => !use.IsAcceptableAt(context.ControlTime))
            .Select(use => new Doubt.WeakAlgorithm(
                use is { IsListed: true, Until: { } until } ? ValidationMessage.Error("signature-weak-algorithm", use.Name, until) : ValidationMessage.Error(Unlisted(signer.SignatureAlgorithm), use.Name), use));
    }

    // RFC 5035 4: the first attribute knows SHA-1 alone, and another certificate with the same digest would have to come from the same issuer.
    private static string? Reference(SignatureFacts facts) =>
        facts.Attributes?.SigningCertificates is [{ HashAlgorithm: not Oids.Sha1 and var digest }, ..] ? digest : null;

    // No standard of ETSI or of PDF has ML-DSA: who makes such a signature does so beside another, as an experiment.
    private static string Unlisted(SignatureAlgorithm algorithm) => algorithm.Family == SignatureFamily.MlDsa ? "signature-experimental-algorithm" : "signature-unlisted-algorithm";

    private static ValidationMessage? Attributes(SignatureFacts facts)
    {
        var (signer, attributes, certificate) = (facts.Signer!, facts.Attributes!, facts.SigningCertificate);
        if (signer.SignedAttributesDer is null)
            return facts.Dictionary.SubFilter == "ETSI.CAdES.detached" ? ValidationMessage.Error("signed-attributes-missing") : null;
        // RFC 5652 5.3: content-type is there and names the content.
        if (attributes.ContentType != facts.Cms!.ContentType)
            return ValidationMessage.Error("content-type-attribute");
        // EN 319 122-1 5.2.2: PAdES demands the signed reference to the certificate.
        if (facts.Dictionary.SubFilter == "ETSI.CAdES.detached" && facts.SigningCertificateMatch != SigningCertificateMatch.BySignedReference)
            return ValidationMessage.Error("signing-certificate-not-signed");
        // RFC 6211 3: the protected algorithms are those that were used.
        if (attributes.AlgorithmProtection is { } guarded
            && (!guarded.Digest.SameAs(signer.DigestAlgorithm) || (guarded.Signature is { } named && !named.SameAs(signer.SignatureAlgorithm.Identifier))))
            return ValidationMessage.Error("algorithm-protection-differs");
        return certificate is null ? ValidationMessage.Error("signing-certificate-missing") : null;
    }
}
