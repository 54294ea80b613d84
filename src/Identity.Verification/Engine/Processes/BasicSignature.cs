using Identity.Verification.Changes;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Evidence;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine.Processes;

/// <summary>Outcome of the validation process for basic signatures.</summary>
/// <param name="Conclusion">What stands whatever proofs of existence there are; passed when only doubts are left.</param>
/// <param name="Doubts">What a proof of existence could settle, first the one that the standard asks first.</param>
/// <param name="Certificate">Null when there was no certificate to validate.</param>
public sealed record BasicSignatureResult(BlockConclusion Conclusion, IReadOnlyList<Doubt> Doubts, CertificateValidationResult? Certificate,
    ChangesAfterSignature Changes, IReadOnlyList<ValidationMessage> Remarks);

/// <summary>Validation process for basic signatures (EN 319 102-1 5.3).</summary>
public static class BasicSignature
{
    /// <param name="provenAt">The earliest moment that a time-stamp which passed proves; null when none does.</param>
    public static async Task<BasicSignatureResult> Validate(SignatureFacts facts, ChangesAfterSignature changes, DateTimeOffset? provenAt, ValidationContext context)
    {
        // 5.3.4 (1) format checking.
        var format = FormatChecking.Check(facts);
        if (!format.HasPassed)
            return new BasicSignatureResult(format, [], null, changes, []);

        // 5.3.4 (2) identification of the signing certificate. Its outcome waits: a changed document is to be called that, whoever signed.
        var identification = SigningCertificateIdentification.Check(facts, context);

        // 5.3.4 (3) validation context initialisation. Its outcome waits as well.
        var initialisation = ContextInitialisation.Check(facts, context);

        // 5.3.4 (4) X.509 certificate validation; what it doubts waits for the other blocks.
        var certificate = facts.SigningCertificate is { } leaf && identification.HasPassed
            ? await CertificateValidation.Validate(leaf, new CertificateUse(CertificatePurpose.Signature, provenAt) { IsNamedByDigest = facts.SigningCertificateMatch == SigningCertificateMatch.BySignedReference }, context)
            : null;

        // 5.3.4 (5) cryptographic verification.
        var cryptography = CryptographicVerification.Check(facts, context);
        if (cryptography.Indication == Indication.Failed)
            return new BasicSignatureResult(cryptography, [], certificate, changes, []);
        if (!identification.HasPassed)
            return new BasicSignatureResult(identification, [], null, changes, []);
        if (!cryptography.HasPassed)
            return new BasicSignatureResult(cryptography, [], certificate, changes, identification.Messages);

        if (!initialisation.HasPassed)
            return new BasicSignatureResult(initialisation, [], certificate, changes, identification.Messages);
        IReadOnlyList<ValidationMessage> remarks = [.. identification.Messages, .. initialisation.Messages];

        // 5.3.4 (6) signature acceptance.
        var acceptance = SignatureAcceptance.Check(facts, changes, context);
        if (!acceptance.HasPassed)
            return new BasicSignatureResult(acceptance, [], certificate, changes, remarks);

        // 5.3.4 (7) what certificate validation found.
        if (!certificate!.Conclusion.HasPassed)
            return new BasicSignatureResult(certificate.Conclusion, [], certificate, changes, remarks);
        IReadOnlyList<Doubt> doubts = [.. certificate.Doubts, .. SignatureAcceptance.WeakAlgorithms(facts, context)];
        return new BasicSignatureResult(BlockConclusion.Passed(), doubts, certificate, changes, remarks);
    }
}
