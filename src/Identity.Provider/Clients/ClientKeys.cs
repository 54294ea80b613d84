using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>The public keys that a client registers, or that its <c>jwks_uri</c> answers.</summary>
internal static class ClientKeys
{
    internal const int MostKeys = 8;

    /// <summary>Of a set that a client publishes: it may hold keys for others, and of kinds that are not used here.</summary>
    internal const int MostPublishedKeys = 32;

    /// <summary>Real sets are below 10 kB.</summary>
    internal const int LongestSet = 64 * 1024;

    /// <summary>Reads a JWK or a JWK Set. Null, with the reason, when it holds anything but public keys that are used here.</summary>
    internal static JsonWebKeySet? Read(string text, out string refusal)
    {
        if (Parse(text, MostKeys, out refusal) is not { } keys)
            return null;
        return keys.Keys.All(IsUsed) ? keys : Refuse("holds a key that is neither EC P-256 nor RSA of 2048 to 4096 bits.", out refusal);
    }

    /// <summary>The same of what a client publishes. RFC 7517 5: keys of other kinds are passed over. A private one is not: whoever fetched it has it.</summary>
    internal static JsonWebKeySet? ReadPublished(string text, out string refusal)
    {
        if (Parse(text, MostPublishedKeys, out refusal) is not { } keys)
            return null;
        foreach (var other in keys.Keys.Where(key => !IsUsed(key)).ToList())
            keys.Keys.Remove(other);
        return keys.Keys.Count > 0 ? keys : Refuse("holds no key that is EC P-256 or RSA of 2048 to 4096 bits.", out refusal);
    }

    private static JsonWebKeySet? Parse(string text, int most, out string refusal)
    {
        refusal = "";
        if (text.Length > LongestSet)
            return Refuse($"is larger than {LongestSet} characters.", out refusal);
        JsonWebKeySet keys;
        try
        {
            keys = new JsonWebKeySet(text);
            if (keys.Keys.Count == 0)
                keys.Keys.Add(new JsonWebKey(text));
        }
        catch (ArgumentException)
        {
            return Refuse("is neither a JWK nor a JWK Set.", out refusal);
        }

        // What else stood there, all of a JWK that is no set too, is no part of the set.
        keys.AdditionalData.Clear();
        if (keys.Keys.Count > most)
            return Refuse($"holds more than {most} keys.", out refusal);
        return keys.Keys.Any(key => key.HasPrivateKey || key.Kty is "oct")
            ? Refuse("holds a private or symmetric key; register the public key only.", out refusal)
            : keys;
    }

    /// <summary>A stored set as it is shown. RFC 7517 4.7: the lists that the engine writes where there is nothing are no members of a JWK.</summary>
    internal static string Shown(string set)
    {
        var document = JsonNode.Parse(set)!;
        foreach (var key in document["keys"]!.AsArray().OfType<JsonObject>())
        {
            foreach (var empty in key.Where(member => member.Value is JsonArray { Count: 0 }).Select(member => member.Key).ToList())
                key.Remove(empty);
        }

        return document.ToJsonString();
    }

    private static bool IsUsed(JsonWebKey key)
    {
        try
        {
            return key is { Kty: "EC", Crv: "P-256", X.Length: > 0, Y.Length: > 0 } or { Kty: "RSA", N.Length: > 0, E.Length: > 0, KeySize: >= 2048 and <= 4096 };
        }
        catch (FormatException)
        {
            // KeySize of a modulus that is no base64url.
            return false;
        }
    }

    private static JsonWebKeySet? Refuse(string why, out string refusal)
    {
        refusal = why;
        return null;
    }
}
