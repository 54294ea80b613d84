using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Clients;

/// <summary>Writes the registrations from the settings into the database, where the protocol engine reads them.</summary>
internal sealed class ClientRegistry(
    IOpenIddictApplicationManager applications, IOpenIddictScopeManager scopes, ProviderSettings settings)
{
    /// <summary>Instances that start together write the same rows; the one that loses the race reads and tries again.</summary>
    private const int Attempts = 5;

    internal const string SectorProperty = "sector";
    internal const string DpopBoundProperty = "dpop_bound_access_tokens";
    internal const string DetailsTypesProperty = "authorization_details_types";

    public async Task Bring(CancellationToken cancellation)
    {
        foreach (var server in settings.Resources)
            await Retry(() => Write(server, cancellation));
        foreach (var client in settings.Clients)
            await Retry(() => Write(client, cancellation));
        await Retry(() => RemoveOthers(cancellation));
    }

    // The settings are the register: who was taken out of them has no key, no address and no scope here any more.
    private async Task RemoveOthers(CancellationToken cancellation)
    {
        var registered = settings.Clients.Select(client => client.Id).ToHashSet(StringComparer.Ordinal);
        var others = new List<object>();
        await foreach (var application in applications.ListAsync(count: null, offset: null, cancellation))
        {
            if (!registered.Contains(await applications.GetClientIdAsync(application, cancellation) ?? ""))
                others.Add(application);
        }

        foreach (var application in others)
            await applications.DeleteAsync(application, cancellation);
    }

    private static async Task Retry(Func<Task> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception race) when (attempt < Attempts && race is DbUpdateException or OpenIddictExceptions.ConcurrencyException or OpenIddictExceptions.ValidationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 * attempt));
            }
        }
    }

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
        var descriptor = Describe(client);
        if (await applications.FindByClientIdAsync(client.Id, cancellation) is { } existing)
            await applications.UpdateAsync(existing, descriptor, cancellation);
        else
            await applications.CreateAsync(descriptor, cancellation);
    }

    private static OpenIddictApplicationDescriptor Describe(ClientRegistration client)
    {
        var descriptor = new OpenIddictApplicationDescriptor
        {
            ClientId = client.Id,
            ClientType = ClientTypes.Confidential,
            ConsentType = ConsentTypes.Explicit,
            DisplayName = client.Name,
            JsonWebKeySet = client.Keys,
            // FAPI 2.0 5.3.2.2: pushed requests and S256 for everybody registered here.
            Requirements = { Requirements.Features.PushedAuthorizationRequests, Requirements.Features.ProofKeyForCodeExchange },
        };
        descriptor.Permissions.Add(Permissions.Endpoints.Token);
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
        }

        descriptor.Properties[SectorProperty] = JsonSerializer.SerializeToElement(client.Sector);
        descriptor.Properties[DpopBoundProperty] = JsonSerializer.SerializeToElement(client.DpopBoundAccessTokens);
        descriptor.Properties[DetailsTypesProperty] = JsonSerializer.SerializeToElement(client.AuthorizationDetailsTypes);
        return descriptor;
    }
}
