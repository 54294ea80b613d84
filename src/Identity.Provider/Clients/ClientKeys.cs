using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>The public keys that a client registers, or that its <c>jwks_uri</c> answers.</summary>
internal static class ClientKeys
{
    internal const int MostKeys = 8;

    /// <summary>Real sets are below 10 kB.</summary>
    internal const int LongestSet = 64 * 1024;

    /// <summary>Reads a JWK or a JWK Set. Null, with the reason, when it holds anything but public keys that are used here.</summary>
    internal static JsonWebKeySet? Read(string text, out string refusal)
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

        if (keys.Keys.Count > MostKeys)
            return Refuse($"holds more than {MostKeys} keys.", out refusal);
        foreach (var key in keys.Keys)
        {
            if (key.HasPrivateKey || key.Kty is "oct")
                return Refuse("holds a private or symmetric key; register the public key only.", out refusal);
            if (key is not ({ Kty: "EC", Crv: "P-256", X.Length: > 0, Y.Length: > 0 } or { Kty: "RSA", N.Length: > 0, E.Length: > 0, KeySize: >= 2048 and <= 4096 }))
                return Refuse("holds a key that is neither EC P-256 nor RSA of 2048 to 4096 bits.", out refusal);
        }

        return keys;
    }

    private static JsonWebKeySet? Refuse(string why, out string refusal)
    {
        refusal = why;
        return null;
    }
}
