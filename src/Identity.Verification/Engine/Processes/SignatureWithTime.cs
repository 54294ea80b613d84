using Identity.Pkix.X509;
using Identity.Verification.Engine.Blocks;
using Identity.Verification.Evidence;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Engine.Processes;

/// <summary>Outcome for one signature with all that was learnt on the way.</summary>
/// <param name="BestSignatureTime">The earliest proven moment at which the signature existed; null when nothing proves one.</param>
public sealed record SignatureResult(SignatureFacts Facts, BlockConclusion Conclusion, BasicSignatureResult Basic, IReadOnlyList<TimestampResult> Timestamps,
    DateTimeOffset? BestSignatureTime)
{
    /// <summary>Time-stamps that are signed with the content: the signature was made after them.</summary>
    public IReadOnlyList<TimestampResult> ContentTimestamps { get; init; } = [];

    /// <summary>The latest proven moment after which the signature was made; null when nothing proves one.</summary>
    public DateTimeOffset? SignedAfter { get; init; }

    /// <summary>What trusted lists say of it; null when none speaks of its issuer. It decides nothing.</summary>
    public SignatureQualification? Qualification { get; init; }
}

/// <summary>The time-stamps that say something about one signature.</summary>
/// <param name="Proofs">Those that cover it, so that it is no younger: its own and the document time-stamps behind it.</param>
/// <param name="OnContent">Those that it signs with its content.</param>
/// <param name="Before">Those of the document that it covers, so that it is no older, as with those on its content.</param>
public sealed record KnownTimestamps(IReadOnlyList<TimestampResult> Proofs, IReadOnlyList<TimestampResult> OnContent, IReadOnlyList<TimestampResult> Before)
{
    /// <summary>The signature was made after this moment; null when nothing proves one.</summary>
    public DateTimeOffset? NotBefore => OnContent.Concat(Before).Where(timestamp => timestamp.Conclusion.HasPassed).Select(timestamp => timestamp.Time).Max();
}

/// <summary>Validation process for signatures with time (EN 319 102-1 5.5), and with archival data (5.6).</summary>
public static class SignatureWithTime
{
    public static SignatureResult Validate(SignatureFacts facts, BasicSignatureResult basic, KnownTimestamps known, ValidationContext context)
    {
        var timestamps = known.Proofs;
        // 5.5.4 (2): best-signature-time is the earliest that a valid time-stamp proves, else the control time.
        var proofs = timestamps.Where(timestamp => timestamp.Conclusion.HasPassed).Select(timestamp => timestamp.Time!.Value).ToList();
        DateTimeOffset? proven = proofs.Count > 0 ? proofs.Min() : null;
        var remarks = Remarks(facts, basic, [.. timestamps, .. known.OnContent], proven, context);

        // 5.5.4 (1), (3): what no proof of existence can settle, ends here.
        if (!basic.Conclusion.HasPassed)
            return Result(Add(basic.Conclusion, remarks));

        // 5.5.4 (4) (a): a signature that provably existed before its certificate did.
        var leaf = facts.SigningCertificate!;
        if (proven is { } moment && moment < leaf.NotBefore)
            return Result(BlockConclusion.Failed(SubIndication.NotYetValid, [ValidationMessage.Error("signed-before-validity", leaf.NotBefore.UtcDateTime), .. remarks]));
        // 5.5.4 (4) (b): time-stamps on the content come before the signature, those on it before those on the document around it.
        if (IsOutOfOrder(timestamps) || known.NotBefore > proven)
            return Result(BlockConclusion.Indeterminate(SubIndication.TimestampOrderFailure, [ValidationMessage.Error("timestamp-order"), .. remarks]));
        // 5.3.4 (4), (6): what is known to have been made after the event is not saved by any time-stamp.
        if (known.NotBefore is { } earliest && MadeAfter(basic, leaf, earliest) is { } late)
            return Result(Add(late, remarks));

        // 5.5.4 (3) (a) to (e): each doubt is asked again at the best-signature-time; 5.6.3.4 (5): what is left, with all proofs of existence.
        var left = basic.Doubts.Where(doubt => proven is not { } time || !doubt.IsSettledBy(time, context.Proofs)).ToList();
        if (PastSignatureValidation.Settle(left, leaf, new CertificateUse(CertificatePurpose.Signature, proven) { IsNamedByDigest = facts.SigningCertificateMatch == SigningCertificateMatch.BySignedReference }, context).Conclusion is { } doubtful)
            return Result(Add(doubtful, remarks));
        // A constraint of the policy's own.
        return proven is null && context.Policy.DemandProvenTime
            ? Result(BlockConclusion.Indeterminate(SubIndication.Custom, [ValidationMessage.Error("proven-time-demanded"), .. remarks]))
            : Result(BlockConclusion.Passed(remarks));

        SignatureResult Result(BlockConclusion conclusion) => new(facts, conclusion, basic, timestamps, proven) { ContentTimestamps = known.OnContent, SignedAfter = known.NotBefore };
    }

