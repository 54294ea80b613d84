using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Identity.Signing.Tests.Csc;

/// <summary>A program with bearer tokens of the stand-in Provider, which says of them what a test wants.</summary>
public sealed class CscCaller(SigningSystem system, string client = "program", string subject = "pairwise-of-program") : IDisposable
{
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Ecdsa = "1.2.840.10045.4.3.2";
    private readonly HttpClient http = new() { BaseAddress = new Uri(system.Address) };

    public string Token(string scope, Action<JsonObject>? change = null)
    {
        var token = Random();
        var said = new JsonObject
        {
            ["active"] = true, ["scope"] = scope, ["client_id"] = client, ["sub"] = subject, ["aud"] = system.Address, ["exp"] = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
        };
        change?.Invoke(said);
        system.Provider.Tokens[token] = said;
        return token;
    }

    public async Task<string> Credential() => (await Expect(HttpStatusCode.OK, "credentials/list", Token("service"), new JsonObject()))["credentialIDs"]![0]!.GetValue<string>();

    /// <summary>The token of an approval of these hashes by the credential's key.</summary>
    public string Approved(string credential, params byte[][] hashes) => Approved(credential, hashes, null);

    public string Approved(string credential, byte[][] hashes, Action<JsonObject>? change, StandInPerson? person = null, TimeSpan? left = null) => Approval(
        $"\"credential\":\"{credential}\",\"signatures\":[{string.Join(',', hashes.Select((hash, number) => $$"""{"label":"document {{number}}","hash":"{{Encode(hash)}}"}"""))}]", 2, change, person, left);

    /// <summary>The token of an approval of documents.</summary>
    public string ApprovedDocument(params byte[][] digests) => Approval(
        $"\"documents\":[{string.Join(',', digests.Select((digest, number) => $$"""{"label":"document {{number}}","sha256":"{{Encode(digest)}}"}"""))}]", 1, null, null, null);

    private string Approval(string what, int version, Action<JsonObject>? change, StandInPerson? person, TimeSpan? left)
    {
        person ??= system.Provider.Person;
        var (id, expires) = (Random(), DateTimeOffset.FromUnixTimeSeconds((TimeProvider.System.GetUtcNow() + (left ?? TimeSpan.FromMinutes(5))).ToUnixTimeSeconds()));
        var canonical =
            $$"""{"type":"identity-approval","version":{{version}},"approval":"{{id}}","random":"{{Random()}}","person":"{{person.Identifier}}","client":"{{client}}","requester":"Program","purpose":"-",{{what}},"expires":"{{expires.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}"}""";
        var evidence = system.Provider.Evidence(id, client, canonical, expires, person, change);
        return Token("credential", said => said["authorization_details"] = new JsonArray(new JsonObject { ["type"] = "credential", ["approval_evidence"] = evidence }));
    }

    public static JsonObject Hashes(string credential, params byte[][] hashes) => new()
    {
        ["credentialID"] = credential, ["hashes"] = new JsonArray([.. hashes.Select(hash => JsonValue.Create(Convert.ToBase64String(hash)))]), ["signAlgo"] = Ecdsa,
    };

    public async Task<JsonNode> Expect(HttpStatusCode status, string method, string? token, JsonNode body)
    {
        var (actual, answer) = await Call(method, token, body.ToJsonString());
        Assert.True(actual == status, $"{actual}: {answer}");
        return answer;
    }

    /// <summary>The refusal that the specification has for it: 400, invalid_request and these words.</summary>
    public async Task Refused(string description, string method, string? token, JsonNode body) => await Refused(HttpStatusCode.BadRequest, "invalid_request", description, method, token, body);

    public async Task Refused(HttpStatusCode status, string error, string description, string method, string? token, JsonNode body)
    {
        var (actual, answer) = await Call(method, token, body.ToJsonString());
        Assert.Equal((status, error, description), (actual, (string?)answer["error"], (string?)answer["error_description"]));
    }

    public async Task<(HttpStatusCode Status, JsonNode Answer)> Call(string method, string? token, string body, string type = "application/json", string scheme = "Bearer")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "csc/v2/" + method) { Content = new StringContent(body, Encoding.UTF8, type) };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue(scheme, token);
        using var answer = await http.SendAsync(request, SigningSystem.Cancellation);
        return (answer.StatusCode, await SigningSystem.Json(answer));
    }

    public void Dispose() => http.Dispose();

    private static string Random() => Encode(RandomNumberGenerator.GetBytes(16));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
