namespace Identity.Provider.Storage;

/// <summary>What the Provider remembers of one token: of codes and pushed requests the whole content, of access tokens that they exist.</summary>
public sealed class TokenEntry
{
    public string Id { get; set; } = "";

    public string? Type { get; set; }

    /// <summary>Internal pseudonym of the person, or the client's identifier.</summary>
    public string? Subject { get; set; }

    public string? ApplicationId { get; set; }

    /// <summary>Names the login that the token came from: all of its tokens end together.</summary>
    public string? AuthorizationId { get; set; }

    public DateTimeOffset? Created { get; set; }

    public DateTimeOffset? Expires { get; set; }

    public DateTimeOffset? Redeemed { get; set; }

    public string? Payload { get; set; }

    /// <summary>Hash of the value that the client holds.</summary>
    public string? ReferenceId { get; set; }

    public string? Status { get; set; }

    /// <summary>The status that the store holds, as far as this object knows: what differs from it is to be written.</summary>
    internal string? StoredStatus { get; set; }
}
