using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.Benchmarks;

/// <summary>The client's JWTs.</summary>
internal static class Jose
{
    public static JsonObject PublicJwk(ECDsa key, string? keyId)
    {
        var point = key.ExportParameters(false).Q;
        var jwk = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        if (keyId is not null)
            jwk["kid"] = keyId;
        return jwk;
    }

    public static string Sign(ECDsa key, JsonObject header, JsonObject payload)
    {
        header["alg"] = "ES256";
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    public static string Sha256(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));
}
