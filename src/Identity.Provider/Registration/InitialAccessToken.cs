namespace Identity.Provider.Registration;

/// <summary>RFC 7591 1.2: allows its holder to register clients, within what it was made for. Primary key: the hash; the token itself is not stored.</summary>
public sealed class InitialAccessToken
{
    /// <summary>SHA-256, hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>What the operator calls it; unique.</summary>
    public required string Label { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public required int UsesLeft { get; set; }

    /// <summary>What clients may be registered for at most, with a space between two; also what they get when they ask for nothing.</summary>
    public required string Scopes { get; init; }

    /// <summary>The one sector that its clients may share with others; null: none.</summary>
    public string? Sector { get; init; }

    /// <summary>Its clients may be of the legacy profile.</summary>
    public required bool Legacy { get; init; }
}
