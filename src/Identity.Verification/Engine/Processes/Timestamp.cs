using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Evidence;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Engine.Processes;

/// <summary>Outcome of validating one time-stamp.</summary>
/// <param name="Time">What it states; null when the token cannot be read.</param>
public sealed record TimestampResult(TimestampFacts Facts, BlockConclusion Conclusion, DateTimeOffset? Time, CertificateValidationResult? Certificate)
{
    /// <summary>What trusted lists say of it; null when none speaks of its authority. It decides nothing.</summary>
    public TimestampQualification? Qualification { get; init; }
}

/// <summary>Validation process for time-stamps (EN 319 102-1 5.4), and past validation of those that newer ones cover (5.6.3.4 (4)).</summary>
public static class Timestamp
{
    /// <param name="revision">The revision of the document that brought the token.</param>
    public static async Task<TimestampResult> Validate(TimestampFacts facts, int revision, ValidationContext context)
    {
        if (facts.Token is not { } token)
            return new TimestampResult(facts, Failed(SubIndication.FormatFailure, "timestamp-unreadable"), null, null);
        var time = token.Info.Time;
        // RFC 3161 2.4.2: the imprint is that of what is time-stamped.
        if (facts.ImprintMatches == false)
            return new TimestampResult(facts, Failed(SubIndication.HashFailure, "timestamp-imprint"), time, null);
        // The token itself, as a signature over its content.
        if (facts.ContentDigestMatches == false)
            return new TimestampResult(facts, Failed(SubIndication.HashFailure, "timestamp-changed"), time, null);
        if (facts.Authority is not { } authority)
            return new TimestampResult(facts, BlockConclusion.Indeterminate(SubIndication.NoSigningCertificateFound, ValidationMessage.Error("timestamp-certificate-missing")), time, null);
        switch (facts.Check)
        {
            case SignatureCheck.Valid:
                break;
            case SignatureCheck.UnsupportedAlgorithm or SignatureCheck.KeySizeRefused:
                return new TimestampResult(facts, BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailureNoPoe, ValidationMessage.Error("timestamp-algorithm")), time, null);
            default:
                return new TimestampResult(facts, Failed(SubIndication.SigCryptoFailure, "timestamp-value-wrong"), time, null);
        }
        if (facts.ImprintMatches is null || token.Info.HasUnknownCriticalExtension)
            return new TimestampResult(facts, BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailureNoPoe, ValidationMessage.Error("timestamp-algorithm")), time, null);
        // One from after the clock, or after the moment that is asked about, proves nothing as of then.
        var asked = context.ControlTime < context.Now ? context.ControlTime : context.Now;
        if (time > asked + context.Policy.ClockSkew)
            return new TimestampResult(facts, BlockConclusion.Indeterminate(SubIndication.TimestampOrderFailure, ValidationMessage.Error("timestamp-from-future")), time, null);

        // RFC 3161 2.3: the unit signs while its certificate is valid.
        if (!authority.IsValidAt(time))
            return new TimestampResult(facts, BlockConclusion.Indeterminate(SubIndication.SigConstraintsFailure, ValidationMessage.Error("timestamp-outside-unit")), time, null);

        // 5.4 gives no proof of existence of the time-stamp itself, and its own time is none: doubts are settled by newer document time-stamps, or stay.
        var use = new CertificateUse(CertificatePurpose.Timestamping, context.Proofs.Of(revision)) { StatedAt = time, IsNamedByDigest = true };
        var certificate = await CertificateValidation.Validate(authority, use, context);
        if (!certificate.Conclusion.HasPassed)
            return new TimestampResult(facts, certificate.Conclusion, time, certificate);
        var outcome = PastSignatureValidation.Settle([.. certificate.Doubts, .. WeakAlgorithms(token, authority, context)], authority, use, context);
        return new TimestampResult(facts, outcome.Conclusion ?? BlockConclusion.Passed(), time, certificate);
    }

    private static IEnumerable<Doubt> WeakAlgorithms(TimestampToken token, Certificate authority, ValidationContext context) =>
        context.Policy.Algorithms.Of(token.Signer.SignatureAlgorithm, context.Data.Certificates.KeyOf(authority))
            .Append(context.Policy.Algorithms.ForDigest(token.Signer.DigestAlgorithm.Oid))
            .Append(context.Policy.Algorithms.ForDigest(token.Info.Imprint.HashAlgorithm.Oid))
            .Distinct()
            .Where(use => !use.IsAcceptableAt(context.ControlTime))
            .Select(use => new Doubt.WeakAlgorithm(ValidationMessage.Error("timestamp-weak-algorithm", use.Name), use));

    private static BlockConclusion Failed(SubIndication why, string key) => BlockConclusion.Failed(why, ValidationMessage.Error(key));
}
