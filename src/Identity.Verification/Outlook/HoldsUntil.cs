using Identity.Verification.Engine;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Engine.Processes;
using Identity.Verification.Evidence;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Trust;

namespace Identity.Verification.Outlook;

/// <summary>
/// How long a signature that passes today can still be verified with what stands in the file, and what ends it. A forecast: a revoked
/// authority or a broken algorithm ends it earlier, a further archive time-stamp puts the end off (EN 319 142-1 6.3, level LTA).
/// </summary>
/// <param name="Moment">The first at which it does not hold any more.</param>
public sealed record HoldsUntil(DateTimeOffset Moment, ValidationMessage Because)
{
    /// <summary>Null when the signature does not pass, and when nothing that is known will end it.</summary>
    /// <param name="controlTime">The moment as of which it passes: what ended before was settled by a proof.</param>
    /// <param name="algorithms">Those of the policy by which it passes.</param>
    public static HoldsUntil? Of(DiagnosticData data, SignatureResult result, DateTimeOffset controlTime, AlgorithmSunset algorithms)
    {
        if (!result.Conclusion.HasPassed || result.Basic.Certificate is not { } signer)
            return null;
        // What has no proof of its time must itself be valid on the day of validation.
        var proofs = result.Timestamps.Where(timestamp => timestamp.Conclusion.HasPassed && timestamp.Certificate is not null).ToList();
        if (proofs.Count == 0)
            return Earliest(Limits(algorithms, signer, "outlook-certificate").Concat(Algorithms(OfSignature(algorithms, result.Facts), "outlook-algorithm")), controlTime);
        // One time-stamp that can be validated is enough, so the longest counts: the newest as a rule.
        var last = Latest(proofs.Select(proof => OfTimestamp(algorithms, proof, controlTime)));
        // Without revocation data in the file, issuers have to be asked, and they answer while the certificate is valid.
        return SignatureLevel.KeepsValidationData(data, result.Facts)
            ? last
            : Earliest(Limits(algorithms, signer, "outlook-validation-data-not-kept").Concat(last is null ? [] : [last]), controlTime);
    }

    private static HoldsUntil? OfTimestamp(AlgorithmSunset algorithms, TimestampResult timestamp, DateTimeOffset controlTime)
    {
        var token = timestamp.Facts.Token!;
        var uses = algorithms.Of(token.Signer.SignatureAlgorithm, timestamp.Facts.Authority!.PublicKey)
            .Append(algorithms.ForDigest(token.Info.Imprint.HashAlgorithm.Oid));
        return Earliest(Limits(algorithms, timestamp.Certificate!, "outlook-timestamp-certificate").Concat(Algorithms(uses, "outlook-timestamp-algorithm")), controlTime);
    }

    private static IEnumerable<AlgorithmUse> OfSignature(AlgorithmSunset algorithms, SignatureFacts facts) => facts is { Signer: { } signer, SigningCertificate: { } certificate }
        ? algorithms.Of(signer.SignatureAlgorithm, certificate.PublicKey).Append(algorithms.ForDigest(signer.DigestAlgorithm.Oid))
        : [];

    /// <summary>The end of each certificate below the anchor, and of the algorithm that it is signed with.</summary>
    private static IEnumerable<HoldsUntil> Limits(AlgorithmSunset algorithms, CertificateValidationResult validated, string key)
    {
        for (var i = 0; i + 1 < validated.Chain.Count; i++)
        {
            var (certificate, issuer) = (validated.Chain[i], validated.Chain[i + 1]);
            yield return new HoldsUntil(certificate.NotAfter, ValidationMessage.Information(key, PathValidation.Name(certificate), certificate.NotAfter.UtcDateTime));
            foreach (var limit in Algorithms(algorithms.Of(certificate.SignatureAlgorithm, issuer.PublicKey), "outlook-certificate-algorithm", PathValidation.Name(certificate)))
                yield return limit;
        }
    }

    private static IEnumerable<HoldsUntil> Algorithms(IEnumerable<AlgorithmUse> uses, string key, params IEnumerable<string> about) =>
        from use in uses
        where use.Until is not null
        select new HoldsUntil(use.Until!.Value, ValidationMessage.Information(key, [.. about, use.Name, use.Until.Value.UtcDateTime]));

    private static HoldsUntil? Earliest(IEnumerable<HoldsUntil> limits, DateTimeOffset controlTime) =>
        limits.Where(limit => limit.Moment > controlTime).MinBy(limit => limit.Moment);

    // Null stands for no end, which is later than any.
    private static HoldsUntil? Latest(IEnumerable<HoldsUntil?> limits) => limits.MaxBy(limit => limit?.Moment ?? DateTimeOffset.MaxValue);
}
