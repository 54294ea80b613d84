using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.Logout;
using Identity.Provider.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Identity.TestKit;

namespace Identity.Provider.Peers;

/// <summary>Debian's mod_auth_openidc 2.4.12: what stands before a ministry's existing pages. It cannot push requests, so it is a legacy client.</summary>
public sealed class ApacheTests
{
    private const string Client = "ministry";
    private const string Secret = "ministry-secret-of-more-than-forty-three-characters";

    [Fact]
    public async Task A_page_behind_Apache_opens_after_a_login_with_a_secret()
    {
        var port = FreePort.Next();
        await using var provider = await Provider(port, SecretClient);
        using var apache = await ApacheServer.Start(port, provider.Issuer.AbsoluteUri, WithSecret);
        using var visitor = new Visitor(apache, provider);
        await visitor.SignIn();
        await visitor.Sees("Liis Tamm");
    }

    [Fact]
    public async Task A_page_behind_Apache_opens_after_a_login_with_a_key()
    {
        var port = FreePort.Next();
        using var key = RSA.Create(2048);
        await using var provider = await Provider(port, client => client.Jwks = RsaJwks(key));
        // The module wants its keys named before the method that uses them, and breaks without the certificate of the same key.
        using var apache = await ApacheServer.Start(port, provider.Issuer.AbsoluteUri, """
            OIDCClientID ministry
            OIDCPublicKeyFiles ministry#{folder}/key.cer
            OIDCPrivateKeyFiles ministry#{folder}/key.pem
            OIDCProviderTokenEndpointAuth private_key_jwt
            """, ("key.pem", key.ExportPkcs8PrivateKeyPem()), ("key.cer", Certificate(key)));
        using var visitor = new Visitor(apache, provider);
        await visitor.SignIn();
        await visitor.Sees("Liis Tamm");
    }

    [Fact]
    public async Task Another_secret_opens_nothing()
    {
        var port = FreePort.Next();
        await using var provider = await Provider(port, SecretClient);
        using var apache = await ApacheServer.Start(port, provider.Issuer.AbsoluteUri, WithSecret.Replace(Secret, new string('x', 43), StringComparison.Ordinal));
        using var visitor = new Visitor(apache, provider);
        using var back = await visitor.Back();
        Assert.NotEqual(HttpStatusCode.Found, back.StatusCode);
        Assert.Contains("invalid_client", apache.Log, StringComparison.Ordinal);
        await visitor.MustSignIn();
    }

    [Fact]
    public async Task Signing_out_at_the_Provider_ends_the_session_at_Apache()
    {
        var port = FreePort.Next();
        await using var provider = await Provider(port, SecretClient);
        using var apache = await ApacheServer.Start(port, provider.Issuer.AbsoluteUri, WithSecret);
        using var visitor = new Visitor(apache, provider);
        using var other = new Visitor(apache, provider);
        await visitor.SignIn();
        await other.SignIn();
        await visitor.SignOutAtTheProvider();
        Assert.Equal(LogoutDeliveryState.Delivered, await visitor.Told());
        await visitor.MustSignIn();
        // Another session of the same person is none of this (Back-Channel Logout 2.7: sid).
        await other.Sees("Liis Tamm");
    }

    [Fact]
    public async Task Signing_out_at_Apache_ends_the_session_at_the_Provider_without_a_question()
    {
        var port = FreePort.Next();
        await using var provider = await Provider(port, SecretClient);
        using var apache = await ApacheServer.Start(port, provider.Issuer.AbsoluteUri, WithSecret);
        using var visitor = new Visitor(apache, provider);
        await visitor.SignIn();
        Assert.Equal(SignedOutPage(port), await visitor.SignOutAtApache());
        await visitor.MustSignIn();
        Assert.False(await visitor.IsSignedInAtTheProvider());
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task A_logout_token_that_is_none_is_refused_and_the_session_stays(string token)
    {
        var port = FreePort.Next();
        await using var provider = await Provider(port, SecretClient);
        using var apache = await ApacheServer.Start(port, provider.Issuer.AbsoluteUri, WithSecret);
        using var visitor = new Visitor(apache, provider);
        await visitor.SignIn();
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.SendsLogout(token));
        await visitor.Sees("Liis Tamm");
    }

    private static string SignedOutPage(int port) => $"http://localhost:{port}/signed-out";

    private static void SecretClient(ClientOptions client)
    {
        client.TokenEndpointAuthMethod = "client_secret_basic";
        client.ClientSecret = Secret;
    }

    private const string WithSecret = $"""
        OIDCClientID {Client}
        OIDCClientSecret {Secret}
        OIDCProviderTokenEndpointAuth client_secret_basic
        """;

