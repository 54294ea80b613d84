using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.TestKit;

namespace Identity.Provider.MutualTls;

/// <summary>RFC 8705 over real TLS: who is authenticated by which certificate, and where a bound token is good.</summary>
public sealed class MutualTlsTests(MutualTlsTests.WithMutualTls setup) : IClassFixture<MutualTlsTests.WithMutualTls>
{
    private const string Subject = "CN=Agency, O=Agencies, C=XX";

    public sealed class WithMutualTls : IAsyncLifetime
    {
        private readonly string directory = Directory.CreateTempSubdirectory("identity-mutual-tls-").FullName;

        public TestCertificates Certificates { get; } = new();

        public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public X509Certificate2 Registered { get; private set; } = null!;

        public RunningProvider Provider { get; private set; } = null!;

        public Uri Address { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Address = new Uri($"https://localhost:{FreePort.Next()}/");
            using var server = Certificates.Client("CN=localhost", Certificates.Root, "localhost", "1.3.6.1.5.5.7.3.1");
            await File.WriteAllTextAsync(Path.Combine(directory, "server.crt"), server.ExportCertificatePem());
            await File.WriteAllTextAsync(Path.Combine(directory, "server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            await File.WriteAllTextAsync(Path.Combine(directory, "root.pem"), Certificates.Root.ExportCertificatePem());
            await File.WriteAllTextAsync(Path.Combine(directory, "issuing.pem"), Certificates.Intermediate.ExportCertificatePem());
            Registered = Certificates.Client("CN=Registered", null);
            Provider = await RunningProvider.With(provider =>
            [
                $"--Kestrel:Endpoints:Http:Url={provider.Origin}",
                $"--Kestrel:Endpoints:MutualTls:Url={Address.GetLeftPart(UriPartial.Authority)}",
                "--Kestrel:Endpoints:MutualTls:ClientCertificateMode=AllowCertificate",
                $"--Kestrel:Endpoints:MutualTls:Certificate:Path={Path.Combine(directory, "server.crt")}",
                $"--Kestrel:Endpoints:MutualTls:Certificate:KeyPath={Path.Combine(directory, "server.key")}",
                $"--Provider:MutualTls={Address}",
                $"--Provider:ClientCertificateAuthorities={directory}",
                .. ClientSettings.Of(
                    Client("by-subject", "tls_client_auth", client => client.TlsClientAuthSubjectDn = "CN=Agency,O=Agencies,C=XX", "fapi2"),
                    Client("by-name", "tls_client_auth", client => client.TlsClientAuthSanDns = "client.agency.example"),
                    Client("by-key", "self_signed_tls_client_auth", client => client.Jwks = ClientSettings.Jwks(Key, "a")),
                    Client("by-certificate", "self_signed_tls_client_auth", client => client.Jwks = WithCertificate(Registered)),
                    Client("by-assertion", "private_key_jwt", client => client.Jwks = ClientSettings.Jwks(Key, "a"), "fapi2")),
            ]);
        }

        public async ValueTask DisposeAsync()
        {
            await Provider.DisposeAsync();
            Certificates.Dispose();
            Key.Dispose();
            Directory.Delete(directory, recursive: true);
        }

        private static ClientOptions Client(string id, string method, Action<ClientOptions> change, string profile = "baseline")
        {
            var client = new ClientOptions
            {
                Id = id,
                Name = id,
                Profile = profile,
                RedirectUris = ["https://agency.example/callback"],
                Scopes = ["openid", "profile", "signing"],
                GrantTypes = ["authorization_code", "client_credentials"],
                TokenEndpointAuthMethod = method,
                TlsClientCertificateBoundAccessTokens = true,
                Sector = "agency.example",
            };
            change(client);
            return client;
        }

        private static string WithCertificate(X509Certificate2 certificate)
        {
            using var key = certificate.GetECDsaPublicKey()!;
            var jwks = JsonNode.Parse(ClientSettings.Jwks(key, "a"))!;
            jwks["keys"]![0]!["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData));
            return jwks.ToJsonString();
        }
    }

    private TestCertificates Certificates => setup.Certificates;

    public static TheoryData<string, string, Func<WithMutualTls, X509Certificate2?>> Good => new()
    {
        { "the subject, by the intermediate authority", "by-subject", s => s.Certificates.Client(Subject, s.Certificates.Intermediate) },
        { "the subject, by the root", "by-subject", s => s.Certificates.Client(Subject, s.Certificates.Root) },
        { "the name", "by-name", s => s.Certificates.Client("CN=whoever", s.Certificates.Intermediate, "client.agency.example") },
        { "the key, self-signed", "by-key", s => s.Certificates.Client("CN=whoever", null, key: s.Key) },
        { "the key, in another self-signed certificate", "by-key", s => s.Certificates.Client("CN=again", null, key: s.Key) },
        { "the registered certificate", "by-certificate", s => s.Registered },
    };

    public static TheoryData<string, string, Func<WithMutualTls, X509Certificate2?>> Bad => new()
    {
        { "none", "by-subject", _ => null },
        { "none of the name", "by-name", _ => null },
        { "none for the key", "by-key", _ => null },
        { "over", "by-subject", s => s.Certificates.Client(Subject, s.Certificates.Root, from: -3, to: -2) },
        { "not yet", "by-subject", s => s.Certificates.Client(Subject, s.Certificates.Root, from: 2, to: 3) },
        { "of a foreign authority", "by-subject", s => s.Certificates.Client(Subject, s.Certificates.ForeignRoot) },
        { "self-signed with the subject", "by-subject", s => s.Certificates.Client(Subject, null) },
        { "for servers", "by-subject", s => s.Certificates.Client(Subject, s.Certificates.Root, usage: "1.3.6.1.5.5.7.3.1") },
        { "of another subject", "by-subject", s => s.Certificates.Client("CN=Other, O=Agencies, C=XX", s.Certificates.Root) },
        { "of a subject in another order", "by-subject", s => s.Certificates.Client("C=XX, O=Agencies, CN=Agency", s.Certificates.Root) },
        { "of a subject that has more", "by-subject", s => s.Certificates.Client(Subject + ", OU=More", s.Certificates.Root) },
        { "of a subject whose one value reads like all", "by-subject", s => s.Certificates.Client("CN=\"Agency,O=Agencies,C=XX\"", s.Certificates.Root) },
        { "of another client", "by-subject", s => s.Certificates.Client("CN=whoever", s.Certificates.Root, "client.agency.example") },
        { "of another name", "by-name", s => s.Certificates.Client("CN=whoever", s.Certificates.Root, "other.agency.example") },
        { "of a name that is a wildcard", "by-name", s => s.Certificates.Client("CN=whoever", s.Certificates.Root, "*.agency.example") },
        { "of a name in the common name alone", "by-name", s => s.Certificates.Client("CN=client.agency.example", s.Certificates.Root) },
        { "self-signed with the name", "by-name", s => s.Certificates.Client("CN=whoever", null, "client.agency.example") },
        { "of another key", "by-key", s => s.Certificates.Client("CN=whoever", null) },
        { "of the key, over", "by-key", s => s.Certificates.Client("CN=whoever", null, from: -3, to: -2, key: s.Key) },
        { "of an authority and another key", "by-key", s => s.Certificates.Client(Subject, s.Certificates.Root) },
        { "of the registered key and another certificate", "by-certificate", s => s.Certificates.Client("CN=Registered", null, key: s.Registered.GetECDsaPrivateKey()) },
        { "for a client that is authenticated otherwise", "by-assertion", s => s.Certificates.Client("CN=whoever", null, key: s.Key) },
        { "for a client without any certificate", "tax-portal", s => s.Certificates.Client(Subject, s.Certificates.Root) },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public async Task Authenticates_and_binds_the_token(string row, string client, Func<WithMutualTls, X509Certificate2?> certificate)
    {
        Assert.NotEmpty(row);
        var shown = certificate(setup)!;
        Assert.Equal(HttpStatusCode.Created, (await Push(client, shown)).Status);
        var token = await Token(client, shown);
        Assert.True(token.Status == HttpStatusCode.OK, token.Body);
        Assert.Equal("Bearer", (string?)token.Json["token_type"]);
        // RFC 8705 3.1.
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(shown.RawData)), (string?)Jwt.Payload((string)token.Json["access_token"]!)["cnf"]!["x5t#S256"]);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_certificate_is_an_invalid_client(string row, string client, Func<WithMutualTls, X509Certificate2?> certificate)
    {
        Assert.NotEmpty(row);
        var shown = certificate(setup);
        foreach (var reply in new[] { await Push(client, shown), await Token(client, shown) })
            Assert.True(reply is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, $"{reply.Status} {reply.Body}");
    }

    [Fact]
    public async Task A_certificate_in_a_header_is_not_believed()
    {
        var certificate = Certificates.Client(Subject, Certificates.Root);
        using var agency = new Agency(setup.Provider, "by-subject");
        foreach (var header in new[] { "Client-Cert", "X-Client-Cert", "X-SSL-Client-Cert", "X-ARR-ClientCert" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/token")
            {
                Content = new FormUrlEncodedContent([new("client_id", "by-subject"), new("grant_type", "authorization_code"), new("code", "x")]),
            };
            request.Headers.TryAddWithoutValidation(header, Convert.ToBase64String(certificate.RawData));
            var reply = await agency.Send(request);
            Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (reply.Status, reply.Error));
        }
    }

    [Fact]
    public async Task A_bound_token_is_good_with_its_certificate_alone()
    {
        var own = Certificates.Client(Subject, Certificates.Root);
        using var agency = Agency("by-subject");
        using var browser = new Browser(setup.Provider);
        await browser.SignIn();
        await setup.Provider.Consent("by-subject");
        var pushed = await Push("by-subject", own, agency);
        var answer = await browser.Get(agency.AuthorizeUrl((string)pushed.Json["request_uri"]!));
        var form = agency.CodeRequest(SignedIn.Query(answer.Location!)["code"]);
        form["client_id"] = "by-subject";
        var tokens = await Post("/token", form, own);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        var access = (string)tokens.Json["access_token"]!;

        Assert.Equal(HttpStatusCode.OK, (await UserInfo(access, own)).Status);
        foreach (var refused in new[]
        {
            await UserInfo(access, null),
            await UserInfo(access, Certificates.Client(Subject, Certificates.Root)),
            await UserInfo(access, setup.Registered),
            await agency.UserInfo(access),
        })
        {
            Assert.True(refused.Status == HttpStatusCode.Unauthorized, $"{refused.Status} {refused.Body}");
            Assert.Contains("invalid_token", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }
    }

    // FAPI 2.0 5.3.2.1 (4), module ensure-holder-of-key-required.
    [Fact]
    public async Task A_client_that_signs_assertions_gets_bound_tokens_and_no_others()
    {
        using var agency = Agency("by-assertion");
        Dictionary<string, string> Form() => new(agency.Authenticated(agency.Assertion(sign: bytes => setup.Key.SignData(bytes, HashAlgorithmName.SHA256))))
        {
            ["grant_type"] = "client_credentials",
            ["scope"] = "signing",
        };
        var whatever = Certificates.Client("CN=whatever", null);
        var bound = await Post("/token", Form(), whatever);
        Assert.True(bound.Status == HttpStatusCode.OK, bound.Body);
        Assert.NotNull(Jwt.Payload((string)bound.Json["access_token"]!)["cnf"]!["x5t#S256"]);
        foreach (var refused in new[] { await Post("/token", Form(), null), await agency.Post("/token", Form()) })
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (refused.Status, refused.Error));
    }

    [Fact]
    public async Task Discovery_names_the_aliases_and_the_methods()
    {
        using var agency = Agency("by-subject");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        var document = (await agency.Send(request)).Json;
        Assert.True((bool)document["tls_client_certificate_bound_access_tokens"]!);
        var aliases = document["mtls_endpoint_aliases"]!;
        foreach (var (member, path) in new[] { ("token_endpoint", "token"), ("pushed_authorization_request_endpoint", "par"), ("userinfo_endpoint", "userinfo") })
            Assert.Equal(setup.Address + path, (string?)aliases[member]);
        var methods = document["token_endpoint_auth_methods_supported"]!.AsArray().Select(method => (string)method!).ToHashSet();
        Assert.Superset(new HashSet<string> { "tls_client_auth", "self_signed_tls_client_auth", "none", "private_key_jwt" }, methods);
        Assert.Equal(setup.Provider.Issuer.AbsoluteUri, (string?)document["issuer"]);
    }

    private Agency Agency(string client) => new(setup.Provider, client) { RedirectUri = "https://agency.example/callback" };

    private async Task<Reply> Push(string client, X509Certificate2? certificate, Agency? agency = null)
    {
        using var own = Agency(client);
        return await Post("/par", new((agency ?? own).Request()) { ["client_id"] = client }, certificate);
    }

    // A code that nobody gave out would be refused after the client; a client's own token shows more.
    private Task<Reply> Token(string client, X509Certificate2? certificate) => Post(
        "/token",
        certificate is null
            ? new() { ["client_id"] = client, ["grant_type"] = "authorization_code", ["code"] = "unknown" }
            : new() { ["client_id"] = client, ["grant_type"] = "client_credentials", ["scope"] = "signing" },
        certificate);

    private async Task<Reply> Post(string path, Dictionary<string, string> form, X509Certificate2? certificate)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        return await Send(request, certificate);
    }

    private async Task<Reply> UserInfo(string accessToken, X509Certificate2? certificate)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) } };
        return await Send(request, certificate);
    }

    private async Task<Reply> Send(HttpRequestMessage request, X509Certificate2? certificate)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { Certificates.Root }, RevocationMode = X509RevocationMode.NoCheck },
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
            },
        }) { BaseAddress = setup.Address };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer.Headers);
    }
}
