using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Identity.Provider.Storage;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.Core;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Clients;

/// <summary>
/// The clients as the protocol engine and every endpoint see them: one that the operator has disabled is not there. This is the one place that
/// decides it, since all of them come here to ask who a client is; whoever administers clients says so by calling the methods of its own.
/// </summary>
internal sealed class RegisteredClients(
    IOpenIddictApplicationCache<OpenIddictEntityFrameworkCoreApplication> cache,
    ILogger<OpenIddictApplicationManager<OpenIddictEntityFrameworkCoreApplication>> logger,
    IOptionsMonitor<OpenIddictCoreOptions> options,
    IOpenIddictApplicationStore<OpenIddictEntityFrameworkCoreApplication> store,
    KnownClients clients, ProviderDatabase database)
    : OpenIddictApplicationManager<OpenIddictEntityFrameworkCoreApplication>(cache, logger, options, store)
{
    private const string NoCredential = "The client secret cannot be null or empty for a confidential application.";

    // One of these serves one request, which takes a client for what it was when it was first asked for.
    private readonly Dictionary<string, KnownClient?> met = new(StringComparer.Ordinal);

    /// <summary>A client that takes part in the protocol. Null: there is none of this name, or the operator has disabled it.</summary>
    public async ValueTask<KnownClient?> Known(string clientId, CancellationToken cancellation)
    {
        // Databases differ in what they make of a stranger's bytes; a name that nobody can have needs none of them.
        if (!ClientRegistration.IsIdentifier(clientId))
            return null;
        if (met.TryGetValue(clientId, out var known))
            return known;
        known = await clients.Find(database, clientId, cancellation);
        return met[clientId] = known?.Metadata is { Disabled: true } ? null : known;
    }

    public override async ValueTask<OpenIddictEntityFrameworkCoreApplication?> FindByClientIdAsync(string identifier, CancellationToken cancellationToken = default) =>
        (await Known(identifier, cancellationToken))?.Row;

    public override async ValueTask<OpenIddictEntityFrameworkCoreApplication?> FindByIdAsync(string identifier, CancellationToken cancellationToken = default)
    {
        if (met.Values.FirstOrDefault(client => client?.Row.Id == identifier) is { } known)
            return known.Row;
        return await clients.ClientIdOf(database, identifier, cancellationToken) is { } clientId ? (await Known(clientId, cancellationToken))?.Row : null;
    }

    /// <summary>For administration: also a disabled one.</summary>
    public async ValueTask<RegisteredClient?> Find(string clientId, CancellationToken cancellation) =>
        await base.FindByClientIdAsync(clientId, cancellation) is { } client ? await Read(client, cancellation) : null;

    /// <summary>For administration: all, also disabled ones, by identifier.</summary>
    public async IAsyncEnumerable<RegisteredClient> All([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var client in ListAsync(clients => clients.OrderBy(client => client.ClientId), cancellation))
            yield return await Read(client, cancellation);
    }

    // The engine knows two things that a client can authenticate by, a secret and registered keys. Keys at an address, certificates and what else a method
    // needs have been checked at registration; the engine's other checks stay. Another wording of its refusal would refuse such clients, and let nothing pass.
    public override async IAsyncEnumerable<ValidationResult> ValidateAsync(
        OpenIddictEntityFrameworkCoreApplication application, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var metadata = ClientMetadata.From(await GetPropertiesAsync(application, cancellationToken));
        var unknownToTheEngine = metadata is { JwksUri: not null } or { TokenEndpointAuthMethod: "tls_client_auth" or "self_signed_tls_client_auth" };
        await foreach (var problem in base.ValidateAsync(application, cancellationToken))
        {
            if (!unknownToTheEngine || problem.ErrorMessage?.StartsWith(NoCredential, StringComparison.Ordinal) is not true)
                yield return problem;
        }
    }

    // RFC 9700 2.1: exactly as registered, but for the port of a native application's loopback address. The engine would let localhost have one too.
    public override async ValueTask<bool> ValidateRedirectUriAsync(
        OpenIddictEntityFrameworkCoreApplication application, string uri, CancellationToken cancellationToken = default)
    {
        var registered = await GetRedirectUrisAsync(application, cancellationToken);
        return registered.Contains(uri, StringComparer.Ordinal)
            || (ClientMetadata.From(await GetPropertiesAsync(application, cancellationToken)) is { IsNative: true } && registered.Any(address => NativeApplication.Fits(address, uri)));
    }

    protected override ValueTask<string> ObfuscateClientSecretAsync(string secret, CancellationToken cancellationToken = default) => new(ClientSecrets.Stored(secret));

    protected override ValueTask<bool> ValidateClientSecretAsync(string secret, string comparand, CancellationToken cancellationToken = default) =>
        new(ClientSecrets.Fits(secret, comparand));

    private async ValueTask<RegisteredClient> Read(OpenIddictEntityFrameworkCoreApplication client, CancellationToken cancellation)
    {
        var descriptor = new OpenIddictApplicationDescriptor();
        await PopulateAsync(descriptor, client, cancellation);
        var metadata = ClientMetadata.From(descriptor.Properties.AsReadOnly())
            ?? throw new JsonException($"The client {descriptor.ClientId} has no metadata: it was not registered by this Provider.");
        return new RegisteredClient(client, descriptor, metadata);
    }
}

