using Identity.Provider.Clients;
using Identity.Provider.Logout;
using Identity.Provider.RateLimits;
using Identity.Provider.Sessions;

namespace Identity.Provider;

/// <summary>Section <c>Provider</c> of the settings, as written by the operator; <see cref="ProviderSettings.Check"/> makes it usable.</summary>
public sealed class ProviderOptions
{
    /// <summary>Public address and issuer identifier: https, ends with a slash. It is also the WebAuthn relying party's address.</summary>
    public string? Issuer { get; set; }

    /// <summary>Connection string of the database: <c>Host=...</c> is PostgreSQL, <c>Data Source=...</c> a file of SQLite.</summary>
    public string? Database { get; set; }

    /// <summary>StackExchange.Redis connection string: <c>host:port</c>, or Sentinels, <c>host:26379,other:26379,serviceName=identity</c>.</summary>
    public string? Redis { get; set; }

    /// <summary>How many replicas of Redis must have what is used once before it counts. With Sentinels at least one.</summary>
    public int RedisReplicas { get; set; }

    /// <summary>Put before every key in Redis.</summary>
    public string RedisPrefix { get; set; } = "provider:";

    /// <summary>Directory of the key ring.</summary>
    public string? Keys { get; set; }

    /// <summary>File that says which keys sign tokens; unset: <c>token-keys.json</c> in the key ring. It need not be there, and may change while the service runs.</summary>
    public string? TokenKeys { get; set; }

    /// <summary>File of the audit log.</summary>
    public string? Audit { get; set; }

    /// <summary>File of the audit log that commands write. Unset: beside <see cref="Audit"/>, named <c>.command</c>.</summary>
    public string? CommandAudit { get; set; }

    /// <summary>RFC 9126 2.2: how long a pushed request waits for the browser.</summary>
    public TimeSpan RequestLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a person may take from the first page to the answer.</summary>
    public TimeSpan InteractionLifetime { get; set; } = TimeSpan.FromMinutes(20);

    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>RFC 8628 3.2: how long a device waits for its person.</summary>
    public TimeSpan DeviceCodeLifetime { get; set; } = TimeSpan.FromMinutes(10);

    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>RFC 9449 8: proofs without a nonce of this Provider are refused. Without it clients may use nonces, and one that is sent must be current.</summary>
    public bool RequireDpopNonce { get; set; }

    /// <summary>
    /// Directory with the certificates of makers of authenticators who are trusted to say what their devices are; a directory below it, named by an AAGUID,
    /// holds those for that one model. Unset: no passkey is more than substantial.
    /// </summary>
    public string? AttestationRoots { get; set; }

    public SessionOptions Sessions { get; set; } = new();

    public RateLimitOptions RateLimits { get; set; } = new();

    public BackchannelLogoutOptions BackchannelLogout { get; set; } = new();

    public List<ClientOptions> Clients { get; set; } = [];

    /// <summary>Resource servers that access tokens can be made for, by scope.</summary>
    public List<ResourceOptions> Resources { get; set; } = [];

    /// <summary>Networks (CIDR) beyond the public Internet where relying parties may have addresses that this Provider calls: their keys, their logout.</summary>
    public List<string> AllowedPrivateNetworks { get; set; } = [];

    /// <summary>RFC 8705 5: public https address of the listener where clients come with certificates. Unset: no mutual TLS.</summary>
    public string? MutualTls { get; set; }

    /// <summary>Directory of the authorities (*.pem, roots and intermediates) whose certificates authenticate clients.</summary>
    public string? ClientCertificateAuthorities { get; set; }

    public SeedDemoOptions SeedDemo { get; set; } = new();
}

/// <summary>A scope that stands for one resource server (RFC 8707 names it by its address).</summary>
public sealed class ResourceOptions
{
    public string? Scope { get; set; }

    public string? Address { get; set; }

    /// <summary>
    /// The client as which the resource server asks about tokens that are for it (RFC 7662), and exchanges them (RFC 8693). One that only asks is registered
    /// for <c>client_credentials</c> without any scope, with which it gets no token.
    /// </summary>
    public string? IntrospectionClient { get; set; }

    /// <summary>Shown to people when a client asks to use it for them. Unset: its host.</summary>
    public string? Name { get; set; }

    /// <summary>Sector of the pairwise subjects in tokens for it. Unset: that of the client which got the token.</summary>
    public string? Sector { get; set; }
}

public sealed class SeedDemoOptions
{
    /// <summary>Demo people and demo agencies. Unset: yes in Development. The switch <c>--seed-demo</c> sets it.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Directory with the agencies' public keys, <c>client-*.jwk.json</c>.</summary>
    public string? ClientKeys { get; set; }
}

/// <summary>How long a login lasts: without any request, and in all.</summary>
public sealed class SessionOptions
{
    public TimeSpan Idle { get; set; } = SessionLimits.Default.Idle;

    public TimeSpan Absolute { get; set; } = SessionLimits.Default.Absolute;
}
