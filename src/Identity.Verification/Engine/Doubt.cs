using Identity.Pkix.X509;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Engine;

/// <summary>
/// Something found at the control time that a proof of existence can settle (EN 319 102-1 5.5.4 and 5.6.2.4): the sub-indications that end in
/// _NO_POE, and their kin. In the order in which the standard asks.
/// </summary>
public abstract record Doubt(SubIndication Why, ValidationMessage Message)
{
    /// <summary>5.5.4: the signature is known to have existed at this moment: is the doubt settled?</summary>
    public abstract bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs);

    /// <summary>It is about the certificates and their status, which past certificate validation (5.6.2.1) looks at anew.</summary>
    public virtual bool IsAboutChain => true;

    /// <summary>Revoked: settled when the signature is older than the revocation.</summary>
    public sealed record Revoked(SubIndication Why, ValidationMessage Message, DateTimeOffset RevokedAt) : Doubt(Why, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) => existedAt < RevokedAt;
    }

    /// <summary>
    /// Not valid at the control time. For the signer settled when the signature existed within the validity (whether it is known not to be
    /// revoked is a doubt of its own); for authorities only past certificate validation settles it.
    /// </summary>
    public sealed record OutOfBounds(SubIndication Why, ValidationMessage Message, Certificate Certificate, bool IsLeaf) : Doubt(Why, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) => IsLeaf && Certificate.IsValidAt(existedAt);
    }

    /// <summary>Who signed the revocation data is out of its validity: settled when the data are known to have existed within it.</summary>
    public sealed record RevocationOutOfBounds(ValidationMessage Message, RevocationStatus Status) : Doubt(SubIndication.RevocationOutOfBoundsNoPoe, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) =>
            proofs.Of(Status.Revision) is { } known && Status.Signer!.IsValidAt(known);
    }

    /// <summary>Revocation information too old for the control time: settled when it is recent enough for the proven moment.</summary>
    public sealed record StaleRevocation(ValidationMessage Message, RevocationStatus Status, ValidationPolicy Policy) : Doubt(SubIndication.TryLater, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) => Status.IsFreshFor(existedAt, Policy);
    }

    /// <summary>Revocation information missing, or on hold: only newer information settles it.</summary>
    public sealed record NoRevocation(ValidationMessage Message) : Doubt(SubIndication.TryLater, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) => false;
    }

    /// <summary>The anchor is trusted at certain times: settled when the signature is proven for one of them.</summary>
    public sealed record AnchorSunset(ValidationMessage Message, Certificate Anchor, CertificatePurpose Purpose, TrustAnchors Anchors)
        : Doubt(SubIndication.NoCertificateChainFoundNoPoe, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) => Anchors.IsTrustedAt(Anchor, Purpose, existedAt);
    }

    /// <summary>An algorithm of the signature that is no longer acceptable: settled when it still was.</summary>
    public sealed record WeakAlgorithm(ValidationMessage Message, AlgorithmUse Use) : Doubt(SubIndication.CryptoConstraintsFailureNoPoe, Message)
    {
        public override bool IsAboutChain => false;

        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) => Use.IsAcceptableAt(existedAt);
    }

    /// <summary>
    /// An algorithm of a certificate or of revocation data that is no longer acceptable: settled when that object is known to have existed
    /// while it was, for what exists already needs no strength against being made up.
    /// </summary>
    /// <param name="Revision">The first revision of the document that holds the object; null when none does.</param>
    /// <param name="WithSignature">The signature names the object by its digest, so it is as old as the signature.</param>
    public sealed record WeakEvidence(ValidationMessage Message, AlgorithmUse Use, int? Revision, bool WithSignature) : Doubt(SubIndication.CryptoConstraintsFailureNoPoe, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt, ProofsOfExistence proofs) =>
            (WithSignature && Use.IsAcceptableAt(existedAt)) || (proofs.Of(Revision) is { } known && Use.IsAcceptableAt(known));
    }
}
