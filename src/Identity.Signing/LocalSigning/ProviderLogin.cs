using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Keys;

namespace Identity.Signing.LocalSigning;

/// <summary>
/// A native program's way to a person's token (RFC 8252): pushed request (RFC 9126), code with PKCE (RFC 7636) to a port of this machine, token bound to
/// this process's key (RFC 9449). There is no secret; the key ends with the process.
/// </summary>
public sealed class ProviderLogin(HttpClient http, Uri issuer, string clientId, Func<Uri, Task> open, TimeProvider time)
{
    private const int LargestAnswer = 1024 * 1024;

    private readonly SigningKey key = KeyRing.ForThisProcess("sign-command");
    private (Uri Pushed, Uri Authorize, Uri Token)? endpoints;

    /// <summary>A token with this scope for this service.</summary>
    /// <param name="details">RFC 9396: what the person is to approve; null: nothing.</param>
    public async Task<string> Token(string scope, Uri service, JsonArray? details, CancellationToken cancellation)
    {
        var (pushed, authorize, token) = endpoints ??= await Discover(cancellation);
        using var loopback = new LoopbackAnswer();
        var (verifier, state) = (Random(), Random());
        var asked = new Dictionary<string, string>
        {
            ["client_id"] = clientId, ["response_type"] = "code", ["redirect_uri"] = loopback.RedirectUri, ["scope"] = "openid " + scope, ["state"] = state, ["nonce"] = Random(),
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))), ["code_challenge_method"] = "S256", ["resource"] = service.AbsoluteUri,
        };
        if (details is not null)
            asked["authorization_details"] = details.ToJsonString();
        var request = Text(await Post(pushed, asked, cancellation), "request_uri");
        await open(new Uri($"{authorize.AbsoluteUri}?client_id={Uri.EscapeDataString(clientId)}&request_uri={Uri.EscapeDataString(request)}"));

        var answer = await loopback.Wait(state, cancellation);
        // RFC 9207 2.4: another server's answer is not taken to this one.
        if (answer["iss"] != issuer.AbsoluteUri)
            throw new RemoteRefusedException("wrong_issuer", "The answer came from another provider.");
        if (answer["code"] is not { Length: > 0 } code)
            throw new RemoteRefusedException(answer["error"] == "access_denied" ? "declined" : "provider_refused", answer["error"] == "access_denied" ? "You did not approve. Nothing was signed." : $"The Provider answered {answer["error"]}.");
        return Text(await Post(token, new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code", ["client_id"] = clientId, ["code"] = code, ["redirect_uri"] = loopback.RedirectUri, ["code_verifier"] = verifier,
            ["resource"] = service.AbsoluteUri,
        }, cancellation), "access_token");
    }

    /// <summary>RFC 9449 4.2.</summary>
    public string Proof(string address, string? token, string? nonce)
    {
        using var framework = key.AsEcdsa();
        var point = framework.ExportParameters(false).Q;
        var header = new JsonObject
        {
            ["typ"] = "dpop+jwt", ["alg"] = "ES256",
            ["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) },
        };
        var claims = new JsonObject { ["htm"] = "POST", ["htu"] = address, ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(), ["jti"] = Random() };
        if (token is not null)
            claims["ath"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
        if (nonce is not null)
            claims["nonce"] = nonce;
        var signed = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header)) + "." + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims));
        return signed + "." + Base64Url.EncodeToString(key.SignHashConcatenated(SignatureScheme.EcdsaSha256, SHA256.HashData(Encoding.ASCII.GetBytes(signed))));
    }

    /// <summary>OpenID Connect Discovery 4.3: the metadata's issuer is the one asked, and its endpoints are there.</summary>
    private async Task<(Uri Pushed, Uri Authorize, Uri Token)> Discover(CancellationToken cancellation)
    {
        using var answer = await http.GetAsync(new Uri(issuer, ".well-known/openid-configuration"), cancellation);
        var metadata = await Read(answer, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK || Text(metadata, "issuer") != issuer.AbsoluteUri)
            throw new RemoteRefusedException("provider_unavailable", "The Provider does not tell how to reach it.");
        return (Endpoint(metadata, "pushed_authorization_request_endpoint"), Endpoint(metadata, "authorization_endpoint"), Endpoint(metadata, "token_endpoint"));
    }

    private Uri Endpoint(JsonNode metadata, string name) =>
        Uri.TryCreate(Text(metadata, name), UriKind.Absolute, out var endpoint) && endpoint.GetLeftPart(UriPartial.Authority) == issuer.GetLeftPart(UriPartial.Authority)
            ? endpoint
            : throw new RemoteRefusedException("provider_unavailable", "The Provider's addresses are elsewhere.");

    private async Task<JsonNode> Post(Uri address, Dictionary<string, string> form, CancellationToken cancellation)
    {
        for (string? nonce = null; ;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
            request.Headers.TryAddWithoutValidation("DPoP", Proof(address.AbsoluteUri, null, nonce));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var json = await Read(response, cancellation);
            if (response.IsSuccessStatusCode)
                return json;
            // RFC 9449 8: once, with the nonce that was given.
            if (nonce is null && (string?)json["error"] == "use_dpop_nonce" && response.Headers.TryGetValues("DPoP-Nonce", out var given))
                nonce = given.First();
            else
                throw new RemoteRefusedException("provider_refused", string.Create(CultureInfo.InvariantCulture, $"The Provider answered {(int)response.StatusCode}: {(string?)json["error"]} {(string?)json["error_description"]}"));
        }
    }

    internal static async Task<JsonNode> Read(HttpResponseMessage response, CancellationToken cancellation)
    {
        await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation), documentOptions: new JsonDocumentOptions { MaxDepth = 16 }) as JsonObject
            ?? throw new RemoteRefusedException("unexpected_answer", "An answer is not what was agreed.");
    }

    internal static string Text(JsonNode json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : throw new RemoteRefusedException("unexpected_answer", $"An answer has no {name}.");

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
