using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.Provider;

/// <summary>An answer that a program reads.</summary>
public sealed record Reply(HttpStatusCode Status, string Body, HttpResponseHeaders Headers)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Error => Body.StartsWith('{') ? (string?)Json["error"] : null;
}

/// <summary>
/// A relying party written by hand: its requests are plain forms and its JWTs are made of System.Text.Json and ECDsa, so that hostile ones are as
/// easy to write as good ones.
/// </summary>
public sealed class Agency(RunningProvider provider, string clientId) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = provider.Issuer };

    public string ClientId => clientId;

    public ECDsa Key => provider.ClientKeys[clientId];

    public string RedirectUri { get; init; } = $"http://localhost:{provider.Issuer.Port + Offset(clientId)}/signin-oidc";

    public string Verifier { get; set; } = Random(32);

    public string State { get; set; } = Random(16);

    public string Nonce { get; set; } = Random(16);

    public static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    public static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    public void Dispose() => http.Dispose();

    /// <summary>The claims of a good assertion; a test changes one.</summary>
    public JsonObject AssertionClaims()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return new JsonObject
        {
            ["iss"] = clientId, ["sub"] = clientId, ["aud"] = provider.Issuer.AbsoluteUri, ["jti"] = Random(16), ["iat"] = now, ["exp"] = now + 60,
        };
    }

    public string Assertion(Action<JsonObject>? claims = null, Action<JsonObject>? header = null, Func<byte[], byte[]>? sign = null)
    {
        var payload = AssertionClaims();
        claims?.Invoke(payload);
        return Jwt.Sign(payload, header, sign ?? (bytes => Key.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    public Dictionary<string, string> Authenticated(string? assertion = null) => new()
    {
        ["client_id"] = clientId,
        ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ["client_assertion"] = assertion ?? Assertion(),
    };

    /// <summary>The parameters of a good authorization request; a test changes one.</summary>
    public Dictionary<string, string> Request(string scope = "openid profile") => new()
    {
        ["response_type"] = "code",
        ["redirect_uri"] = RedirectUri,
        ["scope"] = scope,
        ["state"] = State,
        ["nonce"] = Nonce,
        ["code_challenge"] = Challenge(Verifier),
        ["code_challenge_method"] = "S256",
    };

    public async Task<Reply> Push(Dictionary<string, string> parameters, string? assertion = null, params string[] proofs)
    {
        var form = Authenticated(assertion);
        foreach (var (name, value) in parameters)
            form[name] = value;
        return await Post("/par", form, proofs);
    }

    /// <summary>A pushed request that must be accepted: its address at the Provider.</summary>
    public async Task<string> Pushed(Action<Dictionary<string, string>>? change = null, string scope = "openid profile")
    {
        var parameters = Request(scope);
        change?.Invoke(parameters);
        var reply = await Push(parameters);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return AuthorizeUrl((string)reply.Json["request_uri"]!);
    }

    public string AuthorizeUrl(string requestUri) => $"/authorize?client_id={clientId}&request_uri={Uri.EscapeDataString(requestUri)}";

    public Dictionary<string, string> CodeRequest(string code) => new()
    {
        ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = RedirectUri, ["code_verifier"] = Verifier,
    };

    public async Task<Reply> Redeem(string code, Action<Dictionary<string, string>>? change = null, params string[] proofs)
    {
        var form = Authenticated();
        foreach (var (name, value) in CodeRequest(code))
            form[name] = value;
        change?.Invoke(form);
        return await Post("/token", form, proofs);
    }

    public async Task<Reply> Post(string path, IEnumerable<KeyValuePair<string, string>> form, params string[] proofs)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        if (proofs.Length > 0)
            request.Headers.TryAddWithoutValidation("DPoP", proofs);
        return await Send(request);
    }

    public async Task<Reply> UserInfo(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo") { Headers = { Authorization = new("Bearer", accessToken) } };
        return await Send(request);
    }

    public async Task<Reply> Send(HttpRequestMessage request) => await Read(await http.SendAsync(request));

    private static async Task<Reply> Read(HttpResponseMessage message)
    {
        using (message)
            return new Reply(message.StatusCode, await message.Content.ReadAsStringAsync(), message.Headers);
    }

    private static int Offset(string clientId) => clientId switch
    {
        "tax-portal" => 401,
        "health-portal" => 402,
        "land-registry" => 403,
        "signing" => 200,
        // Of a client that names its own.
        _ => 499,
    };
}

/// <summary>JWTs by hand.</summary>
public static class Jwt
{
    public static string Sign(JsonObject payload, Action<JsonObject>? header, Func<byte[], byte[]> sign)
    {
        var protectedHeader = new JsonObject { ["alg"] = "ES256" };
        header?.Invoke(protectedHeader);
        var signed = $"{Encode(protectedHeader)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static JsonObject Header(string jwt) => Part(jwt, 0);

    public static JsonObject Payload(string jwt) => Part(jwt, 1);

    private static JsonObject Part(string jwt, int index) => JsonNode.Parse(Base64Url.DecodeFromChars(jwt.Split('.')[index]))!.AsObject();

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));
}
