using Identity.Pkix.X509;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine.Blocks;

/// <summary>What X.509 certificate validation found.</summary>
/// <param name="Conclusion">Passed when a path holds; doubts are apart.</param>
/// <param name="Chain">The path, or as much of a chain as could be built when there is none.</param>
/// <param name="Doubts">What a proof of existence could settle, in the standard's order.</param>
/// <param name="Revocation">One a certificate of the path, the anchor left out.</param>
public sealed record CertificateValidationResult(BlockConclusion Conclusion, IReadOnlyList<Certificate> Chain, IReadOnlyList<Doubt> Doubts,
    IReadOnlyList<RevocationStatus> Revocation);

/// <summary>What a certificate was used for, and when.</summary>
/// <param name="ProvenAt">
/// The earliest moment at which the signature or time-stamp is proven to have existed, by a time-stamp that passed; null when nothing proves one.
/// Never what the signature or time-stamp says of itself.
/// </param>
public sealed record CertificateUse(CertificatePurpose Purpose, DateTimeOffset? ProvenAt)
{
    /// <summary>When a time-stamp says that it was made: its unit must have been trusted then too, which proves nothing by itself.</summary>
    public DateTimeOffset? StatedAt { get; init; }

    /// <summary>The signature names the certificate by its digest, so the certificate is no younger than it.</summary>
    public bool IsNamedByDigest { get; init; }
}

/// <summary>X.509 certificate validation (EN 319 102-1 5.2.6) as of the control time.</summary>
public static class CertificateValidation
{
    /// <param name="use">What the certificate was used for, and when.</param>
    public static async Task<CertificateValidationResult> Validate(Certificate leaf, CertificateUse use, ValidationContext context)
    {
        var pool = context.Data.Certificates;
        // 5.2.6.4 (1): a path to a trust anchor.
        var paths = PathBuilding.Build(leaf, use.Purpose, pool);
        if (paths.Count == 0)
        {
            var conclusion = BlockConclusion.Indeterminate(SubIndication.NoCertificateChainFound, ValidationMessage.Error("no-chain", PathValidation.Name(leaf)));
            return new CertificateValidationResult(conclusion, PathBuilding.AsFarAsPossible(leaf, pool), [], []);
        }
        // 5.2.6.4 (2): path validation but for times; another path is tried when one does not hold, or leaves doubts.
        PathRefusal? refusal = null;
        CertificateValidationResult? doubtful = null;
        foreach (var path in paths)
        {
            if (Refuse(path, use, context) is { } why)
            {
                refusal ??= why;
                continue;
            }
            var result = await Judge(path, use, context);
            if (result.Doubts.Count == 0)
                return result;
            doubtful ??= result;
        }
        return doubtful ?? new CertificateValidationResult(BlockConclusion.Indeterminate(refusal!.Why, refusal.Message), paths[0].Certificates, [], []);
    }

    /// <summary>What no proof of existence can settle about a path; null when it holds.</summary>
    internal static PathRefusal? Refuse(CertificatePath path, CertificateUse use, ValidationContext context)
    {
        if (PathValidation.Refuse(path, use.Purpose, use.Purpose == CertificatePurpose.Signature ? context.Policy.SignerPaths : PathInputs.Default) is { } refusal)
            return refusal;
        // TS 119 615 4.4.4, 4.5.4: the service stood when it issued the signer's certificate, and when it stamped.
        var relied = use.Purpose == CertificatePurpose.Signature ? path.Leaf.NotBefore : use.StatedAt;
        return relied is { } moment && !context.Data.Certificates.Anchors.IsListedAt(path.Anchor, use.Purpose, moment)
            ? new PathRefusal(SubIndication.NoCertificateChainFound, ValidationMessage.Error("anchor-not-trusted-then", PathValidation.Name(path.Anchor), moment.UtcDateTime))
            : null;
    }

    private static async Task<CertificateValidationResult> Judge(CertificatePath path, CertificateUse use, ValidationContext context)
    {
        var statuses = new List<RevocationStatus>();
        for (var i = 0; i + 1 < path.Certificates.Count; i++)
            statuses.Add(await RevocationOf(path, i, use.ProvenAt, context));

        var doubts = new List<Doubt>();
        // 5.2.6.4 (3): revocation of the leaf, then of authorities.
        for (var i = 0; i < statuses.Count; i++)
        {
            if (statuses[i] is { Answer: RevocationAnswer.Revoked, RevokedAt: { } when } && when <= context.ControlTime)
                doubts.Add(Revoked(path.Certificates[i], i == 0, when));
        }
        // 5.2.6.4 (4): validity.
        for (var i = 0; i + 1 < path.Certificates.Count; i++)
        {
            if (!path.Certificates[i].IsValidAt(context.ControlTime))
                doubts.Add(OutOfBounds(path.Certificates[i], i == 0, statuses[i]));
        }
        // A unit or signer that is trusted itself is used within its validity all the same.
        if (path.Certificates is [var trusted] && !trusted.IsValidAt(context.ControlTime))
            doubts.Add(OutOfBounds(trusted, true, null));
        if (AnchorDoubt(path, use, context) is { } sunset)
            doubts.Add(sunset);
        // 5.2.5: revocation freshness, of each certificate; and that its signer has not outlived its certificate.
        foreach (var status in statuses)
            doubts.AddRange(Freshness(status, context));
        // 5.2.6.4 (5): algorithms of the path; the anchor's own signature proves nothing and is not asked for.
        for (var i = 0; i + 1 < path.Certificates.Count; i++)
            doubts.AddRange(WeakAlgorithms(path.Certificates[i], path.Certificates[i + 1], withSignature: i == 0 && use.IsNamedByDigest, context));
        return new CertificateValidationResult(BlockConclusion.Passed(), path.Certificates, doubts, statuses);
    }

