namespace Identity.Signing.Approvals;

/// <summary>
/// One approval as it came from the Provider, verbatim. It is verified from here, taken from here once, and kept as the proof
/// of what the person agreed to.
/// </summary>
public sealed class StoredApproval
{
    public const int LongestEvidence = Keys.Activation.ApprovalEvidence.MaximumBytes;

    /// <summary>The Provider's identifier of the approval (jti): the primary key, so a second use cannot be stored.</summary>
    public required string ApprovalId { get; init; }

    public required string RequestId { get; init; }

    public required string Evidence { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>When a signature was begun with it; set at most once.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>The copy of the service that took it.</summary>
    public string? TakenBy { get; init; }

    /// <summary>When the signature made with it, which waits for its time-stamp or validation data, is tried again; null when none waits.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>How often it was tried again.</summary>
    public int Tries { get; init; }

    /// <summary>When it came to its end; null while it waits or is in use.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>`signed` or the reason of the failure.</summary>
    public string? Outcome { get; init; }
}
