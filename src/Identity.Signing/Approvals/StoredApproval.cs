using Identity.Signing.Requests;

namespace Identity.Signing.Approvals;

/// <summary>
/// The proof of what a person agreed to, as it came from the Provider, verbatim, with what a stranger needs to check it years later.
/// </summary>
public sealed class StoredEvidence
{
    public const int LongestEvidence = Keys.Activation.ApprovalEvidence.MaximumBytes;

    /// <summary>The Provider's identifier of the approval (jti): the primary key, so a second use cannot be stored.</summary>
    public required string ApprovalId { get; init; }

    public required string Evidence { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>The Provider's JSON Web Key Set with which it was verified; null until then. The Provider publishes others later.</summary>
    public string? ProviderKeys { get; init; }

    /// <summary>The certificate of the key that was made for it, then its issuers: PEM; null until certified.</summary>
    public string? Certificates { get; init; }
}

/// <summary>One document of an approval: it is taken from here once, together with the others of the approval, and ended once, for itself.</summary>
public sealed class StoredApproval
{
    public required string ApprovalId { get; init; }

    public required string RequestId { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>When a signature was begun with it; set at most once.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>The copy of the service that took it.</summary>
    public string? TakenBy { get; init; }

    /// <summary>Until when that copy has it to itself; later it counts as interrupted.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>When the signature made with it, which waits for its time-stamp or validation data, is tried again; null when none waits.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>How often it was tried again.</summary>
    public int Tries { get; init; }

    /// <summary>When it came to its end; null while it waits or is in use.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>`signed` or the reason of the failure.</summary>
    public string? Outcome { get; init; }
}

/// <summary>An approval with its documents in the order in which they were approved.</summary>
public sealed record FoundApproval(StoredEvidence Evidence, IReadOnlyList<ApprovedRequest> Documents);

/// <summary>A document of an approval, and the request that it is of.</summary>
public sealed record ApprovedRequest(StoredApproval Approval, SigningRequest Request);

/// <summary>A signature at its level, whose file is on disk.</summary>
/// <param name="Attempt">Names the file.</param>
/// <param name="StampedAt">By its own time-stamp; null for a level without one.</param>
public sealed record FinishedSignature(string CertificateSerial, string Attempt, byte[] Sha256, long Length, DateTimeOffset? StampedAt);

/// <summary>A kept signature that is to be tried again by now.</summary>
/// <param name="Owner">The agency that asked, or the person.</param>
/// <param name="Obstacle">What it waits for.</param>
public sealed record DueSignature(StoredApproval Approval, string Owner, FailureReason? Obstacle);
