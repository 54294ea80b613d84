using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Clients;

/// <summary>
/// Brings the database, where the protocol engine reads clients, to what the settings say: a client that came from settings and is gone from them
/// is removed. Instances with different settings (while they are being changed) do not argue: the one that starts last has its way.
/// </summary>
internal sealed class ClientRegistry(
    RegisteredClients applications, IOpenIddictScopeManager scopes, ProviderSettings settings, IServiceScopeFactory tries)
{
    /// <summary>Instances that start together write the same rows; the one that loses the race reads and tries again.</summary>
    private const int Attempts = 5;

    public async Task Bring(CancellationToken cancellation)
    {
        foreach (var server in settings.Resources)
            await Retry(registry => registry.Write(server, cancellation));
        foreach (var client in settings.Clients)
            await Retry(registry => registry.Write(client, cancellation));
        var kept = settings.Clients.Select(client => client.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in await FromSettings(cancellation))
        {
            if (!kept.Contains(id))
                await Retry(registry => registry.Remove(id, cancellation));
        }
    }

    // Each try sees the database anew: what a lost race has read stays in the context and in the engine's cache.
    private async Task Retry(Func<ClientRegistry, Task> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var scope = tries.CreateAsyncScope();
                await write(scope.ServiceProvider.GetRequiredService<ClientRegistry>());
                return;
            }
            catch (Exception race) when (attempt < Attempts && IsRace(race))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 * attempt));
            }
        }
    }

    // PostgreSQL's provider wraps what it takes for transient: two transactions that removed one row, for example.
    private static bool IsRace(Exception problem) => problem is DbUpdateException or DbException { IsTransient: true }
        or OpenIddictExceptions.ConcurrencyException or OpenIddictExceptions.ValidationException or InvalidOperationException { InnerException: DbUpdateException };

    private async Task Write(ResourceServer server, CancellationToken cancellation)
    {
        var descriptor = new OpenIddictScopeDescriptor { Name = server.Scope, Resources = { server.Address.AbsoluteUri } };
        if (await scopes.FindByNameAsync(server.Scope, cancellation) is { } existing)
            await scopes.UpdateAsync(existing, descriptor, cancellation);
        else
            await scopes.CreateAsync(descriptor, cancellation);
    }

    private async Task Write(ClientRegistration client, CancellationToken cancellation)
    {
        var existing = await applications.Find(client.Id, cancellation);
        // What the operator has disabled stays so until they enable it: a restart is no decision.
        var descriptor = Describe(existing is { Metadata.Disabled: true } ? client with { Metadata = client.Metadata with { Disabled = true } } : client);
        if (existing is not null)
            await applications.UpdateAsync(existing.Row, descriptor, cancellation);
        else
            await applications.CreateAsync(descriptor, cancellation);
    }

    private async Task<List<string>> FromSettings(CancellationToken cancellation)
    {
        var ids = new List<string>();
        await foreach (var application in applications.ListAsync(cancellationToken: cancellation))
        {
            if (ClientMetadata.From(await applications.GetPropertiesAsync(application, cancellation)) is { Origin: ClientMetadata.FromSettings })
                ids.Add(await applications.GetClientIdAsync(application, cancellation) ?? throw new InvalidOperationException("A client has no identifier."));
        }

        return ids;
    }

    // Read anew at each try: another instance may have removed it.
    private async Task Remove(string id, CancellationToken cancellation)
    {
        if (await applications.Find(id, cancellation) is { Metadata.Origin: ClientMetadata.FromSettings } client)
            await applications.DeleteAsync(client.Row, cancellation);
    }

    internal static OpenIddictApplicationDescriptor Describe(ClientRegistration client)
    {
        var descriptor = new OpenIddictApplicationDescriptor
        {
            ClientId = client.Id,
            ClientType = client.Metadata.TokenEndpointAuthMethod == ClientAuthenticationMethods.None ? ClientTypes.Public : ClientTypes.Confidential,
            ClientSecret = client.Secret,
            ConsentType = ConsentTypes.Explicit,
            DisplayName = client.Name,
            JsonWebKeySet = client.Keys,
        };
        // FAPI 2.0 5.3.2.2: pushed requests and S256, for whom the registration asks it.
        if (client.RequirePushedAuthorizationRequests)
            descriptor.Requirements.Add(Requirements.Features.PushedAuthorizationRequests);
        if (client.RequireProofKey)
            descriptor.Requirements.Add(Requirements.Features.ProofKeyForCodeExchange);
        descriptor.Permissions.Add(Permissions.Endpoints.Token);
        descriptor.Permissions.Add(Permissions.Endpoints.Revocation);
        // RFC 7662 2.1: who asks proves who it is.
        if (descriptor.ClientType == ClientTypes.Confidential)
            descriptor.Permissions.Add(Permissions.Endpoints.Introspection);
        foreach (var scope in client.Scopes)
            descriptor.Permissions.Add(Permissions.Prefixes.Scope + scope);
        foreach (var grant in client.GrantTypes)
            descriptor.Permissions.Add(Permissions.Prefixes.GrantType + grant);
        if (client.GrantTypes.Contains(GrantTypes.AuthorizationCode))
        {
            descriptor.Permissions.Add(Permissions.Endpoints.Authorization);
            descriptor.Permissions.Add(Permissions.Endpoints.PushedAuthorization);
            descriptor.Permissions.Add(Permissions.ResponseTypes.Code);
            foreach (var address in client.RedirectUris)
                descriptor.RedirectUris.Add(new Uri(address));
            foreach (var address in client.PostLogoutRedirectUris)
                descriptor.PostLogoutRedirectUris.Add(new Uri(address));
        }

        if (client.GrantTypes.Contains(GrantTypes.DeviceCode))
            descriptor.Permissions.Add(Permissions.Endpoints.DeviceAuthorization);
        descriptor.Properties[ClientMetadata.Property] = client.Metadata.ToJson();
        return descriptor;
    }
}