    private static Doubt.AnchorSunset? AnchorDoubt(CertificatePath path, CertificateUse use, ValidationContext context)
    {
        var (anchors, anchor) = (context.Data.Certificates.Anchors, path.Anchor);
        if (use.ProvenAt is { } proven && !anchors.IsTrustedAt(anchor, use.Purpose, proven))
            return new Doubt.AnchorSunset(ValidationMessage.Error("anchor-not-trusted-then", PathValidation.Name(anchor), proven.UtcDateTime), anchor, use.Purpose, anchors);
        if (anchors.IsTrustedAt(anchor, use.Purpose, context.ControlTime))
            return null;
        var message = anchors.LastTrusted(anchor, use.Purpose, context.ControlTime) is { } last
            ? ValidationMessage.Error("anchor-no-longer-trusted", PathValidation.Name(anchor), last.AddTicks(1).UtcDateTime)
            : ValidationMessage.Error("anchor-not-trusted-then", PathValidation.Name(anchor), context.ControlTime.UtcDateTime);
        return new Doubt.AnchorSunset(message, anchor, use.Purpose, anchors);
    }

    /// <summary>
    /// Revocation as far as it is known now (5.2.6.4 (3)). What the document holds is enough when it was issued at or after the proven moment:
    /// a later revocation then begins later too (RFC 5280 5.3.2: it is not dated before a list that did not have it) and changes nothing.
    /// Otherwise those who may be asked are asked, and what the document holds stands when they do not answer.
    /// </summary>
    private static async Task<RevocationStatus> RevocationOf(CertificatePath path, int position, DateTimeOffset? provenAt, ValidationContext context)
    {
        var known = context.Revocation.Of(path, position);
        if (known.Answer is RevocationAnswer.NotNeeded || (known.Answer is RevocationAnswer.Good or RevocationAnswer.Revoked && known.ThisUpdate >= provenAt))
            return known;
        var obstacles = await context.Online.Fetch(path.Certificates[position], path.IssuerOf(position)!, context.Cancellation);
        var status = context.Revocation.Of(path, position);
        return status with { Remarks = [.. status.Remarks, .. obstacles] };
    }

    private static Doubt.Revoked Revoked(Certificate certificate, bool isLeaf, DateTimeOffset when) =>
        new(isLeaf ? SubIndication.RevokedNoPoe : SubIndication.RevokedCaNoPoe,
            ValidationMessage.Error(isLeaf ? "certificate-revoked" : "authority-revoked", PathValidation.Name(certificate), when.UtcDateTime), when);

    private static Doubt.OutOfBounds OutOfBounds(Certificate certificate, bool isLeaf, RevocationStatus? status) =>
        new(isLeaf && status?.Answer is RevocationAnswer.Good or RevocationAnswer.NotNeeded ? SubIndication.OutOfBoundsNotRevoked : SubIndication.OutOfBoundsNoPoe,
            ValidationMessage.Error("certificate-out-of-validity", PathValidation.Name(certificate), certificate.NotBefore.UtcDateTime, certificate.NotAfter.UtcDateTime),
            certificate, isLeaf);

    private static IEnumerable<Doubt> Freshness(RevocationStatus status, ValidationContext context)
    {
        var name = PathValidation.Name(status.Certificate);
        switch (status.Answer)
        {
            case RevocationAnswer.Unknown:
                yield return new Doubt.NoRevocation(ValidationMessage.Error("revocation-unknown", name));
                yield break;
            case RevocationAnswer.OnHold:
                yield return new Doubt.NoRevocation(ValidationMessage.Error("certificate-on-hold", name));
                yield break;
            case RevocationAnswer.Good:
                if (status.Signer is { } signer && !signer.IsValidAt(context.ControlTime))
                    yield return new Doubt.RevocationOutOfBounds(ValidationMessage.Error("revocation-signer-out-of-validity", name, PathValidation.Name(signer)), status);
                if (!status.IsFreshFor(context.ControlTime, context.Policy))
                    yield return new Doubt.StaleRevocation(ValidationMessage.Error("revocation-stale", name, status.ThisUpdate!.Value.UtcDateTime), status, context.Policy);
                if (status.Weak is { } weak)
                    yield return new Doubt.WeakEvidence(ValidationMessage.Error("revocation-weak-algorithm", name, weak.Name), weak, status.Revision, WithSignature: false);
                yield break;
        }
    }

    private static IEnumerable<Doubt> WeakAlgorithms(Certificate certificate, Certificate issuer, bool withSignature, ValidationContext context)
    {
        var pool = context.Data.Certificates;
        return context.Policy.Algorithms.Of(certificate.SignatureAlgorithm, pool.KeyOf(issuer))
            .Where(use => !use.IsAcceptableAt(context.ControlTime))
            .Select(use => new Doubt.WeakEvidence(ValidationMessage.Error("certificate-weak-algorithm", PathValidation.Name(certificate), use.Name), use,
                pool.HeldSince(certificate), withSignature));
    }
}