    private static BlockConclusion? MadeAfter(BasicSignatureResult basic, Certificate leaf, DateTimeOffset earliest)
    {
        foreach (var doubt in basic.Doubts)
        {
            switch (doubt)
            {
                case Doubt.Revoked { Why: SubIndication.RevokedNoPoe } revoked when earliest >= revoked.RevokedAt:
                    return BlockConclusion.Failed(SubIndication.Revoked, doubt.Message, ValidationMessage.Error("signed-after", earliest.UtcDateTime));
                case Doubt.OutOfBounds { IsLeaf: true } when earliest > leaf.NotAfter:
                    return BlockConclusion.Failed(SubIndication.Expired, doubt.Message, ValidationMessage.Error("signed-after", earliest.UtcDateTime));
                case Doubt.WeakAlgorithm { Use: { IsListed: true, Until: { } end } } when earliest >= end:
                    return BlockConclusion.Indeterminate(SubIndication.CryptoConstraintsFailure, doubt.Message, ValidationMessage.Error("signed-after", earliest.UtcDateTime));
            }
        }
        return null;
    }

    private static List<ValidationMessage> Remarks(SignatureFacts facts, BasicSignatureResult basic, IReadOnlyList<TimestampResult> timestamps, DateTimeOffset? proven,
        ValidationContext context)
    {
        var remarks = new List<ValidationMessage>(basic.Remarks);
        foreach (var timestamp in timestamps.Where(timestamp => !timestamp.Conclusion.HasPassed))
            remarks.AddRange(timestamp.Conclusion.Messages.Select(message => message with { Severity = Severity.Warning }));
        // Why revocation information is missing or old: said only where it matters.
        var statuses = (basic.Certificate?.Revocation ?? []).Concat(timestamps.Where(t => !t.Conclusion.HasPassed).SelectMany(t => t.Certificate?.Revocation ?? []));
        remarks.AddRange(statuses.Where(status => status.Answer == Revocation.RevocationAnswer.Unknown || !status.IsFreshFor(proven ?? context.ControlTime, context.Policy))
            .SelectMany(status => status.Remarks));
        var claimed = facts.Dictionary.SigningTime ?? facts.Attributes?.SigningTime;
        if (claimed is { } said && proven is { } known && (said - known).Duration() > context.Policy.ClaimedTimeTolerance)
            remarks.Add(ValidationMessage.Warning("claimed-time-far-off", said.UtcDateTime, known.UtcDateTime));
        if (proven is null)
            remarks.Add(ValidationMessage.Information("no-proven-time"));
        return [.. remarks.Distinct()];
    }

    private static bool IsOutOfOrder(IReadOnlyList<TimestampResult> timestamps)
    {
        var valid = timestamps.Where(timestamp => timestamp.Conclusion.HasPassed).ToList();
        var onSignature = valid.Where(timestamp => timestamp.Facts.Kind == TimestampKind.Signature).Select(timestamp => timestamp.Time!.Value).ToList();
        var onDocument = valid.Where(timestamp => timestamp.Facts.Kind == TimestampKind.Document).Select(timestamp => timestamp.Time!.Value).ToList();
        return onSignature.Count > 0 && onDocument.Count > 0 && onSignature.Min() > onDocument.Min();
    }

    private static BlockConclusion Add(BlockConclusion conclusion, IReadOnlyList<ValidationMessage> remarks)
    {
        IReadOnlyList<ValidationMessage> all = [.. conclusion.Messages, .. remarks];
        return conclusion.Indication == Indication.Failed
            ? BlockConclusion.Failed(conclusion.SubIndication!.Value, all)
            : BlockConclusion.Indeterminate(conclusion.SubIndication!.Value, all);
    }
}
