using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Identity.Provider.Token;

/// <summary>OpenID Connect Registration 2: the ID token has the algorithm that the client is registered for, and verifies with the published key.</summary>
public sealed class IdTokenAlgorithmTests
{
    [Fact]
    public async Task A_client_registered_for_RS256_gets_RS256_and_the_others_ES256()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var point = key.ExportParameters(false).Q;
        await File.WriteAllTextAsync(
            file, JsonSerializer.Serialize(new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) }), TestContext.Current.CancellationToken);
        await using var provider = await RunningProvider.With(
            "--Provider:Clients:0:Id=old-library", "--Provider:Clients:0:Name=Old Library", "--Provider:Clients:0:Sector=old.example", $"--Provider:Clients:0:KeyFile={file}",
            "--Provider:Clients:0:RedirectUris:0=http://localhost:7777/callback", "--Provider:Clients:0:Scopes:0=openid", "--Provider:Clients:0:Scopes:1=profile",
            "--Provider:Clients:0:IdTokenSignedResponseAlg=RS256");
        provider.ClientKeys["old-library"] = key;

        using var old = new Agency(provider, "old-library") { RedirectUri = "http://localhost:7777/callback" };
        var token = await IdToken(provider, old);
        Assert.Equal("RS256", (string?)Jwt.Header(token)["alg"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks");
        var published = (await old.Send(request)).Json["keys"]!.AsArray().Single(one => (string?)one!["kid"] == (string?)Jwt.Header(token)["kid"])!;
        using var rsa = RSA.Create(new RSAParameters { Modulus = Base64Url.DecodeFromChars((string)published["n"]!), Exponent = Base64Url.DecodeFromChars((string)published["e"]!) });
        var parts = token.Split('.');
        Assert.True(rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        using var tax = new Agency(provider, "tax-portal");
        Assert.Equal("ES256", (string?)Jwt.Header(await IdToken(provider, tax))["alg"]);
    }

    private static async Task<string> IdToken(RunningProvider provider, Agency agency)
    {
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent(agency.ClientId);
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        // The access token is for this Provider and stays as it is.
        Assert.Equal("ES256", (string?)Jwt.Header((string)reply.Json["access_token"]!)["alg"]);
        return (string)reply.Json["id_token"]!;
    }
}
