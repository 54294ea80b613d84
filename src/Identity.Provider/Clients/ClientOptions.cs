namespace Identity.Provider.Clients;

/// <summary>
/// One relying party as somebody wrote it: in the settings, on the command line or in a registration request.
/// <see cref="ClientRegistration.Check(ClientOptions, string, IReadOnlySet{string}, bool)"/> makes it usable.
/// </summary>
public sealed class ClientOptions
{
    public string? Id { get; set; }

    /// <summary>Shown to people on login, consent and approval pages.</summary>
    public string? Name { get; set; }

    /// <summary><c>fapi2</c>, <c>baseline</c> or <c>legacy</c>: what the client must do at least.</summary>
    public string Profile { get; set; } = "baseline";

    /// <summary><c>web</c>, or <c>native</c> for an application on people's own devices (RFC 8252).</summary>
    public string ApplicationType { get; set; } = NativeApplication.Web;

    public List<string> RedirectUris { get; set; } = [];

    /// <summary>OpenID Connect RP-Initiated Logout 3.1.</summary>
    public List<string> PostLogoutRedirectUris { get; set; } = [];

    /// <summary>Scopes it may ask for, <c>openid</c> included.</summary>
    public List<string> Scopes { get; set; } = [];

    /// <summary>Grant types. None: <c>authorization_code</c> (RFC 7591 2).</summary>
    public List<string> GrantTypes { get; set; } = [];

    /// <summary><c>private_key_jwt</c>, <c>tls_client_auth</c>, <c>self_signed_tls_client_auth</c>, <c>none</c>; Legacy only: <c>client_secret_basic</c>, <c>client_secret_post</c>.</summary>
    public string TokenEndpointAuthMethod { get; set; } = "private_key_jwt";

    /// <summary>For the two methods with a secret: 43 to 128 base64url characters, so that no dictionary holds it.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>File with its public keys as JWK or JWK Set.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The same, in place.</summary>
    public string? Jwks { get; set; }

    /// <summary>The same, at its own address, from where it is fetched and fetched again.</summary>
    public string? JwksUri { get; set; }

    public string? TlsClientAuthSubjectDn { get; set; }

    public string? TlsClientAuthSanDns { get; set; }

    /// <summary>Sector of its pairwise subjects: a host name, shared by the clients of one agency.</summary>
    public string? Sector { get; set; }

    /// <summary>RFC 9126 6. Unset: what the profile asks for.</summary>
    public bool? RequirePushedAuthorizationRequests { get; set; }

    /// <summary>RFC 9449 5.2: every token of this client is bound to a key.</summary>
    public bool DpopBoundAccessTokens { get; set; }

    /// <summary>RFC 8705 3.4: every token of this client is bound to its certificate.</summary>
    public bool TlsClientCertificateBoundAccessTokens { get; set; }

    /// <summary>ES256, PS256, or RS256 for clients that know nothing else. Unset: RS256 for Legacy (OpenID Connect Registration 2), else ES256.</summary>
    public string? IdTokenSignedResponseAlg { get; set; }

    /// <summary>ECDH-ES+A128KW, ECDH-ES+A256KW or RSA-OAEP-256.</summary>
    public string? IdTokenEncryptedResponseAlg { get; set; }

    /// <summary>A128CBC-HS256 or A256GCM. Unset with an algorithm: A128CBC-HS256 (OpenID Connect Registration 2).</summary>
    public string? IdTokenEncryptedResponseEnc { get; set; }

    public string? UserinfoSignedResponseAlg { get; set; }

    public string? UserinfoEncryptedResponseAlg { get; set; }

    public string? UserinfoEncryptedResponseEnc { get; set; }

    public string? BackchannelLogoutUri { get; set; }

    public bool BackchannelLogoutSessionRequired { get; set; }

    /// <summary>RFC 9396 types it may ask for: <c>credential</c>.</summary>
    public List<string> AuthorizationDetailsTypes { get; set; } = [];
}