/// <summary>A client as it is stored.</summary>
internal sealed record RegisteredClient(OpenIddictEntityFrameworkCoreApplication Row, OpenIddictApplicationDescriptor Descriptor, ClientMetadata Metadata)
{
    public string Id => Descriptor.ClientId!;

    public string Name => Descriptor.DisplayName ?? "";

    public string Profile => Metadata.Profile.ToString().ToLowerInvariant();

    public string State => Metadata.Disabled ? "disabled" : "enabled";

    /// <summary>The registration again, as it would be written; without the secret, which nobody can read.</summary>
    public ClientOptions ToOptions() => new()
    {
        Id = Id,
        Name = Name,
        Profile = Profile,
        Sector = Metadata.Sector,
        RedirectUris = [.. Descriptor.RedirectUris.Select(address => address.OriginalString)],
        PostLogoutRedirectUris = [.. Descriptor.PostLogoutRedirectUris.Select(address => address.OriginalString)],
        Scopes = Permitted(Permissions.Prefixes.Scope),
        GrantTypes = Permitted(Permissions.Prefixes.GrantType),
        ApplicationType = Metadata.ApplicationType,
        TokenEndpointAuthMethod = Metadata.TokenEndpointAuthMethod,
        Jwks = Row.JsonWebKeySet is { Length: > 0 } keys ? ClientKeys.Shown(keys) : null,
        JwksUri = Metadata.JwksUri,
        TlsClientAuthSubjectDn = Metadata.TlsClientAuthSubjectDn,
        TlsClientAuthSanDns = Metadata.TlsClientAuthSanDns,
        TlsClientCertificateBoundAccessTokens = Metadata.TlsClientCertificateBoundAccessTokens,
        DpopBoundAccessTokens = Metadata.DpopBoundAccessTokens,
        RequirePushedAuthorizationRequests = Descriptor.Requirements.Contains(Requirements.Features.PushedAuthorizationRequests),
        AuthorizationDetailsTypes = [.. Metadata.AuthorizationDetailsTypes],
        IdTokenSignedResponseAlg = Metadata.IdTokenSignedResponseAlg,
        IdTokenEncryptedResponseAlg = Metadata.IdTokenEncryptedResponseAlg,
        IdTokenEncryptedResponseEnc = Metadata.IdTokenEncryptedResponseEnc,
        UserinfoSignedResponseAlg = Metadata.UserinfoSignedResponseAlg,
        UserinfoEncryptedResponseAlg = Metadata.UserinfoEncryptedResponseAlg,
        UserinfoEncryptedResponseEnc = Metadata.UserinfoEncryptedResponseEnc,
        BackchannelLogoutUri = Metadata.BackchannelLogoutUri,
        BackchannelLogoutSessionRequired = Metadata.BackchannelLogoutSessionRequired,
    };

    private List<string> Permitted(string prefix) =>
        [.. Descriptor.Permissions.Where(permission => permission.StartsWith(prefix, StringComparison.Ordinal)).Select(permission => permission[prefix.Length..]).Order(StringComparer.Ordinal)];
}
