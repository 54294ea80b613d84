using Identity.Pkix.X509;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine.Blocks;

/// <summary>What X.509 certificate validation found.</summary>
/// <param name="Conclusion">Passed when a path holds; doubts are apart.</param>
/// <param name="Chain">The path, or as much of a chain as could be built when there is none.</param>
/// <param name="Doubts">What a proof of existence could settle, in the standard's order.</param>
/// <param name="Revocation">One a certificate of the path, the anchor left out.</param>
public sealed record CertificateValidationResult(BlockConclusion Conclusion, IReadOnlyList<Certificate> Chain, IReadOnlyList<Doubt> Doubts,
    IReadOnlyList<RevocationStatus> Revocation)
{
    public bool EndsAtAnchor => Revocation.Count > 0 || Conclusion.HasPassed;
}

/// <summary>X.509 certificate validation (EN 319 102-1 5.2.6) as of the control time.</summary>
public static class CertificateValidation
{
    /// <param name="provenAt">The earliest moment that some time-stamp claims for the signature: only decides whether newer revocation data are asked for.</param>
    public static async Task<CertificateValidationResult> Validate(Certificate leaf, CertificatePurpose purpose, DateTimeOffset? provenAt, ValidationContext context)
    {
        var pool = context.Data.Certificates;
        // 5.2.6.4 (1): a path to a trust anchor.
        var paths = PathBuilding.Build(leaf, pool);
        if (paths.Count == 0)
        {
            var conclusion = BlockConclusion.Indeterminate(SubIndication.NoCertificateChainFound, ValidationMessage.Error("no-chain", PathValidation.Name(leaf)));
            return new CertificateValidationResult(conclusion, PathBuilding.AsFarAsPossible(leaf, pool), [], []);
        }
        // 5.2.6.4 (2): path validation but for times; another path is tried when one does not hold.
        ValidationMessage? refusal = null;
        foreach (var path in paths)
        {
            if (PathValidation.Refuse(path, purpose) is not { } why)
                return await Judge(path, provenAt, context);
            refusal ??= why;
        }
        return new CertificateValidationResult(BlockConclusion.Indeterminate(SubIndication.ChainConstraintsFailure, refusal!), paths[0].Certificates, [], []);
    }

    private static async Task<CertificateValidationResult> Judge(CertificatePath path, DateTimeOffset? provenAt, ValidationContext context)
    {
        var statuses = new List<RevocationStatus>();
        for (var i = 0; i + 1 < path.Certificates.Count; i++)
            statuses.Add(await RevocationOf(path.Certificates[i], path.IssuerOf(i)!, provenAt, context));

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
        // 5.2.5: revocation freshness, of each certificate.
        foreach (var status in statuses)
        {
            if (Freshness(status, context) is { } doubt)
                doubts.Add(doubt);
        }
        // 5.2.6.4 (5): algorithms of the path; the anchor's own signature proves nothing and is not asked for.
        for (var i = 0; i + 1 < path.Certificates.Count; i++)
            doubts.AddRange(WeakAlgorithms(path.Certificates[i], path.Certificates[i + 1], context));
        return new CertificateValidationResult(BlockConclusion.Passed(), path.Certificates, doubts, statuses);
    }

    private static async Task<RevocationStatus> RevocationOf(Certificate certificate, Certificate issuer, DateTimeOffset? provenAt, ValidationContext context)
    {
        var known = Check();
        if (known.Answer is RevocationAnswer.Good or RevocationAnswer.Revoked && known.IsFreshFor(provenAt ?? context.ControlTime, context.Policy))
            return known;
        if (known.Answer == RevocationAnswer.NotNeeded)
            return known;
        var obstacles = await context.Online.Fetch(certificate, issuer, context.Cancellation);
        var status = Check();
        return status with { Remarks = [.. status.Remarks, .. obstacles] };

        RevocationStatus Check() =>
            RevocationChecking.Of(certificate, issuer, context.Data.Revocation, context.Data.Certificates, context.RevocationTimes);
    }

    private static Doubt.Revoked Revoked(Certificate certificate, bool isLeaf, DateTimeOffset when) =>
        new(isLeaf ? SubIndication.RevokedNoPoe : SubIndication.RevokedCaNoPoe,
            ValidationMessage.Error(isLeaf ? "certificate-revoked" : "authority-revoked", PathValidation.Name(certificate), when.UtcDateTime), when);

    private static Doubt.OutOfBounds OutOfBounds(Certificate certificate, bool isLeaf, RevocationStatus status) =>
        new(isLeaf && status.Answer is RevocationAnswer.Good or RevocationAnswer.NotNeeded ? SubIndication.OutOfBoundsNotRevoked : SubIndication.OutOfBoundsNoPoe,
            ValidationMessage.Error("certificate-out-of-validity", PathValidation.Name(certificate), certificate.NotBefore.UtcDateTime, certificate.NotAfter.UtcDateTime),
            certificate);

    private static Doubt? Freshness(RevocationStatus status, ValidationContext context)
    {
        var name = PathValidation.Name(status.Certificate);
        return status.Answer switch
        {
            RevocationAnswer.Unknown => new Doubt.NoRevocation(ValidationMessage.Error("revocation-unknown", name)),
            RevocationAnswer.OnHold => new Doubt.NoRevocation(ValidationMessage.Error("certificate-on-hold", name)),
            _ when status.IsFreshFor(context.ControlTime, context.Policy) => null,
            RevocationAnswer.Revoked => null,
            _ => new Doubt.StaleRevocation(ValidationMessage.Error("revocation-stale", name, status.ThisUpdate!.Value.UtcDateTime), status, context.Policy),
        };
    }

    private static IEnumerable<Doubt.WeakAlgorithm> WeakAlgorithms(Certificate certificate, Certificate issuer, ValidationContext context) =>
        AlgorithmSunset.Of(certificate.SignatureAlgorithm, issuer.PublicKey)
            .Where(use => !use.IsAcceptableAt(context.ControlTime))
            .Select(use => new Doubt.WeakAlgorithm(ValidationMessage.Error("certificate-weak-algorithm", PathValidation.Name(certificate), use.Name), use));
}
