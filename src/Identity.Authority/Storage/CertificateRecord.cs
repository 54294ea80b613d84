using Identity.Pkix.Crl;

namespace Identity.Authority.Storage;

/// <summary>How far the issuance of a certificate came. A crash leaves <see cref="Intended"/>: what was to be signed is known, and can be revoked.</summary>
public enum CertificateState
{
    Intended,
    LintFailed,
    Issued,

    /// <summary>Cut short and closed: it counts as never issued, and is revoked in case it was signed.</summary>
    Abandoned,
}

/// <summary>One serial number of one issuer and what became of it. Never deleted.</summary>
public sealed class CertificateRecord
{
    /// <summary>Name of the issuer's key.</summary>
    public required string Issuer { get; init; }

    /// <summary>Upper-case hexadecimal without leading zero octets.</summary>
    public required string Serial { get; init; }

    /// <summary>The approval that this certificate was issued for, unique; null for organisations' and the service's own certificates.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo in hexadecimal, unique: a key is certified once. Null for what a ceremony made, where keys get their next certificate.</summary>
    public string? KeyHash { get; init; }

    /// <summary>Name of the profile; null for what a ceremony made.</summary>
    public string? Profile { get; init; }

    /// <summary>Part of the revocation list that the certificate names; null: the complete one.</summary>
    public int? Shard { get; init; }

    public required CertificateState State { get; init; }

    /// <summary>The octets that were to be signed, stored before they were.</summary>
    public required byte[] Intended { get; init; }

    /// <summary>The finished certificate.</summary>
    public byte[]? Der { get; init; }

    /// <summary>Lint rules that refused it.</summary>
    public string? LintFindings { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A revocation, for good. <see cref="Sequence"/> is the order in which they came in, on the whole: only their number tells whether a list has seen all.</summary>
public sealed class RevocationRecord
{
    public long Sequence { get; init; }

    public required string Issuer { get; init; }

    public required string Serial { get; init; }

    public required DateTimeOffset RevokedAt { get; init; }

    public required RevocationReason Reason { get; init; }

    /// <summary>As in the certificate's record.</summary>
    public int? Shard { get; init; }
}

/// <summary>
/// A revocation list. Its number is taken before it is signed, so that no number is given twice; without <see cref="Der"/> it was never
/// finished and the number stays unused.
/// </summary>
public sealed class RevocationListRecord
{
    /// <summary>Name of the list: the issuer's key, with the number of the shard behind a slash where it is one.</summary>
    public required string Issuer { get; init; }

    public required long Number { get; init; }

    public required DateTimeOffset ThisUpdate { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>How many revocations it holds.</summary>
    public required long Sequence { get; init; }

    public byte[]? Der { get; init; }
}

/// <summary>A request token that was used, kept as long as it could be shown again.</summary>
public sealed class UsedRequestToken
{
    public required string Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The next serial number that nobody has taken yet.</summary>
public sealed class SerialCounter
{
    public required string Name { get; init; }

    public required long Next { get; init; }
}

/// <summary>The latest moment that an instance has told in a time-stamp, to within a second: a clock that is behind it is wrong.</summary>
public sealed class ClockMark
{
    public required string Name { get; init; }

    public required DateTimeOffset Latest { get; init; }
}
