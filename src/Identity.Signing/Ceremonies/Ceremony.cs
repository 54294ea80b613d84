using Identity.Signing.Pades;
using Identity.Signing.Requests;

namespace Identity.Signing.Ceremonies;

/// <summary>
/// Open -> Archiving -> Completed; from Open also Declined, Cancelled and Expired; from Archiving Failed, from where the agency can have it tried
/// again. A partly signed document is given to nobody but those who are to sign it next.
/// </summary>
public enum CeremonyState
{
    /// <summary>Somebody is to sign.</summary>
    Open,

    /// <summary>All have signed; the document waits for what makes all signatures last.</summary>
    Archiving,
    Completed,
    Declined,
    Cancelled,

    /// <summary>The deadline passed before all had signed.</summary>
    Expired,

    /// <summary>All have signed, and the level that was asked for could not be reached.</summary>
    Failed,
}

public enum PlaceState
{
    /// <summary>Others sign first.</summary>
    Waiting,
    Turn,
#pragma warning disable CA1720 // the word of the signature standards, not a type
    Signed,
#pragma warning restore CA1720
    Declined,
}

/// <summary>One document, signed by several people, in order or side by side.</summary>
public sealed class Ceremony
{
    /// <summary>22 characters base64url; also the name of its files.</summary>
    public required string Id { get; init; }

    public required string AgencyId { get; init; }

    /// <summary>Who asks, as shown and as approved.</summary>
    public required string Requester { get; init; }

    public required string Purpose { get; init; }

    public required string FileName { get; init; }

    public required string ReturnUrl { get; init; }

    /// <summary>Of the whole, once all have signed. Each signature is time-stamped (B-T) when it is made.</summary>
    public required PadesLevel Level { get; init; }

    public required CeremonyState State { get; init; }

    /// <summary>Why the level could not be reached, or not yet.</summary>
    public FailureReason? Failure { get; init; }

    /// <summary>Others go on when somebody declines.</summary>
    public required bool ContinuesAfterDecline { get; init; }

    public required byte[] DocumentSha256 { get; init; }

    public required long DocumentLength { get; init; }

    /// <summary>How many signatures the document has got; each request is for one of its states.</summary>
    public int Revision { get; init; }

    /// <summary>The request that made the last signature; null while there is none.</summary>
    public string? CurrentRequestId { get; init; }

    /// <summary>The request whose approval was taken and whose signature is being made: nobody else's is meanwhile.</summary>
    public string? ActiveRequestId { get; init; }

    /// <summary>The request whose person is at the approval page. Others wait, but no longer than <see cref="AskingUntil"/>.</summary>
    public string? AskingRequestId { get; init; }

    public DateTimeOffset? AskingUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset Deadline { get; init; }

    public DateTimeOffset? AllSignedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the archive pass is tried next; null when it is not.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    public int Tries { get; init; }

    /// <summary>The archive pass that was begun last; it names the finished file.</summary>
    public string? Attempt { get; init; }

    public byte[]? SignedSha256 { get; init; }

    public long? SignedLength { get; init; }

    public bool DocumentsRemoved { get; init; }

    /// <summary>Where events are sent; null: nowhere.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>When those whose turn it is are named to the agency once more; null when not, or done.</summary>
    public DateTimeOffset? RemindAt { get; init; }

    /// <summary>Events so far: the number of the last.</summary>
    public int Events { get; init; }
}

/// <summary>One who is to sign, and how far that is.</summary>
public sealed class SignerPlace
{
    public const int LongestLabel = 100;
    public const int LongestReason = 500;

    /// <summary>22 characters base64url: the signer's own address.</summary>
    public required string Id { get; init; }

    public required string CeremonyId { get; init; }

    /// <summary>From 1, as the agency listed them.</summary>
    public required int Number { get; init; }

    /// <summary>Lower ones sign first, equal ones side by side.</summary>
    public required int Order { get; init; }

    /// <summary>The one person who may take this place.</summary>
    public required string Identifier { get; init; }

    /// <summary>For the agency alone.</summary>
    public string? Label { get; init; }

    /// <summary><see cref="RequestedForm.ToJson"/>.</summary>
    public string? Form { get; init; }

    public required PlaceState State { get; init; }

    /// <summary>The request at which the person signs; replaced when the document moves on.</summary>
    public string? RequestId { get; init; }

    /// <summary>The person's name as the Provider told it when they came; others see it once they have signed.</summary>
    public string? Name { get; init; }

    /// <summary>When this person's time at the approval page began last; null while they were not there.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why they declined, for the agency.</summary>
    public string? Reason { get; init; }
}

/// <summary>An event that an agency is told; kept until it was, or was given up.</summary>
public sealed class CeremonyEvent
{
    /// <summary>22 characters base64url: the same however often it is sent (RFC 8417 2.2, jti).</summary>
    public required string Id { get; init; }

    public required string CeremonyId { get; init; }

    /// <summary>From 1 within the ceremony, without gaps.</summary>
    public required int Number { get; init; }

    public required CeremonyEventType Type { get; init; }

    public string? PlaceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null when it is delivered or given up.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    public int Tries { get; init; }

    public DateTimeOffset? DeliveredAt { get; init; }
}

public enum CeremonyEventType
{
    Turn,
#pragma warning disable CA1720 // the word of the signature standards, not a type
    Signed,
#pragma warning restore CA1720
    Declined,
    Reminder,
    Completed,
    Cancelled,
    Expired,
    Failed,
}
