using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>Reads CRLs for one certificate of a path (RFC 5280 6.3.3): scopes, reasons, indirect lists, changes to a base.</summary>
internal static class CrlChecking
{
    /// <summary>A list that may be relied on for these reasons, and who signed it.</summary>
    private sealed record Reliable(CrlEvidence Evidence, int Reasons, Certificate Signer)
    {
        public CertificateRevocationList List => Evidence.List;
    }

    /// <summary>What the lists say, one status for each that speaks of all reasons, and one for those of some reasons together.</summary>
    public static IEnumerable<RevocationStatus> Read(RevocationChecking checking, CertificatePath path, int position, List<ValidationMessage> remarks)
    {
        var certificate = path.Certificates[position];
        var reliable = checking.Evidence.Crls.Select(item => Check(checking, item, path, position, remarks)).OfType<Reliable>().ToList();
        var complete = reliable.Where(list => !list.List.IsDelta).ToList();
        var parts = new List<RevocationStatus>();
        var reasons = 0;
        foreach (var list in complete)
        {
            if (Status(checking, list, certificate, remarks) is not { } status)
                continue;
            // 6.3.3 (c), (h), (i): the newest changes to this very list.
            var changes = reliable.Where(delta => IsChangeTo(list, delta)).MaxBy(delta => delta.List.ThisUpdate);
            if (changes is not null && Status(checking, changes, certificate, remarks) is { } changed)
                status = Changed(status, changed, changes.List.Find(certificate.SerialNumber, certificate.Issuer));
            if (list.Reasons == CrlScope.AllReasons || status.Answer == RevocationAnswer.Revoked)
            {
                yield return status;
                continue;
            }
            // 6.3.3 (e): only lists that add reasons count.
            if ((list.Reasons & ~reasons) == 0)
                continue;
            reasons |= list.Reasons;
            parts.Add(status);
        }
        // 6.3.3 (l): good only when all reasons have been asked for; then the oldest word tells how recent that is.
        if (reasons == CrlScope.AllReasons)
            yield return parts.FirstOrDefault(part => part.Answer == RevocationAnswer.OnHold) ?? parts.MinBy(part => part.ThisUpdate)!;
        else if (parts.Count > 0)
            Remark(remarks, ValidationMessage.Warning("crl-some-reasons-only", PathValidation.Name(certificate)));
    }

    private static Reliable? Check(RevocationChecking checking, CrlEvidence evidence, CertificatePath path, int position, List<ValidationMessage> remarks)
    {
        var list = evidence.List;
        var certificate = path.Certificates[position];
        var name = PathValidation.Name(certificate);
        var reasons = CrlScope.ReasonsFor(list, certificate);
        if (reasons == 0)
            return null;
        if (list.HasUnknownCriticalExtension)
            return Pass(remarks, ValidationMessage.Warning("revocation-critical-extension", name));
        // 6.3.3 (f), (g): the issuer in the path, or another key of whom the certificate names, led to the same anchor.
        var candidates = checking.Pool.PossibleSigners(list).ToList();
        var issuer = path.Certificates[position + 1];
        var named = issuer.Subject.SameAs(list.Issuer) ? candidates.Where(one => !one.Equals(issuer)).Prepend(issuer).ToList() : candidates;
        var authorized = named.Where(one => one.Facts.KeyUsage is not { } usage || usage.HasFlag(X509KeyUsageFlags.CrlSign)).ToList();
        if (authorized.Count == 0)
            return Pass(remarks, ValidationMessage.Warning("crl-issuer-not-authorized", name));
        var signers = authorized.Where(one => checking.IsSignedBy(list, one)).ToList();
        if (signers.Count == 0)
            return Pass(remarks, ValidationMessage.Warning("crl-signature-invalid", name));
        return signers.FirstOrDefault(one => path.Certificates.Skip(position + 1).Contains(one) || IsNamedForItself(one, certificate, list)
            || checking.IsTrustedSigner(one, path.Anchor)) is { } signer
            ? new Reliable(evidence, reasons, signer)
            : Pass(remarks, ValidationMessage.Warning("crl-issuer-not-trusted", name));
    }

    // An authority may have the signer of its lists answer for itself as well; it then says so in the signer's certificate.
    private static bool IsNamedForItself(Certificate signer, Certificate certificate, CertificateRevocationList list) =>
        signer.Equals(certificate) && certificate.Facts.CrlDistributionPoints.Any(point => point.CrlIssuer.Any(name => name.Directory?.SameAs(list.Issuer) == true));

    private static RevocationStatus? Status(RevocationChecking checking, Reliable reliable, Certificate certificate, List<ValidationMessage> remarks)
    {
        var list = reliable.List;
        var weak = checking.Weak(list.SignatureAlgorithm, reliable.Signer);
        var entry = list.Find(certificate.SerialNumber, certificate.Issuer);
        // A list that names the certificate covers it, whatever it says about expired ones.
        var coversExpiredSince = entry is not null ? DateTimeOffset.MinValue : list.ExpiredCertificatesSince;
        if (RevocationChecking.RefuseTimes(certificate, list.ThisUpdate, coversExpiredSince, checking.Times) is { } refusal)
        {
            Remark(remarks, refusal);
            return null;
        }
        var status = new RevocationStatus(certificate, RevocationAnswer.Good)
        {
            Kind = "CRL",
            ThisUpdate = list.ThisUpdate,
            NextUpdate = list.NextUpdate,
            Origin = reliable.Evidence.Origin,
            Source = reliable.Evidence.Source,
            Revision = reliable.Evidence.Revision,
            Signer = reliable.Signer,
            Weak = weak,
        };
        return entry switch
        {
            null or { Reason: RevocationReason.RemoveFromCrl } => status,
            { Reason: RevocationReason.CertificateHold } => status with { Answer = RevocationAnswer.OnHold },
            _ => status with { Answer = RevocationAnswer.Revoked, RevokedAt = entry.RevocationDate, Reason = entry.Reason },
        };
    }

    // 6.3.3 (c): same issuer and key, same scope, from a base that this list includes, and newer.
    private static bool IsChangeTo(Reliable complete, Reliable delta) =>
        delta.List is { IsDelta: true, BaseNumber: { } from, Number: { } to } && complete.List.Number is { } number && number >= from && number < to
        && delta.Signer.Equals(complete.Signer) && delta.List.Issuer.SameAs(complete.List.Issuer) && CrlScope.Same(complete.List, delta.List);

    // 5.2.4: what the changes do not name stays as the base has it, known as of the changes.
    private static RevocationStatus Changed(RevocationStatus known, RevocationStatus changes, RevokedCertificate? entry)
    {
        var (answer, revokedAt, reason) = entry is null || (entry.Reason == RevocationReason.RemoveFromCrl && known.Answer == RevocationAnswer.Revoked)
            ? (known.Answer, known.RevokedAt, known.Reason)
            : (changes.Answer, changes.RevokedAt, changes.Reason);
        return known with
        {
            Answer = answer,
            RevokedAt = revokedAt,
            Reason = reason,
            ThisUpdate = changes.ThisUpdate,
            NextUpdate = changes.NextUpdate,
            Weak = known.Weak ?? changes.Weak,
            Revision = known.Revision is { } one && changes.Revision is { } other ? Math.Max(one, other) : null,
        };
    }

    private static Reliable? Pass(List<ValidationMessage> remarks, ValidationMessage remark)
    {
        Remark(remarks, remark);
        return null;
    }

    private static void Remark(List<ValidationMessage> remarks, ValidationMessage remark)
    {
        if (!remarks.Contains(remark))
            remarks.Add(remark);
    }
}
