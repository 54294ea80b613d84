using Identity.Pkix.Crl;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Policy;

namespace Identity.Verification.Revocation;

public enum RevocationAnswer
{
    /// <summary>Nothing usable was found.</summary>
    Unknown,
    Good,
    Revoked,

    /// <summary>Suspended: may still become good or revoked.</summary>
    OnHold,

    /// <summary>The certificate itself says that there will be no revocation information (RFC 9608; EN 319 412-1 validity-assured short-term).</summary>
    NotNeeded,
}

/// <summary>What is known about the revocation of one certificate, and from where.</summary>
public sealed record RevocationStatus(Certificate Certificate, RevocationAnswer Answer)
{
    public DateTimeOffset? RevokedAt { get; init; }

    public RevocationReason? Reason { get; init; }

    /// <summary>When the issuer knew this to be so.</summary>
    public DateTimeOffset? ThisUpdate { get; init; }

    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>OCSP or CRL.</summary>
    public string? Kind { get; init; }

    public RevocationOrigin? Origin { get; init; }

    /// <summary>Who signed the evidence: the issuer, or whom it gave this task.</summary>
    public Certificate? Signer { get; init; }

    /// <summary>An algorithm of the evidence that is no longer acceptable at the control time; null when all are.</summary>
    public AlgorithmUse? Weak { get; init; }

    /// <summary>The first revision of the document that holds the evidence; null when the document does not.</summary>
    public int? Revision { get; init; }

    /// <summary>The address it was fetched from.</summary>
    public string? Source { get; init; }

    /// <summary>Why evidence that was at hand could not be used, and why none could be fetched.</summary>
    public IReadOnlyList<ValidationMessage> Remarks { get; init; } = [];

    /// <summary>
    /// EN 319 102-1 5.2.5: recent enough for a signature that existed at this moment. What was issued after it always is.
    /// </summary>
    public bool IsFreshFor(DateTimeOffset moment, ValidationPolicy policy)
    {
        if (Answer == RevocationAnswer.NotNeeded)
            return true;
        return ThisUpdate is not null && moment <= FreshUntil(policy);
    }

    /// <summary>The last moment for which this is recent enough. Only where <see cref="ThisUpdate"/> is known.</summary>
    public DateTimeOffset FreshUntil(ValidationPolicy policy)
    {
        var from = ThisUpdate!.Value;
        return from + (NextUpdate is { } next && next - from > policy.RevocationFreshness ? next - from : policy.RevocationFreshness);
    }
}
