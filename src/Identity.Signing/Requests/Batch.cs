namespace Identity.Signing.Requests;

/// <summary>How the documents of a batch stand, taken together.</summary>
public enum BatchState
{
    Received,
    Shown,
    ApprovalAsked,

    /// <summary>At least one is being signed.</summary>
    Approved,

    /// <summary>At least one is signed and waits for its level; none is being signed.</summary>
    PendingTimestamp,
#pragma warning disable CA1720 // the word of the signature standards, not a type
    Signed,
#pragma warning restore CA1720

    /// <summary>Some are signed; the others have failed, or their time is over.</summary>
    PartlySigned,
    Failed,
    Expired,
}

/// <summary>Up to 100 documents that one person is asked to sign under one approval. They have person, requester, purpose and level in common.</summary>
public sealed record Batch(string Id, IReadOnlyList<SigningRequest> Documents)
{
    public const int MostDocuments = Keys.Activation.ApprovalStructure.MaximumDocuments;

    public SigningRequest First => Documents[0];

    public bool CanAskApproval(DateTimeOffset now) => Documents.Any(document => document.CanAskApproval(now));

    public BatchState State(DateTimeOffset now)
    {
        var states = Documents.Select(document => document.StateAt(now)).ToHashSet();
        if (states.SetEquals([RequestState.Signed]))
            return BatchState.Signed;
        if (states.Contains(RequestState.Approved))
            return BatchState.Approved;
        if (states.Contains(RequestState.PendingTimestamp))
            return BatchState.PendingTimestamp;
        if (states.Contains(RequestState.Signed))
            return BatchState.PartlySigned;
        return states.Contains(RequestState.ApprovalAsked) ? BatchState.ApprovalAsked
            : states.Contains(RequestState.Failed) ? BatchState.Failed
            : states.Contains(RequestState.Shown) ? BatchState.Shown
            : states.Contains(RequestState.Received) ? BatchState.Received
            : BatchState.Expired;
    }
}
