using Identity.Pkix.X509;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine.Blocks;

/// <summary>
/// Validation time sliding (EN 319 102-1 5.6.2.2): from the certificate below the anchor down to the leaf, the control time moves back to where
/// each certificate could still be relied on, by data that are known to have existed then.
/// </summary>
public static class ValidationTimeSliding
{
    /// <summary>The control time up to which the leaf's signatures are good; null when for some certificate a proof of existence is missing (NO_POE).</summary>
    public static DateTimeOffset? Slide(CertificatePath path, CertificateUse use, ValidationContext context)
    {
        // 5.6.2.2.4 (1).
        if (context.Data.Certificates.Anchors.LastTrusted(path.Anchor, use.Purpose, context.ControlTime) is not { } control)
            return null;
        // 5.6.2.2.4 (2).
        for (var i = path.Certificates.Count - 2; i >= 0; i--)
        {
            var certificate = path.Certificates[i];
            // What the certificate certifies was not out of its validity, whatever its issuer said later.
            control = Earlier(control, certificate.NotAfter);
            // (2)(a), the certificate itself. The leaf's is as old as what it signed: that is asked for afterwards.
            if (i > 0 && ExistedAt(context.Data.Certificates.HeldSince(certificate), context) > control)
                return null;
            if (Status(path, i, control, context) is not { } status)
                return null;
            control = Moved(control, status, context);
            // (2)(c): algorithms of the certificate and of what is known about it.
            var uses = context.Policy.Algorithms.Of(certificate.SignatureAlgorithm, context.Data.Certificates.KeyOf(path.Certificates[i + 1]))
                .Concat(status.Weak is { } known ? [known] : []);
            foreach (var weak in uses.Where(one => !one.IsAcceptableAt(context.ControlTime)))
            {
                // A certificate that the signature does not name by its digest could have been made up after its algorithm's end.
                if (!weak.IsListed || (i == 0 && !use.IsNamedByDigest && ExistedAt(context.Data.Certificates.HeldSince(certificate), context) >= weak.Until))
                    return null;
                control = Earlier(control, JustBefore(weak.Until!.Value));
            }
            if (control < certificate.NotBefore)
                return null;
        }
        return control;
    }

    // (2)(a): issued before the control time, known to have existed by then, and while its signer's certificate was valid.
    private static RevocationStatus? Status(CertificatePath path, int position, DateTimeOffset control, ValidationContext context)
    {
        RevocationStatus? best = null;
        foreach (var status in context.Revocation.All(path, position, []))
        {
            if (status.Answer == RevocationAnswer.NotNeeded)
                return status;
            var existedAt = ExistedAt(status.Revision, context);
            if (status.ThisUpdate > control || existedAt > control || (status.Signer is { } signer && existedAt > signer.NotAfter))
                continue;
            best = best switch
            {
                null => status,
                // A revocation, once known, stays.
                { Answer: RevocationAnswer.Revoked } => best,
                _ => status.Answer == RevocationAnswer.Revoked || status.ThisUpdate > best.ThisUpdate ? status : best,
            };
        }
        return best;
    }

    // (2)(b): to the revocation; else to the last moment for which the information is fresh (5.2.5).
    private static DateTimeOffset Moved(DateTimeOffset control, RevocationStatus status, ValidationContext context) => status.Answer switch
    {
        RevocationAnswer.NotNeeded => control,
        RevocationAnswer.Revoked => Earlier(control, JustBefore(status.RevokedAt!.Value)),
        RevocationAnswer.OnHold => Earlier(control, JustBefore(status.ThisUpdate!.Value)),
        _ => Earlier(control, status.FreshUntil(context.Policy)),
    };

    private static DateTimeOffset ExistedAt(int? revision, ValidationContext context) => context.Proofs.Of(revision) ?? context.ControlTime;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset JustBefore(DateTimeOffset moment) => moment.AddTicks(-1);
}
