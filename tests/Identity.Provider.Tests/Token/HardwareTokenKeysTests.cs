using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys;
using Identity.Provider.Token;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Tests.Token;

/// <summary>The Provider in production, where the keys that sign tokens must be in a hardware token.</summary>
public sealed class HardwareTokenKeysTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-provider-").FullName;
    private readonly string keys;
    private readonly SoftHsm hsm;

    public HardwareTokenKeysTests()
    {
        keys = Directory.CreateDirectory(Path.Combine(folder, "keys")).FullName;
        hsm = new SoftHsm(keys);
        WriteFileKey("token-encryption", KeyPurpose.TokenEncryption);
        WriteFileKey("data-protection", KeyPurpose.DataProtection);
    }

    public void Dispose()
    {
        hsm.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Starts_in_production_and_signs_tokens_with_each_algorithm()
    {
        hsm.Create("token-es256", "TokenSigning");
        hsm.Create("token-ps256", "TokenSigning", "Rsa2048");
        hsm.Create("token-rs256", "TokenSigning", "Rsa2048");
        using var redis = await RedisServer.Start();
        var address = $"http://localhost:{FreePort.Next()}";
        await using var app = ProviderApp.Build(Arguments(redis.Endpoint, address));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(address + "/health/ready", TestContext.Current.CancellationToken)).StatusCode);
        foreach (var algorithm in new[] { "ES256", "PS256", "RS256" })
        {
            var key = app.Services.GetRequiredService<TokenKeys>().Active(algorithm);
            var jwt = new JsonWebTokenHandler().CreateToken("""{"iss":"https://login.example/"}""", key.Credentials);
            var checkedToken = await new JsonWebTokenHandler().ValidateTokenAsync(jwt, new TokenValidationParameters
            {
                IssuerSigningKey = key.Published, ValidIssuer = "https://login.example/", ValidateAudience = false, ValidateLifetime = false, ValidAlgorithms = [algorithm],
            });
            Assert.True(checkedToken.IsValid, checkedToken.Exception?.Message);
        }

        // The module is mapped by its own process alone, never by the service, whose process this is.
        Assert.DoesNotContain("softhsm", await File.ReadAllTextAsync("/proc/self/maps", TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_token_signing_key_in_a_file_is_refused_in_production_by_name()
    {
        WriteFileKey("token-es256", KeyPurpose.TokenSigning);
        var refusal = Assert.Throws<ProviderSettingsException>(() => ProviderApp.Build(Arguments("localhost:1", "http://localhost:1")));
        Assert.EndsWith("Key 'token-es256' is a file; in production a key for TokenSigning must be in a hardware token.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_token_is_away_nothing_is_signed_and_503_says_so_and_logins_go_on_once_it_is_back()
    {
        await using var provider = await RunningProvider.With();
        await provider.Stop();
        File.Delete(Path.Combine(provider.KeyDirectory, "token-es256.key.pem"));
        using var token = new SoftHsm(provider.KeyDirectory);
        token.Create("token-es256", "TokenSigning");
        await provider.Start();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var answer = await browser.Authorize(agency);

        token.Pull();
        var refused = await agency.Redeem(answer["code"]);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (refused.Status, refused.Error));
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.DoesNotContain("token-es256", refused.Body, StringComparison.Ordinal);

        token.PutBack();
        using var http = new HttpClient();
        // The process of the token is started anew with a pause.
        for (var tries = 0; tries < 300 && (await http.GetAsync(provider.Origin + "/health/ready", TestContext.Current.CancellationToken)).StatusCode != HttpStatusCode.OK; tries++)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
    }

    private string[] Arguments(string redis, string address) =>
    [
        "--environment=Production", $"--urls={address}", "--Provider:Issuer=https://login.example/", $"--Provider:Database=Data Source={Path.Combine(folder, "provider.db")}",
        $"--Provider:Redis={redis}", $"--Provider:Keys={keys}", $"--Provider:Audit={Path.Combine(folder, "audit.jsonl")}", "--Logging:LogLevel:Default=Warning",
    ];

    /// <summary>A key that production takes as a file: without the development host's mark.</summary>
    private void WriteFileKey(string name, KeyPurpose purpose)
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(Path.Combine(keys, name + ".key.pem"), $"Purpose: {purpose}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        File.WriteAllText(Path.Combine(keys, name + ".cer.pem"), certificate.ExportCertificatePem());
    }
}
