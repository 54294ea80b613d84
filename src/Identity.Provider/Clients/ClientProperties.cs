using System.Collections.Immutable;
using System.Text.Json;
using OpenIddict.Abstractions;

namespace Identity.Provider.Clients;

/// <summary>What a client is registered for beyond what the protocol engine keeps; the names are those of <see cref="ClientRegistry"/>.</summary>
internal static class ClientProperties
{
    /// <param name="clientId">A client that the engine has validated in this request.</param>
    public static async ValueTask<ImmutableDictionary<string, JsonElement>> PropertiesOf(
        this IOpenIddictApplicationManager applications, string clientId, CancellationToken cancellation)
    {
        var client = await applications.FindByClientIdAsync(clientId, cancellation) ?? throw new InvalidOperationException("A validated client has vanished.");
        return await applications.GetPropertiesAsync(client, cancellation);
    }
}
