using Identity.Pkix.Signatures;
using Identity.Verification.Evidence;
using Identity.Verification.Policy;

namespace Identity.Verification.Engine.Blocks;

/// <summary>Cryptographic verification (EN 319 102-1 5.2.7): the covered bytes have the signed digest, and the value is the key's.</summary>
public static class CryptographicVerification
{
    public static BlockConclusion Check(SignatureFacts facts, ValidationContext context)
    {
        // 5.2.7.4 (1): adbe.pkcs7.sha1 signs a digest that it encloses (ISO 32000-1 12.8.3.3.1).
        if (facts.Dictionary.SubFilter == "adbe.pkcs7.sha1" && facts.Cms!.Content is null)
            return BlockConclusion.Indeterminate(SubIndication.SignedDataNotFound, ValidationMessage.Error("signed-data-not-found"));
        // 5.2.7.4 (2): the digest first, so that a changed document is called so whatever the key.
        if (facts.DigestMatches == false)
            return BlockConclusion.Failed(SubIndication.HashFailure, ValidationMessage.Error("bytes-changed"));
        switch (facts.ValueCheck)
        {
            case SignatureCheck.Invalid:
                return BlockConclusion.Failed(SubIndication.SigCryptoFailure, ValidationMessage.Error("signature-value-wrong"));
            case SignatureCheck.KeyMismatch:
                return BlockConclusion.Failed(SubIndication.SigCryptoFailure, ValidationMessage.Error("signature-key-mismatch"));
            case SignatureCheck.UnsupportedAlgorithm or SignatureCheck.KeySizeRefused:
                return BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailureNoPoe, NotVerified(facts, context));
        }
        if (facts.DigestMatches is null)
        {
            // RFC 5652 5.4: with signed attributes the digest is one of them.
            return facts.Signer?.SignedAttributesDer is not null && facts.Attributes?.MessageDigest is null
                ? BlockConclusion.Failed(SubIndication.SigCryptoFailure, ValidationMessage.Error("message-digest-missing"))
                : BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailureNoPoe, NotVerified(facts, context));
        }
        return facts.IsCryptographicallyIntact
            ? BlockConclusion.Passed()
            : BlockConclusion.Indeterminate(SubIndication.NoSigningCertificateFound, ValidationMessage.Error("signing-certificate-missing"));
    }

    /// <summary>What is not verified here, and until when it could be relied on: a digest that is not computed, else an algorithm, curve or size of key.</summary>
    private static ValidationMessage NotVerified(SignatureFacts facts, ValidationContext context)
    {
        if (facts.Signer is not { } signer)
            return ValidationMessage.Error("algorithm-not-verified", "");
        var algorithms = context.Policy.Algorithms;
        var use = facts.DigestMatches is null || facts.SigningCertificate is not { } certificate
            ? algorithms.ForDigest(signer.DigestAlgorithm.Oid)
            : algorithms.ForSignature(signer.SignatureAlgorithm, context.Data.Certificates.KeyOf(certificate));
        return NotVerified(use);
    }

    internal static ValidationMessage NotVerified(AlgorithmUse use) =>
        use.Until is { } until ? ValidationMessage.Error("algorithm-outdated", use.Name, until) : ValidationMessage.Error("algorithm-not-verified", use.Name);
}