    private static async Task<RunningProvider> Provider(int port, Action<ClientOptions> authentication)
    {
        var client = new ClientOptions
        {
            Id = Client,
            Name = "Ministry",
            Profile = "legacy",
            RedirectUris = [ApacheServer.RedirectUri(port)],
            PostLogoutRedirectUris = [SignedOutPage(port)],
            Scopes = ["openid", "profile"],
            Sector = "ministry.example",
            BackchannelLogoutUri = ApacheServer.LogoutUri(port),
            BackchannelLogoutSessionRequired = true,
        };
        authentication(client);
        var provider = await RunningProvider.With(ClientSettings.Of(client));
        await provider.Consent(Client);
        return provider;
    }

    private static string RsaJwks(RSA key)
    {
        var numbers = key.ExportParameters(includePrivateParameters: false);
        var jwk = new JsonObject
        {
            ["kty"] = "RSA", ["kid"] = Client, ["n"] = Base64Url.EncodeToString(numbers.Modulus), ["e"] = Base64Url.EncodeToString(numbers.Exponent),
        };
        return new JsonObject { ["keys"] = new JsonArray(jwk) }.ToJsonString();
    }

    private static string Certificate(RSA key)
    {
        var request = new CertificateRequest("CN=ministry", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        return certificate.ExportCertificatePem();
    }

    /// <summary>One person's browser, which holds the cookies of both sites.</summary>
    private sealed class Visitor : IDisposable
    {
        private readonly ApacheServer apache;
        private readonly HttpClient http;
        private readonly Browser browser;
        private PersonSession? session;

        public Visitor(ApacheServer apache, RunningProvider provider)
        {
            this.apache = apache;
            browser = new Browser(provider);
            http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(apache.Origin) };
            http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        }

        public Task<HttpResponseMessage> Page() => http.GetAsync(new Uri("/protected/page", UriKind.Relative));

        /// <summary>Apache's answer to the browser that comes back from the Provider.</summary>
        public async Task<HttpResponseMessage> Back()
        {
            session = await browser.SignIn();
            using var asked = await Page();
            Assert.True(asked.StatusCode == HttpStatusCode.Found, $"{asked.StatusCode} {apache.Log}");
            var callback = await browser.Arrives(asked.Headers.Location!.AbsoluteUri, apache.Origin + "/protected/redirect_uri");
            return await http.GetAsync(new Uri(callback));
        }

        public async Task SignIn()
        {
            using var back = await Back();
            Assert.True(back.StatusCode == HttpStatusCode.Found, $"{back.StatusCode} {apache.Log}");
            Assert.Equal(apache.Origin + "/protected/page", back.Headers.Location!.AbsoluteUri);
        }

        public async Task Sees(string name)
        {
            using var page = await Page();
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Equal("protected page", await page.Content.ReadAsStringAsync());
            Assert.Equal(name, Assert.Single(page.Headers.GetValues("X-Name")));
            Assert.NotEmpty(Assert.Single(page.Headers.GetValues("X-User")));
        }

        public async Task MustSignIn()
        {
            using var page = await Page();
            Assert.Equal(HttpStatusCode.Found, page.StatusCode);
            Assert.StartsWith(browser.Provider.Issuer.AbsoluteUri + "authorize?", page.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        }

        public async Task SignOutAtTheProvider() => await browser.Post("/?handler=SignOut", await browser.Get("/"));

        /// <summary>What became of the logout token for Apache.</summary>
        public async Task<LogoutDeliveryState> Told()
        {
            var outbox = browser.Provider.Services.GetRequiredService<LogoutOutbox>();
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                var deliveries = await outbox.List(100);
                if (deliveries.SingleOrDefault(one => one.SessionId == session!.SessionId) is { State: not LogoutDeliveryState.Pending } delivery)
                    return delivery.State;
                await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
            }
        }

        /// <summary>Where Apache's own logout leaves the browser.</summary>
        public async Task<string> SignOutAtApache()
        {
            using var leaving = await http.GetAsync(new Uri("/protected/redirect_uri?logout=" + Uri.EscapeDataString(apache.Origin + "/signed-out"), UriKind.Relative));
            Assert.True(leaving.StatusCode == HttpStatusCode.Found, $"{leaving.StatusCode} {apache.Log}");
            return await browser.Arrives(leaving.Headers.Location!.AbsoluteUri, apache.Origin);
        }

        public Task<bool> IsSignedInAtTheProvider() => browser.IsSignedIn();

        public async Task<HttpStatusCode> SendsLogout(string token)
        {
            using var form = new FormUrlEncodedContent([new("logout_token", token)]);
            using var answer = await http.PostAsync(new Uri("/protected/redirect_uri?logout=backchannel", UriKind.Relative), form);
            return answer.StatusCode;
        }

        public void Dispose()
        {
            http.Dispose();
            browser.Dispose();
        }
    }
}
