using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>The public keys of a client, wherever they are: registered, or at its own address. For what it signs and for what is encrypted for it.</summary>
internal sealed class ClientKeySets(RegisteredClients clients, FetchedKeySets fetched)
{
    /// <param name="clientId">A registered client.</param>
    /// <param name="keyId">That a signature names: keys at an address are fetched again when it is not among them. Null: any key will do.</param>
    /// <param name="cancellation">Of the request at hand.</param>
    /// <returns>none: it has none, or they cannot be had</returns>
    public async Task<IReadOnlyList<JsonWebKey>> For(string clientId, string? keyId, CancellationToken cancellation)
    {
        var client = await clients.Known(clientId, cancellation) ?? throw new InvalidOperationException("A validated client has vanished.");
        var keys = client.Metadata?.JwksUri is { } address ? await fetched.Of(clientId, new Uri(address), keyId, cancellation) : client.Keys;
        return keys?.Keys.AsReadOnly() ?? [];
    }
}
