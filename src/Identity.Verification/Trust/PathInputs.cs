namespace Identity.Verification.Trust;

/// <summary>What a verifier asks of a path besides the certificates (RFC 5280 6.1.1 (c), (e), (f), (g)).</summary>
public sealed record PathInputs
{
    public static PathInputs Default { get; } = new();

    /// <summary>user-initial-policy-set; empty = any policy.</summary>
    public IReadOnlyCollection<string> AcceptedPolicies { get; init; } = [];

    /// <summary>initial-explicit-policy: the path must be valid for one of the accepted policies.</summary>
    public bool ExplicitPolicy { get; init; }

    /// <summary>initial-policy-mapping-inhibit.</summary>
    public bool InhibitPolicyMapping { get; init; }

    /// <summary>initial-any-policy-inhibit.</summary>
    public bool InhibitAnyPolicy { get; init; }
}
