using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Clients;

/// <summary>How an act on a registered client ended.</summary>
internal abstract record ClientOutcome
{
    private ClientOutcome()
    {
    }

    /// <param name="Secret">Made here, and nowhere else to be read again; null when there is none.</param>
    public sealed record Done(string? Secret) : ClientOutcome;

    /// <param name="Why">For the operator.</param>
    public sealed record Refused(string Why) : ClientOutcome;
}

/// <summary>
/// Registers, changes and removes clients in the database, audited before and after. What it has written holds from the next request on, at every
/// instance. Clients of the settings are changed there; here they can be disabled only.
/// </summary>
internal sealed class ClientAdministration(RegisteredClients clients, IOpenIddictScopeManager scopes, ProviderDatabase database, ProviderSettings settings, AuditLog audit)
{
    private const int SecretBytes = 32;

    /// <summary>Checks a registration as the settings are checked, and gives it a secret when its method needs one. Nothing is stored.</summary>
    /// <exception cref="ProviderSettingsException">names the field and what is wrong with it</exception>
    public async Task<ClientRegistration> Check(ClientOptions options, string origin, CancellationToken cancellation)
    {
        options.ClientSecret = ClientRegistration.HasSecret(options.TokenEndpointAuthMethod) ? NewSecret() : null;
        var known = ClientRegistration.KnownScopes(await ResourceScopes(cancellation));
        var client = ClientRegistration.Check(options, "client", known, development: !settings.Production);
        return client with { Metadata = client.Metadata with { Origin = origin } };
    }

    /// <summary>Stores a checked registration under a name that is free.</summary>
    public async Task<ClientOutcome> Add(ClientRegistration client, CancellationToken cancellation)
    {
        if (await clients.Find(client.Id, cancellation) is not null)
            return new ClientOutcome.Refused($"{client.Id} is registered already.");

        var addition = audit.Begin(new ClientAddition(client.Id, client.Metadata.Origin, client.Metadata.Profile.ToString().ToLowerInvariant()));
        try
        {
            await clients.CreateAsync(ClientRegistry.Describe(client), cancellation);
        }
        catch (Exception problem)
        {
            addition.Complete(AuditOutcome.Failed, "not_stored");
            // Not through the engine, which remembers that nobody had the name before.
            if (problem is not (DbUpdateException or OpenIddictExceptions.ValidationException)
                || !await database.Set<OpenIddictEntityFrameworkCoreApplication>().AsNoTracking().AnyAsync(other => other.ClientId == client.Id, cancellation))
                throw;
            return new ClientOutcome.Refused($"{client.Id} is registered already.");
        }

        addition.Complete(AuditOutcome.Succeeded);
        return new ClientOutcome.Done(client.Secret);
    }

    /// <summary>Another secret; the one before ends at once.</summary>
    public async Task<ClientOutcome> ReplaceSecret(string id, CancellationToken cancellation)
    {
        var secret = NewSecret();
        return await Change(id, "secret", client =>
        {
            if (!ClientRegistration.HasSecret(client.Metadata.TokenEndpointAuthMethod))
                return "has no secret; name the file with its new keys.";
            client.Descriptor.ClientSecret = secret;
            return null;
        }, cancellation) is ClientOutcome.Refused refused ? refused : new ClientOutcome.Done(secret);
    }

    /// <summary>Other public keys, beside those before while the client changes over (<paramref name="keep"/>) or in their place.</summary>
    public Task<ClientOutcome> ReplaceKeys(string id, string jwks, bool keep, CancellationToken cancellation) => Change(id, "keys", client =>
    {
        if (client.Metadata.JwksUri is { } address)
            return $"publishes its keys itself, at {address}.";
        if (ClientKeys.Read(jwks, out var wrong) is not { } replacement)
            return $"was given a file that {wrong}";
        if (keep && client.Row.JsonWebKeySet is { Length: > 0 } before)
        {
            var both = new JsonArray([.. Entries(jwks), .. Entries(before)]);
            var names = both.Select(key => (string?)key!["kid"]).OfType<string>().ToList();
            if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
                return "has a key with the same kid already; keys beside each other need names of their own.";
            if (ClientKeys.Read(new JsonObject { ["keys"] = both }.ToJsonString(), out wrong) is not { } union)
                return $"would have a key set that {wrong}";
            replacement = union;
        }

        client.Descriptor.JsonWebKeySet = replacement;
        return null;
    }, cancellation);

