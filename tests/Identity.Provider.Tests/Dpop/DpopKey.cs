using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Identity.Provider.Dpop;

/// <summary>A client's proof key, and proofs written by hand.</summary>
public sealed class DpopKey(RunningProvider provider) : IDisposable
{
    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public JsonObject Jwk
    {
        get
        {
            var point = Key.ExportParameters(false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }

    // RFC 7638 3.2.
    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(
        $$"""{"crv":"P-256","kty":"EC","x":"{{Jwk["x"]}}","y":"{{Jwk["y"]}}"}""")));

    public string Proof(string method, string path, string? accessToken = null, Action<JsonObject>? claims = null, Action<JsonObject>? header = null, Func<byte[], byte[]>? sign = null)
    {
        var payload = new JsonObject
        {
            ["htm"] = method, ["htu"] = new Uri(provider.Issuer, path).ToString(), ["jti"] = Agency.Random(16), ["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
        };
        if (accessToken is not null)
            payload["ath"] = Ath(accessToken);
        claims?.Invoke(payload);
        return Jwt.Sign(payload, head =>
        {
            head["typ"] = "dpop+jwt";
            head["jwk"] = Jwk;
            header?.Invoke(head);
        }, sign ?? (bytes => Key.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    public static string Ath(string accessToken) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)));

    public void Dispose() => Key.Dispose();
}
