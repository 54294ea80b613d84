using Identity.Provider.Clients;
using Identity.Provider.Logout;
using Identity.Provider.MutualTls;
using Identity.Web.Outgoing;
using Identity.Provider.RateLimits;
using Identity.Provider.Passkeys.Attestation;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;

namespace Identity.Provider;

/// <summary>A setting that the Provider refuses to start with. The message names the setting and what it breaks.</summary>
public sealed class ProviderSettingsException(string setting, string problem) : Exception($"Provider:{setting}: {problem}")
{
    /// <summary>Without the section's name.</summary>
    public string Setting => setting;

    public string Problem => problem;
}

/// <summary>The checked settings. Made by <see cref="Check"/> alone.</summary>
public sealed record ProviderSettings
{
    /// <summary>FAPI 2.0 5.3.2.2: below 600 s.</summary>
    private static readonly TimeSpan LongestRequestLifetime = TimeSpan.FromSeconds(599);

    /// <summary>FAPI 2.0 5.3.2.1 (12).</summary>
    private static readonly TimeSpan LongestCodeLifetime = TimeSpan.FromSeconds(60);

    /// <summary>RFC 8628 5.1: as short as people can bear, since it is also the time to guess a user code.</summary>
    private static readonly TimeSpan LongestDeviceCodeLifetime = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan LongestAccessTokenLifetime = TimeSpan.FromMinutes(60);

    private static readonly TimeSpan LongestInteraction = TimeSpan.FromMinutes(60);

    private ProviderSettings()
    {
    }

    public required Uri Issuer { get; init; }

    public required string Database { get; init; }

    public required string Redis { get; init; }

    public required string RedisPrefix { get; init; }

    public required int RedisReplicas { get; init; }

    public required string Keys { get; init; }

    public required string Audit { get; init; }

    public required string CommandAudit { get; init; }

    public required string TokenKeys { get; init; }

    public required TimeSpan RequestLifetime { get; init; }

    public required TimeSpan InteractionLifetime { get; init; }

    public required TimeSpan CodeLifetime { get; init; }

    public required TimeSpan DeviceCodeLifetime { get; init; }

    public required TimeSpan AccessTokenLifetime { get; init; }

    public required bool RequireDpopNonce { get; init; }

    public required AttestationRoots AttestationRoots { get; init; }

    public required SessionLimits Sessions { get; init; }

    public required RateLimitSettings RateLimits { get; init; }

    public required LogoutLimits BackchannelLogout { get; init; }

    public required IReadOnlyList<ClientRegistration> Clients { get; init; }

    public required IReadOnlyList<ResourceServer> Resources { get; init; }

    public required AllowedAddresses Outgoing { get; init; }

    /// <summary>Null: no mutual TLS.</summary>
    public required MutualTlsSettings? MutualTls { get; init; }

    public required bool SeedDemo { get; init; }

    public required bool Production { get; init; }

    public static ProviderSettings Check(ProviderOptions options, IHostEnvironment environment)
    {
        var development = environment.IsDevelopment();
        var issuer = CheckIssuer(options.Issuer, development);
        var seedDemo = options.SeedDemo.Enabled ?? development;
        if (seedDemo && !development)
            throw new ProviderSettingsException("SeedDemo:Enabled", "demo people have published codes; only the Development environment may have them.");

        List<ClientOptions> clients = [.. options.Clients];
        List<ResourceOptions> resources = [.. options.Resources];
        if (seedDemo)
        {
            var demo = DemoClients.At(issuer, Required(options.SeedDemo.ClientKeys, "SeedDemo:ClientKeys"));
            clients.AddRange(demo.Clients);
            resources.AddRange(demo.Resources);
        }

        return new ProviderSettings
        {
            Issuer = issuer,
            Database = DatabaseProduct.Check(Required(options.Database, nameof(options.Database))),
            Redis = RedisConnection.Check(Required(options.Redis, nameof(options.Redis)), options.RedisReplicas),
            RedisPrefix = options.RedisPrefix,
            RedisReplicas = options.RedisReplicas,
            Keys = Required(options.Keys, nameof(options.Keys)),
            Audit = Required(options.Audit, nameof(options.Audit)),
            TokenKeys = options.TokenKeys ?? Path.Combine(Required(options.Keys, nameof(options.Keys)), RollOver.TokenKeyPlan.FileName),
            CommandAudit = options.CommandAudit ?? Path.ChangeExtension(options.Audit!, ".command" + Path.GetExtension(options.Audit)),
            RequestLifetime = Between(options.RequestLifetime, LongestRequestLifetime, nameof(options.RequestLifetime)),
            InteractionLifetime = Between(options.InteractionLifetime, LongestInteraction, nameof(options.InteractionLifetime)),
            CodeLifetime = Between(options.CodeLifetime, LongestCodeLifetime, nameof(options.CodeLifetime)),
            DeviceCodeLifetime = Between(options.DeviceCodeLifetime, LongestDeviceCodeLifetime, nameof(options.DeviceCodeLifetime)),
            AccessTokenLifetime = Between(options.AccessTokenLifetime, LongestAccessTokenLifetime, nameof(options.AccessTokenLifetime)),
            RequireDpopNonce = options.RequireDpopNonce,
            AttestationRoots = AttestationRoots.Check(options.AttestationRoots),
            Sessions = SessionLimits.Check(options.Sessions),
            RateLimits = RateLimitSettings.Check(options.RateLimits),
            BackchannelLogout = LogoutLimits.Check(options.BackchannelLogout),
            Resources = ResourceServer.Check(resources, development),
            Clients = ClientRegistration.Check(clients, resources, development),
            Outgoing = AllowedAddresses.Check(
                options.AllowedPrivateNetworks, development, (index, rule) => new ProviderSettingsException($"{nameof(ProviderOptions.AllowedPrivateNetworks)}:{index}", rule)),
            MutualTls = MutualTlsSettings.Check(options.MutualTls, options.ClientCertificateAuthorities, issuer),
            SeedDemo = seedDemo,
            // Every environment that is not called Development, also one misspelt.
            Production = !development,
        };
    }

    private static Uri CheckIssuer(string? value, bool development)
    {
        // OpenID Connect Discovery 3: https, no query, no fragment. The slash makes every endpoint's address a plain append.
        if (!Uri.TryCreate(Required(value, nameof(Issuer)), UriKind.Absolute, out var issuer)
            || issuer.Query.Length > 0 || issuer.Fragment.Length > 0 || issuer.UserInfo.Length > 0 || issuer.AbsolutePath != "/"
            || issuer.AbsoluteUri != value)
        {
            throw new ProviderSettingsException(nameof(Issuer), "not an address of the form https://host/ in its normal spelling.");
        }

        if (issuer.Scheme != Uri.UriSchemeHttps && !(development && issuer.Scheme == Uri.UriSchemeHttp && issuer.IsLoopback))
            throw new ProviderSettingsException(nameof(Issuer), "must be https (http on a loopback address in Development only).");

        return issuer;
    }

    private static string Required(string? value, string setting) =>
        string.IsNullOrWhiteSpace(value) ? throw new ProviderSettingsException(setting, "is missing.") : value;

    private static TimeSpan Between(TimeSpan value, TimeSpan longest, string setting) =>
        value >= TimeSpan.FromSeconds(1) && value <= longest
            ? value
            : throw new ProviderSettingsException(setting, $"must be between 1 and {longest.TotalSeconds:0} seconds.");
}
