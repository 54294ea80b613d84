using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.Provider.TokenExchange;

/// <summary>RFC 8693 4.1: who acts for the person, the last one outside, those before it nested.</summary>
internal static class ActorChain
{
    internal const string Claim = "act";

    internal const int Longest = 3;

    private const string Subject = "sub";

    /// <summary>The chain with one more actor; null when it would be too long.</summary>
    /// <param name="chain">The claim of the token so far, or null.</param>
    /// <param name="clientId">Who acts now.</param>
    internal static string? Extended(string? chain, string clientId)
    {
        var before = chain is null ? null : JsonNode.Parse(chain)!.AsObject();
        var length = 1;
        for (var link = before; link is not null && length <= Longest; link = link[Claim] as JsonObject)
            length++;
        if (length > Longest)
            return null;
        var actor = new JsonObject { [Subject] = clientId };
        if (before is not null)
            actor[Claim] = before;
        return JsonSerializer.Serialize(actor);
    }
}
