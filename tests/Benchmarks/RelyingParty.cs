using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace Identity.Benchmarks;

/// <summary>What one user's agency and browser send for one login after the other.</summary>
internal sealed class RelyingParty(Subject subject, HttpClient http) : IDisposable
{
    private readonly ECDsa proofKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string verifier = Jose.Random() + Jose.Random();

    public void Dispose() => proofKey.Dispose();

    /// <summary>PAR → authorize → token → userinfo; every answer must be a good one.</summary>
    public async Task Login()
    {
        var location = await Authorize(await Push());
        if (!location.StartsWith(Subject.RedirectUri, StringComparison.Ordinal))
            throw new InvalidOperationException($"{subject.Name}: the browser was sent to {location}.");
        var access = await Redeem(QueryHelpers.ParseQuery(new Uri(location).Query)["code"]!);
        await UserInfo(access);
    }

    public async Task<string> Push()
    {
        var reply = await Post(subject.PushPath, Authenticated(new()
        {
            ["response_type"] = "code", ["redirect_uri"] = Subject.RedirectUri, ["scope"] = "openid profile", ["state"] = Jose.Random(), ["nonce"] = Jose.Random(),
            ["code_challenge"] = Jose.Sha256(verifier), ["code_challenge_method"] = "S256",
        }));
        return (string)reply["request_uri"]!;
    }

    /// <summary>Where the browser is sent.</summary>
    public async Task<string> Authorize(string requestUri)
    {
        using var answer = await http.GetAsync(new Uri($"/{subject.AuthorizePath}?client_id={subject.ClientId}&request_uri={Uri.EscapeDataString(requestUri)}", UriKind.Relative));
        return answer.Headers.Location?.OriginalString ?? throw new InvalidOperationException($"{subject.Name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task<string> Redeem(string code)
    {
        var reply = await Post("token", Authenticated(new()
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = Subject.RedirectUri, ["code_verifier"] = verifier,
        }), subject.Dpop ? Proof("POST", "token", null) : null);
        return reply["id_token"] is null ? throw new InvalidOperationException($"{subject.Name}: no ID token.") : (string)reply["access_token"]!;
    }

    public async Task UserInfo(string access)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + subject.UserInfoPath);
        request.Headers.TryAddWithoutValidation("Authorization", (subject.Dpop ? "DPoP " : "Bearer ") + access);
        if (subject.Dpop)
            request.Headers.TryAddWithoutValidation("DPoP", Proof("GET", subject.UserInfoPath, access));
        using var answer = await http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{subject.Name}: userinfo {answer.StatusCode} {answer.Headers.WwwAuthenticate}");
    }

    public async Task Introspect(string access)
    {
        var reply = await Post(subject.IntrospectPath, Authenticated(new() { ["token"] = access }));
        if (reply["active"]?.GetValue<bool>() != true)
            throw new InvalidOperationException($"{subject.Name}: introspection {reply.ToJsonString()}");
    }

    public async Task Get(string path)
    {
        using var answer = await http.GetAsync(new Uri("/" + path, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync();
    }

    private Dictionary<string, string> Authenticated(Dictionary<string, string> form)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        form["client_id"] = subject.ClientId;
        form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        form["client_assertion"] = Jose.Sign(
            subject.ClientKey,
            new JsonObject { ["typ"] = "client-authentication+jwt", ["kid"] = subject.ClientId },
            new JsonObject { ["iss"] = subject.ClientId, ["sub"] = subject.ClientId, ["aud"] = subject.Issuer, ["jti"] = Jose.Random(), ["iat"] = now, ["exp"] = now + 60 });
        return form;
    }

    private string Proof(string method, string path, string? access)
    {
        var payload = new JsonObject
        {
            ["htm"] = method, ["htu"] = new Uri(subject.Address, path).AbsoluteUri, ["jti"] = Jose.Random(), ["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
        };
        if (access is not null)
            payload["ath"] = Jose.Sha256(access);
        return Jose.Sign(proofKey, new JsonObject { ["typ"] = "dpop+jwt", ["jwk"] = Jose.PublicJwk(proofKey, null) }, payload);
    }

    private async Task<JsonNode> Post(string path, Dictionary<string, string> form, string? proof = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/" + path) { Content = new FormUrlEncodedContent(form) };
        if (proof is not null)
            request.Headers.TryAddWithoutValidation("DPoP", proof);
        using var answer = await http.SendAsync(request);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<JsonNode>())!
            : throw new InvalidOperationException($"{subject.Name}: {path} {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }
}
