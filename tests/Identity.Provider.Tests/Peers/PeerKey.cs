using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Identity.Provider.Peers;

/// <summary>A relying party's key, as the JWK that its own library reads.</summary>
internal static class PeerKey
{
    public static JsonObject PrivateJwk(this ECDsa key, string keyId)
    {
        var parameters = key.ExportParameters(includePrivateParameters: true);
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = Base64Url.EncodeToString(parameters.Q.X),
            ["y"] = Base64Url.EncodeToString(parameters.Q.Y),
            ["d"] = Base64Url.EncodeToString(parameters.D),
            ["kid"] = keyId,
        };
    }
}
