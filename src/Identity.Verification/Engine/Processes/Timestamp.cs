using Identity.Pkix.Signatures;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Evidence;
using Identity.Verification.Policy;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine.Processes;

/// <summary>Outcome of validating one time-stamp.</summary>
/// <param name="Time">What it states; null when the token cannot be read.</param>
public sealed record TimestampResult(TimestampFacts Facts, BlockConclusion Conclusion, DateTimeOffset? Time, CertificateValidationResult? Certificate);

/// <summary>Validation process for time-stamps (EN 319 102-1 5.4), as of the control time.</summary>
public static class Timestamp
{
    public static async Task<TimestampResult> Validate(TimestampFacts facts, ValidationContext context)
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

        var certificate = await CertificateValidation.Validate(authority, CertificatePurpose.Timestamping, time, context);
        if (!certificate.Conclusion.HasPassed)
            return new TimestampResult(facts, certificate.Conclusion, time, certificate);
        // 5.4 gives no proof of existence of the time-stamp itself, so doubts about its own certificate stay until the archival process.
        if (certificate.Doubts is [var doubt, ..])
            return new TimestampResult(facts, BlockConclusion.Indeterminate(doubt.Why, doubt.Message), time, certificate);
        var weak = AlgorithmSunset.Of(token.Signer.SignatureAlgorithm, authority.PublicKey)
            .Append(AlgorithmSunset.ForDigest(token.Info.Imprint.HashAlgorithm.Oid))
            .FirstOrDefault(use => !use.IsAcceptableAt(context.ControlTime));
        return weak is not null
            ? new TimestampResult(facts, BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailureNoPoe, ValidationMessage.Error("timestamp-weak-algorithm", weak.Name)), time, certificate)
            : new TimestampResult(facts, BlockConclusion.Passed(), time, certificate);
    }

    private static BlockConclusion Failed(SubIndication why, string key) => BlockConclusion.Failed(why, ValidationMessage.Error(key));
}
