namespace Identity.Provider.Clients;

/// <summary>One relying party as the operator wrote it; <see cref="ClientRegistration.Check"/> makes it usable.</summary>
public sealed class ClientOptions
{
    public string? Id { get; set; }

    /// <summary>Shown to people on login, consent and approval pages.</summary>
    public string? Name { get; set; }

    public List<string> RedirectUris { get; set; } = [];

    /// <summary>Scopes it may ask for, <c>openid</c> included.</summary>
    public List<string> Scopes { get; set; } = [];

    /// <summary>Grant types: <c>authorization_code</c>, <c>client_credentials</c>. None: <c>authorization_code</c> (RFC 7591 2).</summary>
    public List<string> GrantTypes { get; set; } = [];

    /// <summary>File with its public key as JWK or JWK Set.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Sector of its pairwise subjects: a host name, shared by the clients of one agency.</summary>
    public string? Sector { get; set; }

    /// <summary>RFC 9449 5.2 <c>dpop_bound_access_tokens</c>: every token of this client is bound to a key.</summary>
    public bool DpopBoundAccessTokens { get; set; }

    /// <summary>OpenID Connect Registration 2 <c>id_token_signed_response_alg</c>: ES256, or RS256 for clients that know nothing else.</summary>
    public string IdTokenSignedResponseAlg { get; set; } = "ES256";

    /// <summary>RFC 9396 types it may ask for: <c>credential</c>.</summary>
    public List<string> AuthorizationDetailsTypes { get; set; } = [];
}
