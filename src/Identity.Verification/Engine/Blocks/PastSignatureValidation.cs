using Identity.Pkix.X509;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine.Blocks;

/// <summary>
/// Past signature validation (EN 319 102-1 5.6.2.4) with past certificate validation (5.6.2.1): what is doubtful now was not so when the
/// signature or time-stamp is known to have existed already.
/// </summary>
public static class PastSignatureValidation
{
    /// <param name="Left">Doubts that remain.</param>
    /// <param name="Missing">Set when a proof of existence is missing for the chain, although some proofs there are.</param>
    public sealed record Outcome(IReadOnlyList<Doubt> Left, ValidationMessage? Missing)
    {
        /// <summary>Null when no doubt is left.</summary>
        public BlockConclusion? Conclusion => Left is not [var first, ..] ? null
            : Missing is not null && first.Why != SubIndication.TryLater
                ? BlockConclusion.Indeterminate(SubIndication.NoPoe, [Missing, .. Left.Select(doubt => doubt.Message).Distinct()])
                : BlockConclusion.Indeterminate(first.Why, [.. Left.Select(doubt => doubt.Message).Distinct()]);
    }

    /// <param name="doubts">Those of basic validation, or what signatures with time left of them.</param>
    /// <param name="use">With the earliest moment at which the signature is known to have existed.</param>
    public static Outcome Settle(IReadOnlyList<Doubt> doubts, Certificate leaf, CertificateUse use, ValidationContext context)
    {
        var existedAt = use.ProvenAt;
        if (existedAt is not { } existed || !doubts.Any(doubt => doubt.IsAboutChain))
            return new Outcome([.. doubts.Where(doubt => existedAt is not { } time || !doubt.IsSettledBy(time, context.Proofs))], null);

        // 5.6.2.4.4 (1): past certificate validation, over each prospective chain.
        var missing = false;
        foreach (var path in PathBuilding.Build(leaf, use.Purpose, context.Data.Certificates))
        {
            // 5.6.2.1.4 (2) and (4): the path holds, at a moment at which all of it was valid.
            if (CertificateValidation.Refuse(path, use, context) is not null || !WasOnceValid(path))
                continue;
            // 5.6.2.1.4 (3).
            if (ValidationTimeSliding.Slide(path, use, context) is not { } control)
            {
                missing = true;
                continue;
            }
            // 5.6.2.4.4 (2): the signature existed by then, and its certificate was valid.
            if (existed <= control && path.Leaf.IsValidAt(existed) && context.Data.Certificates.Anchors.IsTrustedAt(path.Anchor, use.Purpose, existed))
                // A revocation that is known, and was before the signature is proven to exist, stays: stricter than the letter, which forgets it.
                return new Outcome([.. doubts.Where(doubt => (!doubt.IsAboutChain || doubt is Doubt.Revoked { RevokedAt: var at } && at <= existed) && !doubt.IsSettledBy(existed, context.Proofs))], null);
        }
        var left = doubts.Where(doubt => !doubt.IsSettledBy(existed, context.Proofs)).ToList();
        return new Outcome(left, missing && left.Count > 0 && !context.Proofs.IsEmpty ? ValidationMessage.Error("past-proof-missing", PathValidation.Name(leaf)) : null);
    }

    // The anchor is trusted as it is, unless it is all there is.
    private static bool WasOnceValid(CertificatePath path)
    {
        var certificates = path.Certificates.Take(Math.Max(1, path.Certificates.Count - 1)).ToList();
        return certificates.Max(certificate => certificate.NotBefore) <= certificates.Min(certificate => certificate.NotAfter);
    }
}
