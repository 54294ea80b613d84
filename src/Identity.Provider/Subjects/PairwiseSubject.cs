namespace Identity.Provider.Subjects;

/// <summary>
/// The name by which one sector knows one person (OpenID Connect Core 8.1). Computed once and then only read: keys and sectors
/// change, what agencies filed under a subject does not. Primary key: person and sector; the subject is unique.
/// </summary>
public sealed class PairwiseSubject
{
    public required string PersonId { get; init; }

    /// <summary>Registered sector identifier of the client, as in <c>tax.example</c>.</summary>
    public required string Sector { get; init; }

    /// <summary>Base64url of 32 bytes.</summary>
    public required string Subject { get; init; }
}
