namespace Identity.Signing.Csc;

/// <summary>A person's credential for one session of remote signing: the record outlives the key.</summary>
public sealed class RemoteCredential
{
    /// <summary>SHA-256 of the certificate, base64url: who names the credential names its certificate.</summary>
    public required string CredentialId { get; init; }

    /// <summary>The program that asked for it; to others it is as if it were not there.</summary>
    public required string Client { get; init; }

    /// <summary>The person, as that program knows them.</summary>
    public required string Subject { get; init; }

    /// <summary>Semantic identifier (EN 319 412-1) in the certificate.</summary>
    public required string PersonIdentifier { get; init; }

    /// <summary>DER.</summary>
    public required byte[] Certificate { get; init; }

    /// <summary>DER, issuer first, one after another.</summary>
    public required byte[] Chain { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>The copy of the service that holds the key: another cannot sign with it.</summary>
    public required string Instance { get; init; }

    /// <summary>The one approval that enabled the key; null: disabled.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>When the key was destroyed.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>An approval of a credential's signatures as it came from the Provider, verbatim: verified from here, taken once, kept as the proof.</summary>
public sealed class CredentialApproval
{
    /// <summary>The Provider's identifier of the approval (jti).</summary>
    public required string ApprovalId { get; init; }

    /// <summary>Empty for an approval of documents.</summary>
    public required string CredentialId { get; init; }

    public required string Client { get; init; }

    public required string Evidence { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>The Provider's JSON Web Key Set with which it was verified. The Provider publishes others later.</summary>
    public string? ProviderKeys { get; init; }

    /// <summary>Of documents: the certificate of the key that was made for it, then its issuers, PEM; null until certified.</summary>
    public string? Certificates { get; init; }

    /// <summary>When signing began with it. Set anew only when the key for it could not be made, and so nothing was signed.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>The copy of the service that took it.</summary>
    public string? TakenBy { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>`signed`, or why not.</summary>
    public string? Outcome { get; init; }
}
