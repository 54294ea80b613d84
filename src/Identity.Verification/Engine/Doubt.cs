using Identity.Pkix.X509;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;

namespace Identity.Verification.Engine;

/// <summary>
/// Something found at the control time that a proof that the signature existed earlier can settle (EN 319 102-1 5.5.4 and 5.6.2.4):
/// the sub-indications that end in _NO_POE, and their kin. In the order in which the standard asks.
/// </summary>
public abstract record Doubt(SubIndication Why, ValidationMessage Message)
{
    /// <summary>The signature is known to have existed at this moment: is the doubt settled?</summary>
    public abstract bool IsSettledBy(DateTimeOffset existedAt);

    /// <summary>Revoked: settled when the signature is older than the revocation.</summary>
    public sealed record Revoked(SubIndication Why, ValidationMessage Message, DateTimeOffset RevokedAt) : Doubt(Why, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt) => existedAt < RevokedAt;
    }

    /// <summary>Not valid at the control time: settled when the signature existed within the validity.</summary>
    public sealed record OutOfBounds(SubIndication Why, ValidationMessage Message, Certificate Certificate) : Doubt(Why, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt) => Certificate.IsValidAt(existedAt);
    }

    /// <summary>Revocation information too old for the control time: settled when it is recent enough for the proven moment.</summary>
    public sealed record StaleRevocation(ValidationMessage Message, RevocationStatus Status, ValidationPolicy Policy) : Doubt(SubIndication.TryLater, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt) => Status.IsFreshFor(existedAt, Policy);
    }

    /// <summary>Revocation information missing, or on hold: only newer information settles it.</summary>
    public sealed record NoRevocation(ValidationMessage Message) : Doubt(SubIndication.TryLater, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt) => false;
    }

    /// <summary>An algorithm that is no longer acceptable: settled when it still was.</summary>
    public sealed record WeakAlgorithm(ValidationMessage Message, AlgorithmUse Use) : Doubt(SubIndication.CryptoConstraintsFailureNoPoe, Message)
    {
        public override bool IsSettledBy(DateTimeOffset existedAt) => Use.IsAcceptableAt(existedAt);
    }
}
