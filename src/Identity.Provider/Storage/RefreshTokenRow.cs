namespace Identity.Provider.Storage;

/// <summary>
/// That a refresh token exists and what became of it; its content is with the client, sealed. Redeemed and revoked are facts that are only ever added.
/// Primary key: the identifier.
/// </summary>
public sealed class RefreshTokenRow
{
    public required string Id { get; init; }

    /// <summary>Internal pseudonym of the person.</summary>
    public required string Subject { get; init; }

    /// <summary>The registration, not the client's name: a client that is removed and registered again is another one.</summary>
    public required string ApplicationId { get; init; }

    public required string AuthorizationId { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public DateTimeOffset? Redeemed { get; set; }

    public DateTimeOffset? Revoked { get; set; }
}
