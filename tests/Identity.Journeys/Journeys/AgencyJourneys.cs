using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Journeys;

/// <summary>What an agency can try at the development host without a person: seals at every level, and raising what is signed (specs/agency.md).</summary>
[Collection("whole system")]
public sealed class AgencyJourneys(WholeSystem system) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_land_registry_seals_a_document_at_any_level_and_has_it_raised()
    {
        await using var visitor = await system.Visit();
        var document = await OwnDocumentJourneys.MadeByChromium(visitor);
        var token = await Token();
        var basic = await Post("seals", document, "B-B", token);
        Judge(basic, document, "PAdES-BASELINE-B");
        Judge(await Post("seals", document, "B-LTA", token), document, "PAdES-BASELINE-LTA");
        Judge(await Post("extensions", basic, "B-LTA", token), basic, "PAdES-BASELINE-LTA");
    }

    private void Judge(byte[] sealed_, byte[] original, string level)
    {
        Assert.True(sealed_.AsSpan().StartsWith(original), "what was sent is a prefix of the answer");
        var file = Path.Combine(_folder.Path, level + ".pdf");
        File.WriteAllBytes(file, sealed_);
        Assert.Contains("Signature is Valid.", Tool.Run("pdfsig", "-nocert", file).Output, StringComparison.Ordinal);
        var (exitCode, printed) = new AtVerification(system.Host).CommandLine(sealed_);
        Assert.Equal(0, exitCode);
        var signature = printed.GetProperty("signatures")[0];
        Assert.Equal((level, "Land Registry"), (signature.GetProperty("level").GetString(), signature.GetProperty("signedBy").GetString()));
    }

    private async Task<byte[]> Post(string path, byte[] document, string level, string token)
    {
        using var part = new ByteArrayContent(document);
        part.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        using var form = new MultipartFormDataContent { { part, "document", "deed.pdf" }, { new StringContent(level), "level" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, system.Host.Address(200) + path) { Content = form, Headers = { Authorization = new("Bearer", token) } };
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{path} {level}: {answer.StatusCode} {(answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))}");
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>RFC 7523 with the land registry's own key.</summary>
    private async Task<string> Token()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(system.Host.Data, "keys-dev", "client-land-registry.key.pem"), TestContext.Current.CancellationToken));
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new { iss = "land-registry", sub = "land-registry", aud = system.Host.Address(0), iat = now, exp = now + 60, jti = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)) };
        var signed = Part(new { alg = "ES256", typ = "JWT" }) + "." + Part(claims);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["scope"] = "signing", ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = signed + "." + Base64Url.EncodeToString(key.SignData(System.Text.Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256)),
        });
        using var answer = await _http.PostAsync(new Uri(system.Host.Address(0) + "token"), form, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, text);
        return (string)JsonNode.Parse(text)!["access_token"]!;
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
