using Identity.Signing.Lint;
using Identity.Signing.Pades;

namespace Identity.Signing.Requests;

/// <summary>
/// Received -> Shown -> ApprovalAsked -> Approved -> Signed, or Failed with a reason, from where the person can ask again.
/// Approved begins when the approval is taken, so at most one approval ever brings a request there at a time. From Approved a signature that
/// waits for its time-stamp or validation data goes to PendingTimestamp, and from there to Signed or Failed.
/// </summary>
public enum RequestState
{
    Received,
    Shown,
    ApprovalAsked,
    Approved,

    /// <summary>Signed with the person's key, and kept until it has the level that was asked for; nobody is given it before.</summary>
    PendingTimestamp,
#pragma warning disable CA1720 // the word of the signature standards, not a type
    Signed,
#pragma warning restore CA1720
    Failed,

    /// <summary>Not signed within its lifetime.</summary>
    Expired,

    /// <summary>Of a ceremony whose document has got another signature meanwhile: the person is asked anew, for the document as it is then.</summary>
    Superseded,
}

/// <summary>Why a request failed. The words are also those of the agency's API, in snake case.</summary>
public enum FailureReason
{
    /// <summary>The evidence does not hold: its own check says which part, in the operator's log.</summary>
    EvidenceRefused,
    ApprovalExpired,

    /// <summary>The stored bytes are not those that were received and shown.</summary>
    DocumentChanged,

    /// <summary>The document cannot carry a signature after all.</summary>
    DocumentUnsuitable,
    ProviderUnavailable,
    AuthorityUnavailable,
    AuthorityRefused,

    /// <summary>The Authority has already certified a key for this approval.</summary>
    ApprovalUsed,
    TimestampUnavailable,

    /// <summary>The time-stamp answers something else, or its time is far from ours.</summary>
    TimestampRefused,
    SignatureTooLarge,

    /// <summary>OCSP or CRL does not answer.</summary>
    StatusUnavailable,

    /// <summary>OCSP or CRL answers something that is not to be relied on.</summary>
    StatusRefused,

    /// <summary>A certificate of the signature, of its time-stamp or above them is revoked.</summary>
    CertificateRevoked,

    /// <summary>What a later verifier will need could not be had, and trying again will not help.</summary>
    ProofRefused,

    /// <summary>The service stopped while signing.</summary>
    Interrupted,
    InternalError,

    /// <summary>The hardware token did not make the person's key, or lost it.</summary>
    KeyUnavailable,

    /// <summary>The certificate of an organisation's seal has ended.</summary>
    CertificateEnded,
}

/// <summary>A PDF that one person is asked to sign once.</summary>
public sealed class SigningRequest
{
    public const int LongestPurpose = 500;
    public const int LongestFileName = 255;

    /// <summary>22 characters base64url, 128 random bits; also the name of its files.</summary>
    public required string Id { get; init; }

    public required RequestState State { get; init; }

    public FailureReason? Failure { get; init; }

    /// <summary>client_id of the agency that asked; null when a person brought their own document.</summary>
    public string? AgencyId { get; init; }

    /// <summary>Who asks, as shown and as approved.</summary>
    public required string Requester { get; init; }

    /// <summary>What for, as shown and as approved.</summary>
    public required string Purpose { get; init; }

    /// <summary>Cleaned for display; never a path.</summary>
    public required string FileName { get; init; }

    /// <summary>SHA-256 of the bytes as received.</summary>
    public required byte[] DocumentSha256 { get; init; }

    public required long DocumentLength { get; init; }

    public string? ReturnUrl { get; init; }

    /// <summary>PNO identifier of the only person who may sign; null: whoever opens the request first.</summary>
    public string? RequiredSigner { get; init; }

    /// <summary>Subject of the person that the request is bound to; null until opened.</summary>
    public string? PersonSubject { get; init; }

    public string? PersonIdentifier { get; init; }

    /// <summary>The level that was asked for; a signed document has it, and no lower one.</summary>
    public required PadesLevel Level { get; init; }

    /// <summary><see cref="RequestedForm.ToJson"/>; null for an ordinary approval.</summary>
    public string? Form { get; init; }

    /// <summary>The ceremony that it serves; null for a request of its own.</summary>
    public string? CeremonyId { get; init; }

    /// <summary>The place in the ceremony that it serves.</summary>
    public string? PlaceId { get; init; }

    /// <summary>The state of the ceremony's document that it is for: the number of signatures that it had.</summary>
    public int CeremonyRevision { get; init; }

    /// <summary><see cref="DocumentExamination.ToJson"/>; null for a request from before documents were examined.</summary>
    public string? Examination { get; init; }

    /// <summary>Shared by the documents that are approved together; null for a document by itself. Another space of names than that of requests.</summary>
    public string? BatchId { get; init; }

    /// <summary>The document's place in its batch, from 0.</summary>
    public int BatchPosition { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the signature is proved to have existed, by its time-stamp: it may have waited long for the rest. Null without one, and in older records.</summary>
    public DateTimeOffset? StampedAt { get; init; }

    /// <summary>The approval that was taken for it last.</summary>
    public string? ApprovalId { get; init; }

    public string? CertificateSerial { get; init; }

    /// <summary>Of the attempts to bring the signature to its level the one that did: it names the file. Null for one from before attempts had names.</summary>
    public string? SignedAttempt { get; init; }

    public byte[]? SignedSha256 { get; init; }

    public long? SignedLength { get; init; }

    public bool DocumentsRemoved { get; init; }

    /// <summary>Now in whole seconds, so that an answer repeated from the database is the answer given at first.</summary>
    internal static DateTimeOffset Moment(TimeProvider time) => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>The state, or that its time is over.</summary>
    public RequestState StateAt(DateTimeOffset now) =>
        State is not (RequestState.Signed or RequestState.Approved or RequestState.PendingTimestamp) && ExpiresAt <= now ? RequestState.Expired : State;

    public bool CanAskApproval(DateTimeOffset now) => !DocumentsRemoved && now < ExpiresAt
        && State is RequestState.Received or RequestState.Shown or RequestState.ApprovalAsked or RequestState.Failed;
}

/// <summary>Remembers which request an agency's Idempotency-Key made, and of what content.</summary>
public sealed class IdempotencyRecord
{
    public required string AgencyId { get; init; }

    public required string Key { get; init; }

    public required byte[] ContentSha256 { get; init; }

    public required string RequestId { get; init; }
}
