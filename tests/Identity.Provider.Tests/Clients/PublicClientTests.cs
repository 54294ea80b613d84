using System.Net;
using Identity.Provider.Dpop;

namespace Identity.Provider.Clients;

/// <summary>A public client, such as a page's script: no secret, PKCE, every token bound by DPoP, and CORS for its origin and for no other.</summary>
public sealed class PublicClientTests(PublicClientTests.WithPublicClient setup) : IClassFixture<PublicClientTests.WithPublicClient>
{
    private const string Id = "page-script";
    private const string Origin = "https://app.example:8443";
    private const string Callback = Origin + "/callback?from=identity";

    public sealed class WithPublicClient : IAsyncLifetime
    {
        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
        {
            Id = Id,
            Name = "Page script",
            RedirectUris = [Callback],
            Scopes = ["openid", "profile"],
            TokenEndpointAuthMethod = "none",
            DpopBoundAccessTokens = true,
            Sector = "app.example",
        }));

        public ValueTask DisposeAsync() => Provider.DisposeAsync();
    }

    private RunningProvider Provider => setup.Provider;

    [Fact]
    public async Task Signs_in_with_PKCE_and_a_proof_and_reads_userinfo_with_the_key()
    {
        using var agency = Client();
        using var key = new DpopKey(Provider);
        var code = await Code(agency);
        var tokens = await agency.Post("/token", Unauthenticated(agency.CodeRequest(code)), key.Proof("POST", "token"));
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        Assert.Equal("DPoP", (string?)tokens.Json["token_type"]);
        var bearer = await agency.UserInfo((string)tokens.Json["access_token"]!);
        Assert.Equal(HttpStatusCode.Unauthorized, bearer.Status);
    }

    [Fact]
    public async Task Without_a_proof_there_is_no_token()
    {
        using var agency = Client();
        var refused = await agency.Post("/token", Unauthenticated(agency.CodeRequest(await Code(agency))));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_dpop_proof"), (refused.Status, refused.Error));
    }

    [Theory]
    [InlineData("another verifier")]
    [InlineData("no verifier")]
    public async Task A_stolen_code_is_of_no_use(string row)
    {
        using var agency = Client();
        using var key = new DpopKey(Provider);
        var form = Unauthenticated(agency.CodeRequest(await Code(agency)));
        if (row == "no verifier")
            form.Remove("code_verifier");
        else
            form["code_verifier"] = Agency.Random(32);
        var refused = await agency.Post("/token", form, key.Proof("POST", "token"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (refused.Status, refused.Error));
    }

    [Fact]
    public async Task A_request_without_PKCE_is_refused()
    {
        using var agency = Client();
        var form = agency.Request();
        form.Remove("code_challenge");
        form.Remove("code_challenge_method");
        var refused = await agency.Post("/par", Unauthenticated(form));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (refused.Status, refused.Error));
    }

    [Theory]
    [InlineData("client_secret", "secret")]
    [InlineData("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]
    public async Task Credentials_that_it_does_not_have_are_refused(string name, string value)
    {
        using var agency = Client();
        var form = Unauthenticated(agency.Request());
        form[name] = value;
        var refused = await agency.Post("/par", form);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (refused.Status, refused.Error));
    }

    [Fact]
    public async Task A_client_with_a_key_is_not_public()
    {
        using var agency = new Agency(Provider, "tax-portal");
        var form = agency.CodeRequest("code");
        form["client_id"] = agency.ClientId;
        var refused = await agency.Post("/token", form);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (refused.Status, refused.Error));
    }

    [Theory]
    [InlineData("/.well-known/openid-configuration", "GET")]
    [InlineData("/.well-known/jwks", "GET")]
    [InlineData("/par", "POST")]
    [InlineData("/token", "POST")]
    [InlineData("/userinfo", "GET")]
    public async Task Its_origin_may_ask_and_read(string path, string method)
    {
        var preflight = await Ask(HttpMethod.Options, path, Origin, method);
        Assert.Equal(HttpStatusCode.NoContent, preflight.Status);
        Assert.Contains(method, Header(preflight, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal("Authorization, Content-Type, DPoP", Header(preflight, "Access-Control-Allow-Headers"));
        foreach (var reply in new[] { preflight, await Ask(new HttpMethod(method), path, Origin) })
        {
            Assert.Equal(Origin, Header(reply, "Access-Control-Allow-Origin"));
            Assert.Null(Header(reply, "Access-Control-Allow-Credentials"));
            Assert.Contains("Origin", Header(reply, "Vary"), StringComparison.Ordinal);
        }

        // The answer to a refused request is read too: the nonce is in it.
        Assert.Equal("DPoP-Nonce, WWW-Authenticate", Header(await Ask(new HttpMethod(method), path, Origin), "Access-Control-Expose-Headers"));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://app.example")]
    [InlineData("http://app.example:8443")]
    [InlineData("https://app.example:8443.evil.example")]
    [InlineData("https://APP.example:8443")]
    [InlineData("https://app.example:8443/")]
    [InlineData("null")]
    public async Task No_other_origin_may(string origin)
    {
        foreach (var path in new[] { "/.well-known/openid-configuration", "/token", "/userinfo" })
        {
            Assert.Null(Header(await Ask(HttpMethod.Get, path, origin), "Access-Control-Allow-Origin"));
            var preflight = await Ask(HttpMethod.Options, path, origin, "POST");
            Assert.NotEqual(HttpStatusCode.NoContent, preflight.Status);
            Assert.Null(Header(preflight, "Access-Control-Allow-Origin"));
            Assert.Contains("Origin", Header(preflight, "Vary"), StringComparison.Ordinal);
        }
    }

    // The redirect URIs of clients that keep a secret are no permission for scripts.
    [Fact]
    public async Task The_origin_of_a_client_with_a_key_may_not()
    {
        using var portal = new Agency(Provider, "tax-portal");
        var origin = new Uri(portal.RedirectUri).GetLeftPart(UriPartial.Authority);
        Assert.Null(Header(await Ask(HttpMethod.Get, "/.well-known/openid-configuration", origin), "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/authorize")]
    [InlineData("/login")]
    [InlineData("/")]
    public async Task Nobody_may_where_people_are(string path)
    {
        Assert.Null(Header(await Ask(HttpMethod.Get, path, Origin), "Access-Control-Allow-Origin"));
        var preflight = await Ask(HttpMethod.Options, path, Origin, "GET");
        Assert.NotEqual(HttpStatusCode.NoContent, preflight.Status);
        Assert.Null(Header(preflight, "Access-Control-Allow-Origin"));
    }

    private static Dictionary<string, string> Unauthenticated(Dictionary<string, string> form) => new(form) { ["client_id"] = Id };

    private static string? Header(Reply reply, string name) => reply.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private Agency Client() => new(Provider, Id) { RedirectUri = Callback };

    private async Task<string> Code(Agency agency)
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(Id);
        var pushed = await agency.Post("/par", Unauthenticated(agency.Request()));
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
        var answer = await browser.Get(agency.AuthorizeUrl((string)pushed.Json["request_uri"]!));
        return SignedIn.Query(answer.Location!)["code"];
    }

    private async Task<Reply> Ask(HttpMethod method, string path, string origin, string? requested = null)
    {
        using var agency = Client();
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Origin", origin);
        if (requested is not null)
            request.Headers.TryAddWithoutValidation("Access-Control-Request-Method", requested);
        return await agency.Send(request);
    }
}
