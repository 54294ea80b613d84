using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;

namespace Identity.Journeys.Running;

/// <summary>A program of a stranger's that has hashes signed by the CSC API: public, native, with a DPoP key (RFC 9449), everything by hand.</summary>
public sealed class CscProgram(DevHostProcess host, string clientId = "sign") : IDisposable
{
    private const string Callback = "http://127.0.0.1:51099/callback";
    private readonly HttpClient _http = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Provider => host.Address(0);

    public string Signing => host.Address(200);

    /// <summary>A token of this person for the program: scope service, or credential with what is to be approved.</summary>
    public async Task<JsonNode> Login(PersonOverHttp person, string scope, JsonNode? details = null)
    {
        var verifier = Encode(RandomNumberGenerator.GetBytes(32));
        var parameters = new Dictionary<string, string>
        {
            ["client_id"] = clientId, ["response_type"] = "code", ["redirect_uri"] = Callback, ["scope"] = $"openid {scope}", ["state"] = "state", ["nonce"] = Encode(RandomNumberGenerator.GetBytes(16)),
            ["code_challenge"] = Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))), ["code_challenge_method"] = "S256", ["resource"] = Signing,
        };
        if (details is not null)
            parameters["authorization_details"] = details.ToJsonString();
        var pushed = await Form("par", parameters);
        Assert.True(pushed["request_uri"] is not null, pushed.ToJsonString());
        var answer = await person.Allow($"authorize?client_id={clientId}&request_uri={Uri.EscapeDataString((string)pushed["request_uri"]!)}");
        var code = HttpUtility.ParseQueryString(answer.Query)["code"] ?? throw new InvalidOperationException(answer.Query);
        return await Form("token", new()
        {
            ["grant_type"] = "authorization_code", ["client_id"] = clientId, ["code"] = code, ["redirect_uri"] = Callback, ["code_verifier"] = verifier, ["resource"] = Signing,
        });
    }

    /// <summary>CSC API v2 8.4.2.</summary>
    public static JsonArray Details(string credential, params (string Label, byte[] Hash)[] hashes) => new(new JsonObject
    {
        ["type"] = "credential",
        ["credentialID"] = credential,
        ["documentDigests"] = new JsonArray([.. hashes.Select(hash => new JsonObject { ["hash"] = Convert.ToBase64String(hash.Hash), ["label"] = hash.Label })]),
        ["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1",
    });

    public async Task<(HttpStatusCode Status, JsonNode Json)> Call(string method, string? token, JsonNode body)
    {
        var address = $"{Signing}csc/v2/{method}";
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + token);
            request.Headers.TryAddWithoutValidation("DPoP", Proof("POST", address, token));
        }

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonNode.Parse(text.Length > 0 ? text : "{}")!);
    }

    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }

    private async Task<JsonNode> Form(string path, Dictionary<string, string> form)
    {
        string? nonce = null;
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Provider + path) { Content = new FormUrlEncodedContent(form) };
            request.Headers.TryAddWithoutValidation("DPoP", Proof("POST", Provider + path, null, nonce));
            using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            if (nonce is not null || (string?)json["error"] != "use_dpop_nonce")
                return json;
            nonce = answer.Headers.GetValues("DPoP-Nonce").Single();
        }
    }

    private string Proof(string method, string address, string? token, string? nonce = null)
    {
        var point = _key.ExportParameters(false).Q;
        var header = new JsonObject
        {
            ["typ"] = "dpop+jwt", ["alg"] = "ES256", ["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Encode(point.X!), ["y"] = Encode(point.Y!) },
        };
        var claims = new JsonObject
        {
            ["htm"] = method, ["htu"] = address, ["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), ["jti"] = Encode(RandomNumberGenerator.GetBytes(16)),
        };
        if (token is not null)
            claims["ath"] = Encode(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
        if (nonce is not null)
            claims["nonce"] = nonce;
        var signed = Encode(JsonSerializer.SerializeToUtf8Bytes(header)) + "." + Encode(JsonSerializer.SerializeToUtf8Bytes(claims));
        return signed + "." + Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
