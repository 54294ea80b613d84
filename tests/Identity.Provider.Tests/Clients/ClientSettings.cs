using System.Buffers.Text;
using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Identity.Provider.Clients;

/// <summary>Further clients for a running Provider, written into its settings as an operator would.</summary>
public static class ClientSettings
{
    /// <param name="clients">All that differ from the demo clients, which are there too.</param>
    public static string[] Of(params ClientOptions[] clients) => [.. clients.SelectMany(Lines)];

    /// <summary>The public half as a JWK Set, for <see cref="ClientOptions.Jwks"/>.</summary>
    public static string Jwks(ECDsa key, string keyId, string? use = null)
    {
        var point = key.ExportParameters(false).Q;
        var jwk = new JsonObject
        {
            ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y), ["kid"] = keyId,
        };
        if (use is not null)
            jwk["use"] = use;
        return new JsonObject { ["keys"] = new JsonArray(jwk) }.ToJsonString();
    }

    private static IEnumerable<string> Lines(ClientOptions client, int index)
    {
        foreach (var property in typeof(ClientOptions).GetProperties())
        {
            var name = $"--Provider:Clients:{index}:{property.Name}";
            switch (property.GetValue(client))
            {
                case null:
                    break;
                case string text:
                    yield return $"{name}={text}";
                    break;
                case IEnumerable list:
                    var position = 0;
                    foreach (var entry in list)
                        yield return $"{name}:{position++}={entry}";
                    break;
                case var value:
                    yield return $"{name}={Convert.ToString(value, CultureInfo.InvariantCulture)}";
                    break;
            }
        }
    }
}
