using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Provider.MutualTls;

namespace Identity.Provider.Peers;

/// <summary>npm's openid-client 6.8.9 over TLS with a certificate of its own (RFC 8705), made by Node's TLS.</summary>
public sealed class OpenIdClientMutualTlsTests(MutualTlsTests.WithMutualTls running) : IClassFixture<MutualTlsTests.WithMutualTls>
{
    private const string RedirectUri = "https://agency.example/callback";

    [Theory]
    [InlineData("by-subject", "tls_client_auth")]
    [InlineData("by-key", "self_signed_tls_client_auth")]
    public async Task Signs_in_with_pushed_request_and_a_certificate_that_its_tokens_are_bound_to(string client, string method)
    {
        var certificates = running.Certificates;
        var certificate = method == "tls_client_auth"
            ? certificates.Client("CN=Agency, O=Agencies, C=XX", certificates.Intermediate)
            : certificates.Client("CN=whoever", null, key: running.Key);
        var result = await Login(client, method, certificate);
        OpenIdClientTests.Complete(result, birthdate: null);
        var access = (string)result["accessToken"]!;
        Assert.NotNull((string?)Jwt.Payload(access)["cnf"]!["x5t#S256"]);
        // RFC 8705 3: bound by the certificate, not by its type.
        Assert.Equal("bearer", (string?)result["tokenType"], ignoreCase: true);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_gets_no_request_pushed()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Login("by-subject", "tls_client_auth", running.Certificates.Client("CN=Agency, O=Agencies, C=XX", running.Certificates.ForeignRoot)));
        Assert.Contains("invalid_client", failure.Message, StringComparison.Ordinal);
    }

    private async Task<JsonNode> Login(string client, string method, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        await running.Provider.Consent(client);
        var (address, result) = await OpenIdClientTests.Login(running.Provider, new JsonObject
        {
            ["clientId"] = client,
            ["redirectUri"] = RedirectUri,
            ["scope"] = "openid profile",
            ["authentication"] = new JsonObject
            {
                ["method"] = method,
                ["certificate"] = certificate.ExportCertificatePem(),
                ["privateKey"] = key.ExportPkcs8PrivateKeyPem(),
                ["authority"] = running.Certificates.Root.ExportCertificatePem(),
            },
            ["pushes"] = true,
        });
        Assert.Equal(["client_id", "request_uri"], SignedIn.Query(address).Keys.Order());
        return result;
    }
}
