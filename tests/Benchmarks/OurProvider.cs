using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Identity.Keys;
using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>The Provider of this repository, as built beside this program, with redis-server and a database file of its own.</summary>
internal sealed partial class OurProvider : Subject
{
    private const string DemoCode = "LIIS-7KQ4-M2XD";

    private readonly string directory = Directory.CreateTempSubdirectory("identity-benchmark-").FullName;
    private RedisServer? redis;

    public override string Name => "provider";

    public RedisServer Redis => redis!;

    public override async Task Start()
    {
        redis = await RedisServer.Start();
        var keys = Path.Combine(directory, "keys");
        WriteKeys(keys);
        foreach (var client in new[] { "tax-portal", "health-portal", "land-registry", "signing" })
            await File.WriteAllTextAsync(Path.Combine(directory, $"client-{client}.jwk.json"), Jose.PublicJwk(ClientKey, client).ToJsonString());
        var built = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await Run("dotnet",
            Path.Combine(Repository.Root, "src", "Identity.Provider", "bin", built, "net10.0", "Identity.Provider.dll"),
            "--environment=Development", $"--urls={Address}", $"--Provider:Issuer={Address}", $"--Provider:Database=Data Source={Path.Combine(directory, "provider.db")}",
            $"--Provider:Redis={redis.Endpoint}", $"--Provider:Keys={keys}", $"--Provider:Audit={Path.Combine(directory, "audit.jsonl")}",
            $"--Provider:SeedDemo:ClientKeys={directory}", "--Logging:LogLevel:Default=Error", "--Provider:RateLimits:PagesPerAddress=1000000", "--Provider:RateLimits:RequestsPerClient=1000000", "--Provider:RateLimits:SignInsPerPerson=1000000",
            $"--Provider:Clients:0:Id={ClientId}", "--Provider:Clients:0:Name=Benchmark", "--Provider:Clients:0:Profile=fapi2", "--Provider:Clients:0:Sector=bench.example",
            $"--Provider:Clients:0:RedirectUris:0={RedirectUri}", "--Provider:Clients:0:Scopes:0=openid", "--Provider:Clients:0:Scopes:1=profile",
            "--Provider:Clients:0:DpopBoundAccessTokens=true", $"--Provider:Clients:0:Jwks={Jose.PublicJwk(ClientKey, ClientId).ToJsonString()}");
    }

    /// <summary>Enrols with a demo code and a new passkey, and agrees once, through the pages that people use.</summary>
    public override async Task SignIn(HttpClient browser)
    {
        using var authenticator = new VirtualAuthenticator(Address.GetLeftPart(UriPartial.Authority));
        var page = await browser.GetStringAsync(new Uri("/enrol", UriKind.Relative));
        page = await Post(browser, "/enrol?handler=Code", ("code", DemoCode), ("__RequestVerificationToken", Field(page, "__RequestVerificationToken")));
        var token = ("__RequestVerificationToken", Field(page, "__RequestVerificationToken"));
        var enrolment = ("enrolment", Field(page, "enrolment"));
        using var ceremony = JsonDocument.Parse(await Post(browser, "/enrol?handler=Options", enrolment, token));
        await Post(browser, "/enrol?handler=Register", enrolment, token, ("ceremony", ceremony.RootElement.GetProperty("id").GetString()!),
            ("credential", authenticator.Register(ceremony.RootElement.GetProperty("optionsJson").GetString()!)));

        using var party = new RelyingParty(this, browser);
        var consent = await party.Authorize(await party.Push());
        if (!consent.StartsWith("/consent", StringComparison.Ordinal))
            return;
        var form = await browser.GetStringAsync(new Uri(consent, UriKind.Relative));
        var action = WebUtility.HtmlDecode(FormAction().Match(form).Groups[1].Value);
        await Post(browser, action, ("__RequestVerificationToken", Field(form, "__RequestVerificationToken")));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        redis?.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<string> Post(HttpClient browser, string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await browser.PostAsync(new Uri(path, UriKind.Relative), form);
        var body = await answer.Content.ReadAsStringAsync();
        return (int)answer.StatusCode < 400 ? body : throw new InvalidOperationException($"{path}: {answer.StatusCode} {body}");
    }

    private static string Field(string page, string name) =>
        WebUtility.HtmlDecode(Regex.Matches(page, $"""<input[^>]*name="{name}"[^>]*value="([^"]*)"[^>]*>""")[^1].Groups[1].Value);

    private static void WriteKeys(string keys)
    {
        Directory.CreateDirectory(keys);
        KeyRing.CreateDevelopmentKey(keys, "token-es256", KeyPurpose.TokenSigning, KeyAlgorithm.EcdsaP256);
        KeyRing.CreateDevelopmentKey(keys, "token-rs256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048);
        KeyRing.CreateDevelopmentKey(keys, "token-ps256", KeyPurpose.TokenSigning, KeyAlgorithm.Rsa2048);
        foreach (var (name, purpose) in new[] { ("token-encryption", KeyPurpose.TokenEncryption), ("data-protection", KeyPurpose.DataProtection) })
        {
            KeyRing.CreateDevelopmentKey(keys, name, purpose, KeyAlgorithm.Rsa2048);
            using var key = RSA.Create();
            key.ImportFromPem(File.ReadAllText(Path.Combine(keys, $"{name}.key.pem")));
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
            File.WriteAllText(Path.Combine(keys, $"{name}.cer.pem"), certificate.ExportCertificatePem());
        }
    }

    [GeneratedRegex("""<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>""")]
    private static partial Regex FormAction();
}
