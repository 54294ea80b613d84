namespace Identity.Provider.Consent;

/// <summary>That a person allowed one agency to receive one named attribute. Primary key: all three.</summary>
public sealed class ConsentGrant
{
    public required string PersonId { get; init; }

    public required string ClientId { get; init; }

    /// <summary>Name of the claim, as in <c>birthdate</c>.</summary>
    public required string Claim { get; init; }

    public required DateTimeOffset Granted { get; init; }
}
