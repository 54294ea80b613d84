using Identity.Pkix.Crl;

namespace Identity.Authority.Storage;

/// <summary>How far the issuance of a certificate came. A crash leaves <see cref="Intended"/>: what was to be signed is known, and can be revoked.</summary>
public enum CertificateState
{
    Intended,
    LintFailed,
    Issued,
}

/// <summary>One serial number of one issuer and what became of it. Never deleted.</summary>
public sealed class CertificateRecord
{
    /// <summary>Name of the issuer's key.</summary>
    public required string Issuer { get; init; }

    /// <summary>Upper-case hexadecimal without leading zero octets.</summary>
    public required string Serial { get; init; }

    /// <summary>The approval that this certificate was issued for, unique; null for the service's own certificates.</summary>
    public string? ApprovalId { get; init; }

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

/// <summary>A revocation, for good. <see cref="Sequence"/> rises, so a list tells how many revocations it has seen.</summary>
public sealed class RevocationRecord
{
    public long Sequence { get; init; }

    public required string Issuer { get; init; }

    public required string Serial { get; init; }

    public required DateTimeOffset RevokedAt { get; init; }

    public required RevocationReason Reason { get; init; }
}

/// <summary>
/// A revocation list. Its number is taken before it is signed, so that no number is given twice; without <see cref="Der"/> it was never
/// finished and the number stays unused.
/// </summary>
public sealed class RevocationListRecord
{
    public required string Issuer { get; init; }

    public required long Number { get; init; }

    public required DateTimeOffset ThisUpdate { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>The last revocation that it holds.</summary>
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
