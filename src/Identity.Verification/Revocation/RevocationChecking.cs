using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>The times and rules by which evidence is judged.</summary>
/// <param name="ControlTime">The moment as of which is validated.</param>
/// <param name="Now">The clock: nothing that was issued later can exist.</param>
public sealed record RevocationTimes(DateTimeOffset ControlTime, DateTimeOffset Now, ValidationPolicy Policy);

/// <summary>
/// Decides what the evidence says about the certificates of paths (RFC 5280 6.3, RFC 6960 3.2). Unusable evidence is remarked on and passed
/// over. For one validation: signatures of lists and paths of their signers are checked once, and within caps.
/// </summary>
public sealed class RevocationChecking(RevocationEvidence evidence, CertificatePool pool, RevocationTimes times)
{
    private readonly Dictionary<(CertificateRevocationList List, Certificate Signer), bool> signed = [];
    private readonly Dictionary<(BasicOcspResponse Response, Certificate Signer), bool> answered = [];
    private readonly Dictionary<(Certificate Signer, Certificate Anchor), (int Evidence, bool Trusted)> trusted = [];
    private readonly Dictionary<IReadOnlyList<Certificate>, (int Evidence, RevocationAnswer Answer)> responders = new(new SamePath());
    private readonly HashSet<Certificate> inQuestion = [];
    private long bytesLeft = ValidationCaps.CrlSignatureBytes;
    private int signersLeft = ValidationCaps.RevocationSigners;

    internal RevocationEvidence Evidence => evidence;

    internal CertificatePool Pool => pool;

    internal RevocationTimes Times => times;

    /// <summary>The best that is known about the certificate at this position of a path.</summary>
    public RevocationStatus Of(CertificatePath path, int position)
    {
        var certificate = path.Certificates[position];
        var remarks = new List<ValidationMessage>();
        var best = All(path, position, remarks).Aggregate((RevocationStatus?)null, Better);
        return (best ?? new RevocationStatus(certificate, RevocationAnswer.Unknown)) with { Remarks = remarks };
    }

    /// <summary>All that can be relied on, whatever its age.</summary>
    public IReadOnlyList<RevocationStatus> All(CertificatePath path, int position, List<ValidationMessage> remarks)
    {
        var certificate = path.Certificates[position];
        // RFC 9608 4, EN 319 412-1 5.2: the issuer vouches for the whole short life.
        if (certificate.Facts.NoRevocationAvailable || certificate.Facts.ValidityAssuredShortTerm)
            return [new RevocationStatus(certificate, RevocationAnswer.NotNeeded)];
        return [.. OcspChecking.Read(this, path, position, remarks), .. CrlChecking.Read(this, path, position, remarks)];
    }

    /// <summary>The list's signature verifies under the key of this certificate.</summary>
    internal bool IsSignedBy(CertificateRevocationList list, Certificate signer)
    {
        if (signed.TryGetValue((list, signer), out var known))
            return known;
        if ((bytesLeft -= list.Raw.Length) < 0)
            return false;
        if (pool.Anchors.Known.Knows(list.Raw.Span, signer))
            return signed[(list, signer)] = true;
        var holds = list.VerifySignature(pool.KeyOf(signer)) == SignatureCheck.Valid;
        if (holds)
            pool.Anchors.Known.Remember(list.Raw.Span, signer, pool.Anchors);
        return signed[(list, signer)] = holds;
    }

    /// <summary>The answer's signature verifies under the key of this certificate.</summary>
    internal bool IsSignedBy(BasicOcspResponse response, Certificate signer)
    {
        if (answered.TryGetValue((response, signer), out var known))
            return known;
        return answered[(response, signer)] = response.VerifySignature(pool.KeyOf(signer)) == SignatureCheck.Valid;
    }

