using System.Collections.Concurrent;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.EntityFrameworkCore.Models;

namespace Identity.Provider.Clients;

/// <summary>A client as the protocol reads it: nobody changes it. Its keys are kept as objects, since what verifies with them is made once for each.</summary>
internal sealed record KnownClient(OpenIddictEntityFrameworkCoreApplication Row, ClientMetadata? Metadata, JsonWebKeySet? Keys);

/// <summary>
/// Clients that were read once, for all requests of this instance. Before one is used the database is asked for its version alone, so that a client that was
/// changed, disabled or removed elsewhere, by another instance or by a command, is what it is now. Only what is registered is kept, so there are no more than that.
/// </summary>
internal sealed class KnownClients(LoginQueries queries)
{
    private readonly ConcurrentDictionary<string, KnownClient> clients = new(StringComparer.Ordinal);

    /// <summary>The client as it is in the database at this moment, also a disabled one. Null: there is none.</summary>
    public async Task<KnownClient?> Find(ProviderDatabase database, string clientId, CancellationToken cancellation)
    {
        var version = await queries.VersionOfClient(database, clientId, cancellation);
        if (version is null)
        {
            clients.TryRemove(clientId, out _);
            return null;
        }

        if (clients.TryGetValue(clientId, out var known) && known.Row.ConcurrencyToken == version)
            return known;
        var row = await database.Set<OpenIddictEntityFrameworkCoreApplication>().AsNoTracking().SingleOrDefaultAsync(client => client.ClientId == clientId, cancellation);
        if (row is null)
            return null;
        return clients[clientId] = new KnownClient(
            row, ClientMetadata.From(row.Properties), row.JsonWebKeySet is { Length: > 0 } keys ? JsonWebKeySet.Create(keys) : null);
    }

    /// <summary>Which client the protocol engine's own identifier stands for.</summary>
    public Task<string?> ClientIdOf(ProviderDatabase database, string id, CancellationToken cancellation) =>
        queries.ClientOfApplication(database, id, cancellation);
}