    public Task<ClientOutcome> Disable(string id, CancellationToken cancellation) => Switch(id, disabled: true, cancellation);

    public Task<ClientOutcome> Enable(string id, CancellationToken cancellation) => Switch(id, disabled: false, cancellation);

    /// <summary>For good; with it go the authorizations it held.</summary>
    public async Task<ClientOutcome> Remove(string id, CancellationToken cancellation)
    {
        if (await clients.Find(id, cancellation) is not { } client)
            return Unknown(id);
        if (client.Metadata.Origin == ClientMetadata.FromSettings)
            return new ClientOutcome.Refused($"{id} comes from the settings: remove it there.");
        var change = audit.Begin(new ClientChange(id, "removed"));
        // First what people allowed it: whoever is registered under this name next is somebody else, and asks again.
        await database.Consents.Where(consent => consent.ClientId == id).ExecuteDeleteAsync(cancellation);
        await clients.DeleteAsync(client.Row, cancellation);
        change.Complete(AuditOutcome.Succeeded);
        return new ClientOutcome.Done(null);
    }

    private Task<ClientOutcome> Switch(string id, bool disabled, CancellationToken cancellation) => Change(id, disabled ? "disabled" : "enabled", client =>
    {
        client.Descriptor.Properties[ClientMetadata.Property] = (client.Metadata with { Disabled = disabled }).ToJson();
        return null;
    }, cancellation, alsoOfSettings: true);

    /// <param name="id">The client.</param>
    /// <param name="name">For the audit log.</param>
    /// <param name="change">Changes the descriptor, or says why not.</param>
    /// <param name="cancellation">Before anything is written.</param>
    /// <param name="alsoOfSettings">The next start would not undo it.</param>
    private async Task<ClientOutcome> Change(
        string id, string name, Func<RegisteredClient, string?> change, CancellationToken cancellation, bool alsoOfSettings = false)
    {
        if (await clients.Find(id, cancellation) is not { } client)
            return Unknown(id);
        if (client.Metadata.Origin == ClientMetadata.FromSettings && !alsoOfSettings)
            return new ClientOutcome.Refused($"{id} comes from the settings: change it there.");
        if (change(client) is { } problem)
            return new ClientOutcome.Refused($"{id} {problem}");

        var operation = audit.Begin(new ClientChange(id, name));
        try
        {
            await clients.UpdateAsync(client.Row, client.Descriptor, cancellation);
        }
        catch (OpenIddictExceptions.ConcurrencyException)
        {
            operation.Complete(AuditOutcome.Refused, "changed_meanwhile");
            return new ClientOutcome.Refused($"{id} was changed by somebody else at the same moment; look at it and try again.");
        }

        operation.Complete(AuditOutcome.Succeeded);
        return new ClientOutcome.Done(null);
    }

    /// <summary>Resource servers are settings of the service; it has written them to the database, where a command finds them too.</summary>
    private async Task<List<string>> ResourceScopes(CancellationToken cancellation)
    {
        var names = settings.Resources.Select(server => server.Scope).ToList();
        await foreach (var scope in scopes.ListAsync(cancellationToken: cancellation))
            names.Add(await scopes.GetNameAsync(scope, cancellation) ?? throw new JsonException("A scope has no name."));
        return names;
    }

    private static IEnumerable<JsonNode?> Entries(string jwks)
    {
        var node = JsonNode.Parse(jwks)!;
        return node["keys"] is JsonArray keys ? keys.Select(key => key!.DeepClone()) : [node];
    }

    private static ClientOutcome.Refused Unknown(string id) => new($"No client is called {id}.");

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
}
