namespace Identity.Provider.Enrolment;

/// <summary>A code that an officer hands to a proofed person, stored as its slow hash only.</summary>
public sealed class EnrolmentCode
{
    /// <summary>Base64url of PBKDF2 over the normalised code: see <see cref="EnrolmentCodes"/>. Primary key.</summary>
    public required string Hash { get; init; }

    public required string PersonId { get; init; }

    /// <summary>True for demo people only: their codes are printed in the README and serve every newcomer.</summary>
    public required bool Reusable { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>When an ordinary code was spent. Set by one conditional update, so that two browsers cannot both spend it.</summary>
    public DateTimeOffset? Used { get; set; }
}
