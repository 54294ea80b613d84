using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Buffers.Text;
using Identity.Provider.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Clients;

/// <summary>The settings are the register of clients, whatever a database holds from before.</summary>
public sealed class ClientRegistryTests
{
    [Fact]
    public async Task A_client_with_an_RSA_key_signs_by_PS256_and_is_unknown_once_it_is_out_of_the_settings()
    {
        using var rsa = RSA.Create(2048);
        var keyFile = Path.GetTempFileName();
        var numbers = rsa.ExportParameters(false);
        await File.WriteAllTextAsync(keyFile, JsonSerializer.Serialize(new { kty = "RSA", n = Base64Url.EncodeToString(numbers.Modulus), e = Base64Url.EncodeToString(numbers.Exponent), kid = "rsa" }), TestContext.Current.CancellationToken);
        string[] registration =
        [
            "--Provider:Clients:0:Id=library", "--Provider:Clients:0:Name=Library", "--Provider:Clients:0:RedirectUris:0=https://library.example/back",
            "--Provider:Clients:0:Scopes:0=openid", "--Provider:Clients:0:Sector=library.example", $"--Provider:Clients:0:KeyFile={keyFile}",
            "--Provider:Clients:0:GrantTypes:0=authorization_code",
        ];
        await using var provider = await RunningProvider.With(registration);
        using var other = new Agency(provider, "tax-portal");

        Assert.Equal(HttpStatusCode.Created, (await Push("PS256", RSASignaturePadding.Pss)).Status);
        Assert.Equal("invalid_client", (await Push("RS256", RSASignaturePadding.Pkcs1)).Error);
        Assert.Equal("invalid_client", (await Push("PS256", RSASignaturePadding.Pkcs1)).Error);

        await provider.Restart();
        Assert.Equal("invalid_client", (await Push("PS256", RSASignaturePadding.Pss)).Error);
        Assert.Equal(HttpStatusCode.Created, (await other.Push(other.Request())).Status);
        using var browser = new Browser(provider);
        Authorize.RedirectUriTests.Stays(await browser.Get("/authorize?client_id=library&response_type=code&redirect_uri=https%3A%2F%2Flibrary.example%2Fback"));
        await provider.Restart(registration);
        Assert.Equal(HttpStatusCode.Created, (await Push("PS256", RSASignaturePadding.Pss)).Status);
        File.Delete(keyFile);

        Task<Reply> Push(string algorithm, RSASignaturePadding padding)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            var claims = new JsonObject
            {
                ["iss"] = "library", ["sub"] = "library", ["aud"] = provider.Issuer.AbsoluteUri, ["jti"] = Agency.Random(16), ["iat"] = now, ["exp"] = now + 60,
            };
            var request = other.Request("openid");
            request["redirect_uri"] = "https://library.example/back";
            request["client_id"] = "library";
            request["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            request["client_assertion"] = Jwt.Sign(claims, header => header["alg"] = algorithm, bytes => rsa.SignData(bytes, HashAlgorithmName.SHA256, padding));
            return other.Post("/par", request);
        }
    }

    [Fact]
    public async Task A_database_with_demo_people_is_refused_in_production()
    {
        await using var provider = await RunningProvider.With();
        var settings = provider.Services.GetRequiredService<ProviderSettings>() with { Production = true };
        var start = new ProviderStart(provider.Services, settings, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<ProviderSettingsException>(() => start.StartAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("Provider:Database: holds demo people", refused.Message, StringComparison.Ordinal);
    }
}
