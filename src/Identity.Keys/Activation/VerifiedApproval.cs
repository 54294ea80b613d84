namespace Identity.Keys.Activation;

/// <summary>The person as the Provider names them in the evidence; goes into the certificate.</summary>
public sealed record ApprovedPerson(string Identifier, string GivenName, string FamilyName);

/// <summary>An approval whose evidence has been verified. Only <see cref="ApprovalEvidence.Verify"/> makes one.</summary>
public sealed class VerifiedApproval
{
    private int _keyTaken;

    internal VerifiedApproval(ApprovalStructure structure, ApprovedPerson person, string issuer, string subject, DateTimeOffset issuedAt, string credentialId)
    {
        Structure = structure;
        Person = person;
        Issuer = issuer;
        Subject = subject;
        IssuedAt = issuedAt;
        CredentialId = credentialId;
    }

    public ApprovalStructure Structure { get; }

    public ApprovedPerson Person { get; }

    public string Issuer { get; }

    /// <summary>Pairwise subject of the person at the client that asked.</summary>
    public string Subject { get; }

    public DateTimeOffset IssuedAt { get; }

    /// <summary>The passkey that approved (base64url).</summary>
    public string CredentialId { get; }

    internal bool TakeKey() => Interlocked.Exchange(ref _keyTaken, 1) == 0;
}

/// <summary>What the verifier knows by itself and the evidence must meet.</summary>
public sealed record ApprovalExpectations
{
    /// <summary>The Provider's issuer identifier, compared character by character.</summary>
    public required string Issuer { get; init; }

    /// <summary>The client the evidence is for (<c>signing</c>, or a program that asked by the CSC API); null: whichever the approval names.</summary>
    public required string? Audience { get; init; }

    /// <summary>WebAuthn relying party identifier of the Provider, such as <c>localhost</c>.</summary>
    public required string RelyingPartyId { get; init; }

    /// <summary>Origins at which the passkey may have been used, such as <c>http://localhost:5000</c>.</summary>
    public required IReadOnlyCollection<string> Origins { get; init; }

    /// <summary>The moment at which the evidence must be valid: now, or for a stored record the time it came in.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>SHA-256 (32 bytes each) of the documents, in order; null: whatever the approval names.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Documents { get; init; }
}

/// <summary>Why evidence was refused: the first check that failed, in the order in which they are made.</summary>
public enum ApprovalRefusal
{
    TooLarge,
    Malformed,
    WrongAlgorithm,
    WrongTokenType,
    UnknownKey,
    WrongTokenSignature,
    WrongIssuer,
    WrongAudience,
    IssuedInTheFuture,
    Expired,
    NotCanonical,
    WrongApprovalId,
    WrongPerson,
    WrongClient,
    WrongExpiry,
    MalformedClientData,
    WrongClientDataType,
    WrongChallenge,
    WrongOrigin,
    CrossOrigin,
    MalformedAuthenticatorData,
    WrongRelyingParty,
    UserNotPresent,
    UserNotVerified,
    UnsupportedPasskey,
    WrongPasskeySignature,
    WrongDocuments,
}

/// <summary>The two outcomes of verifying evidence.</summary>
public abstract record ApprovalVerification
{
    private ApprovalVerification()
    {
    }

    public sealed record Verified(VerifiedApproval Approval) : ApprovalVerification;

    public sealed record Refused(ApprovalRefusal Reason) : ApprovalVerification;
}