    /// <summary>
    /// RFC 5280 6.3.3 (f): who is not in the path itself needs a path of its own, to the same anchor, of which nothing is revoked or unknown.
    /// One whose standing depends on its own word has none.
    /// </summary>
    internal bool IsTrustedSigner(Certificate signer, Certificate anchor)
    {
        if (trusted.TryGetValue((signer, anchor), out var known) && known.Evidence == evidence.Count)
            return known.Trusted;
        if (!inQuestion.Add(signer) || --signersLeft < 0)
            return false;
        var holds = PathBuilding.Build(signer, CertificatePurpose.Any, pool).Any(path => path.Anchor.Equals(anchor) && PathValidation.Refuse(path, CertificatePurpose.Any, PathInputs.Default) is null
            && Enumerable.Range(0, path.Certificates.Count - 1).All(i => Of(path, i).Answer is RevocationAnswer.Good or RevocationAnswer.NotNeeded));
        inQuestion.Remove(signer);
        // What was found while others were in question may depend on them.
        if (inQuestion.Count == 0)
            trusted[(signer, anchor)] = (evidence.Count, holds);
        return holds;
    }

    /// <summary>RFC 6960 4.2.2.2.1: a delegated responder is a certificate like others, unless its issuer says that it need not be asked about.</summary>
    internal RevocationAnswer OfResponder(Certificate responder, CertificatePath path, int issuer)
    {
        if (responder.Facts.OcspNoCheck)
            return RevocationAnswer.NotNeeded;
        IReadOnlyList<Certificate> above = [responder, .. path.Certificates.Skip(issuer)];
        if (responders.TryGetValue(above, out var known) && known.Evidence == evidence.Count)
            return known.Answer;
        if (inQuestion.Contains(responder))
            return RevocationAnswer.Unknown;
        // Not looked at any more is not good: the answer of such a responder is not relied on.
        if (--signersLeft < 0)
            return RevocationAnswer.OnHold;
        inQuestion.Add(responder);
        var answer = Of(new CertificatePath(above), 0).Answer;
        inQuestion.Remove(responder);
        // As above: only what depends on nobody in question is remembered.
        if (inQuestion.Count == 0)
            responders[above] = (evidence.Count, answer);
        return answer;
    }

    private sealed class SamePath : IEqualityComparer<IReadOnlyList<Certificate>>
    {
        public bool Equals(IReadOnlyList<Certificate>? one, IReadOnlyList<Certificate>? other) => one is not null && other is not null && one.SequenceEqual(other);

        public int GetHashCode(IReadOnlyList<Certificate> path) => path[0].GetHashCode();
    }

    /// <summary>The first algorithm that is not acceptable at the control time; null when all are.</summary>
    internal AlgorithmUse? Weak(SignatureAlgorithm algorithm, Certificate signer) =>
        times.Policy.Algorithms.Of(algorithm, pool.KeyOf(signer)).FirstOrDefault(use => !use.IsAcceptableAt(times.ControlTime));

    // A revocation, once known, stays; only the newest word tells whether a hold has been lifted; otherwise what needs no proof of
    // existence goes before what does, and then the newest.
    private RevocationStatus? Better(RevocationStatus? known, RevocationStatus found)
    {
        if (known is null)
            return found;
        if (known.Answer == RevocationAnswer.Revoked || found.Answer == RevocationAnswer.Revoked)
            return known.Answer == RevocationAnswer.Revoked ? known : found;
        if (known.Answer == found.Answer && NeedsProof(known) != NeedsProof(found))
            return NeedsProof(known) ? found : known;
        return found.ThisUpdate > known.ThisUpdate ? found : known;
    }

    private bool NeedsProof(RevocationStatus status) => status.Weak is not null || status.Signer?.IsValidAt(times.ControlTime) == false;

    /// <summary>
    /// What holds for OCSP and CRL alike; null when nothing is wrong. Evidence from after the certificate's end must say that it still
    /// covers it (RFC 6960 4.4.4 archive cutoff, X.509 expiredCertsOnCRL): otherwise its silence means nothing.
    /// </summary>
    internal static ValidationMessage? RefuseTimes(Certificate certificate, DateTimeOffset thisUpdate, DateTimeOffset? coversExpiredSince, RevocationTimes times)
    {
        var name = PathValidation.Name(certificate);
        if (thisUpdate > times.Now + times.Policy.ClockSkew)
            return ValidationMessage.Warning("revocation-from-future", name);
        if (thisUpdate < certificate.NotBefore)
            return ValidationMessage.Warning("revocation-before-certificate", name);
        if (thisUpdate > certificate.NotAfter && !(coversExpiredSince <= certificate.NotAfter))
            return ValidationMessage.Warning("revocation-after-expiry", name);
        return null;
    }
}
