using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Provider.Authorize;

namespace Identity.Provider.Conformance;

/// <summary>
/// The modules of <c>oidcc-basic-certification-test-plan</c> and <c>oidcc-config-certification-test-plan</c>; each test has the name of its module
/// without <c>oidcc-</c>. <c>idtoken-unsigned</c> and the request objects are skipped by the plan when <c>none</c> is not announced; here they show the refusal.
/// </summary>
public sealed class OidcBasicTests(ProviderWithBasicClients running) : IClassFixture<ProviderWithBasicClients>, IDisposable
{
    private readonly BasicRelyingParty client = new(running.Provider, ProviderWithBasicClients.Basic);
    private readonly BasicRelyingParty second = new(running.Provider, ProviderWithBasicClients.Post);

    private RunningProvider Provider => running.Provider;

    public void Dispose()
    {
        client.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Server()
    {
        var tokens = await client.Tokens();
        Assert.Equal("Bearer", (string?)tokens.Json["token_type"]);
        var claims = IdToken(tokens);
        Assert.Equal(Provider.Issuer.AbsoluteUri, (string?)claims["iss"]);
        Assert.Equal(client.ClientId, (string?)claims["aud"]);
        Assert.Equal(client.Nonce, (string?)claims["nonce"]);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange((long)claims["iat"]!, now - 60, now + 5);
        Assert.True((long)claims["exp"]! > now);
        Assert.InRange(((string)claims["sub"]!).Length, 1, 255);
        Assert.NotNull(claims["auth_time"]);
        // OpenID Connect Core 3.1.3.6.
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes((string)tokens.Json["access_token"]!));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(hash.AsSpan(0, 16)), (string?)claims["at_hash"]);
    }

    [Fact]
    public async Task Response_type_missing()
    {
        using var browser = new Browser(Provider);
        var page = await client.Begin(browser, request => request.Remove("response_type"));
        Assert.True(page.Location is not null, $"{page.Status} {page.Body}");
        Assert.Equal("invalid_request", SignedIn.Query(page.Location!)["error"]);
    }

    [Fact]
    public async Task Idtoken_signature()
    {
        var token = (string)(await client.Tokens()).Json["id_token"]!;
        Assert.Equal("RS256", (string?)Jwt.Header(token)["alg"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks");
        var jwk = (await client.Send(request)).Json["keys"]!.AsArray().Single(key => (string?)key!["kid"] == (string?)Jwt.Header(token)["kid"])!;
        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = System.Buffers.Text.Base64Url.DecodeFromChars((string)jwk["n"]!), Exponent = System.Buffers.Text.Base64Url.DecodeFromChars((string)jwk["e"]!),
        });
        var parts = token.Split('.');
        Assert.True(rsa.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Fact]
    public async Task Idtoken_unsigned() => Assert.DoesNotContain("none", await Discovered("id_token_signing_alg_values_supported"));

    [Fact]
    public async Task Userinfo_get()
    {
        var tokens = await client.Tokens();
        SameSubject(tokens, await client.UserInfo(Access(tokens)));
    }

    [Fact]
    public async Task Userinfo_post_header()
    {
        var tokens = await client.Tokens();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/userinfo") { Headers = { Authorization = new("Bearer", Access(tokens)) } };
        SameSubject(tokens, await client.Send(request));
    }

    [Fact]
    public async Task Userinfo_post_body()
    {
        var tokens = await client.Tokens();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/userinfo") { Content = new FormUrlEncodedContent([new("access_token", Access(tokens))]) };
        SameSubject(tokens, await client.Send(request));
    }

    [Fact]
    public async Task Ensure_request_without_nonce_succeeds() => Assert.Null(IdToken(await client.Tokens(request => request.Remove("nonce")))["nonce"]);

    [Fact]
    public Task Scope_profile() => Gives("openid profile", "name", "given_name", "family_name");

    [Fact]
    public Task Scope_email() => Gives("openid email", "email", "email_verified");

    [Fact]
    public Task Scope_address() => Gives("openid address", "address");

    [Fact]
    public Task Scope_phone() => Gives("openid phone", "phone_number", "phone_number_verified");

    [Fact]
    public Task Scope_all() => Gives("openid profile email address phone", "name", "email", "address", "phone_number");

    [Fact]
    public async Task Alternate_happy_flow() =>
        Assert.Equal(HttpStatusCode.OK, (await client.UserInfo(Access(await client.Tokens(request => request["scope"] = "openid profile email")))).Status);

    [Fact]
    public Task Display_page() => Succeeds("display", "page");

    [Fact]
    public Task Display_popup() => Succeeds("display", "popup");

    [Fact]
    public Task Ui_locales() => Succeeds("ui_locales", "et se");

    [Fact]
    public Task Claims_locales() => Succeeds("claims_locales", "se");

    [Fact]
    public Task Login_hint() => Succeeds("login_hint", "liis@example.ee");

    [Fact]
    public Task Ensure_request_with_unknown_parameter_succeeds() => Succeeds("extra", "foobar");

    [Fact]
    public Task Ensure_request_with_acr_values_succeeds() => Succeeds("acr_values", "http://eidas.europa.eu/LoA/substantial http://eidas.europa.eu/LoA/low");

    [Fact]
    public async Task Prompt_login()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn(ago: TimeSpan.FromMinutes(2));
        var before = (long)IdToken(await client.Redeem((await client.Answer(browser))["code"]))["auth_time"]!;
        var login = await client.Begin(browser, request => request["prompt"] = "login");
        Assert.StartsWith("/login?returnUrl=", login.Location, StringComparison.Ordinal);
        await browser.SignIn();
        var page = await browser.Get(SignedIn.Query(new Uri(Provider.Issuer, login.Location!).AbsoluteUri)["returnUrl"]);
        Assert.True((long)IdToken(await client.Redeem(SignedIn.Query(page.Location!)["code"]))["auth_time"]! > before);
    }

    [Fact]
    public async Task Prompt_none_not_logged_in()
    {
        using var browser = new Browser(Provider);
        var answer = await client.Answer(browser, request => request["prompt"] = "none");
        Assert.Equal(("login_required", client.State), (answer["error"], answer["state"]));
    }

    [Fact]
    public async Task Prompt_none_logged_in()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var first = IdToken(await client.Redeem((await client.Answer(browser))["code"]));
        var again = IdToken(await client.Redeem((await client.Answer(browser, request => request["prompt"] = "none"))["code"]));
        Assert.Equal((string?)first["sub"], (string?)again["sub"]);
        Assert.Equal((long)first["auth_time"]!, (long)again["auth_time"]!);
    }

    [Fact]
    public async Task Id_token_hint()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var tokens = await client.Redeem((await client.Answer(browser))["code"]);
        var again = await client.Answer(browser, request =>
        {
            request["prompt"] = "none";
            request["id_token_hint"] = (string)tokens.Json["id_token"]!;
        });
        Assert.Equal((string?)IdToken(tokens)["sub"], (string?)IdToken(await client.Redeem(again["code"]))["sub"]);
    }

    [Fact]
    public async Task Max_age_1()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn(ago: TimeSpan.FromSeconds(3));
        Assert.StartsWith("/login?", (await client.Begin(browser, request => request["max_age"] = "1")).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Max_age_10000()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn(ago: TimeSpan.FromSeconds(3));
        var claims = IdToken(await client.Redeem((await client.Answer(browser, request => request["max_age"] = "10000"))["code"]));
        Assert.Equal(session.AuthenticatedAt.ToUnixTimeSeconds(), (long)claims["auth_time"]!);
    }

    [Fact]
    public async Task Codereuse()
    {
        var code = await client.Code();
        var access = Access(await client.Redeem(code));
        var again = await client.Redeem(code);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (again.Status, again.Error));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfo(access)).Status);
    }

    [Fact]
    public async Task Codereuse_30seconds()
    {
        var code = await client.Code();
        var access = Access(await client.Redeem(code));
        await Task.Delay(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var again = await client.Redeem(code);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (again.Status, again.Error));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfo(access)).Status);
    }

    [Fact]
    public async Task Ensure_registered_redirect_uri()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        RedirectUriTests.Stays(await client.Begin(browser, request => request["redirect_uri"] = client.RedirectUri + "/unregistered"));
    }

    [Fact]
    public async Task Ensure_post_request_succeeds()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var page = await browser.Post("/authorize", null, [.. client.Request().Select(parameter => (parameter.Key, parameter.Value))]);
        var answer = await browser.Get(new Uri(page.Location!).PathAndQuery);
        Assert.Equal(HttpStatusCode.OK, (await client.Redeem(SignedIn.Query(answer.Location!)["code"])).Status);
    }

    [Fact]
    public async Task Server_client_secret_post() => Assert.Equal(second.ClientId, (string?)IdToken(await second.Tokens())["aud"]);

    [Fact]
    public Task Request_uri_unsigned_supported_correctly_or_rejected_as_unsupported() =>
        Fails("request_uri", "https://rp.example/request.jwt", ["request_uri_not_supported", "invalid_request"]);

    [Fact]
    public Task Unsigned_request_object_supported_correctly_or_rejected_as_unsupported() => Fails("request", "eyJhbGciOiJub25lIn0.e30.", ["request_not_supported"]);

    [Fact]
    public Task Ensure_request_object_with_redirect_uri() => Fails("request", "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS8ifQ.", ["request_not_supported"]);

    [Fact]
    public async Task Claims_essential()
    {
        var tokens = await client.Tokens(request =>
        {
            request["scope"] = "openid profile";
            request["claims"] = """{"userinfo":{"name":{"essential":true}}}""";
        });
        Assert.Equal("Liis Tamm", (string?)(await client.UserInfo(Access(tokens))).Json["name"]);
    }

    [Fact]
    public async Task Refresh_token()
    {
        var tokens = await client.Tokens();
        var refresh = (string)tokens.Json["refresh_token"]!;
        var again = await client.Token(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refresh });
        Assert.True(again.Status == HttpStatusCode.OK, again.Body);
        foreach (var claim in new[] { "iss", "sub", "aud", "auth_time" })
            Assert.Equal(IdToken(tokens)[claim]!.ToJsonString(), IdToken(again)[claim]!.ToJsonString());
        Assert.NotEqual(Access(tokens), Access(again));
        var foreign = await second.Token(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = (string?)again.Json["refresh_token"] ?? refresh });
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (foreign.Status, foreign.Error));
    }

    [Fact]
    public async Task Ensure_request_with_valid_pkce_succeeds()
    {
        var verifier = Agency.Random(32);
        var code = await client.Code(request => (request["code_challenge"], request["code_challenge_method"]) = (Agency.Challenge(verifier), "S256"));
        // What was begun with a challenge is not finished without, and the other way round (RFC 9700 4.8.2).
        var without = await client.Redeem(code);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (without.Status, without.Error));
        Assert.Equal(HttpStatusCode.OK, (await client.Redeem(code, form => form["code_verifier"] = verifier)).Status);
        var unbound = await client.Redeem(await client.Code(), form => form["code_verifier"] = verifier);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (unbound.Status, unbound.Error));
    }

    /// <summary>The one module of the Config OP plan; https is the operator's, and refused otherwise outside Development.</summary>
    [Fact]
    public async Task Discovery_endpoint_verification()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        var document = (await client.Send(request)).Json;
        Assert.Equal(Provider.Issuer.AbsoluteUri, (string?)document["issuer"]);
        foreach (var endpoint in new[] { "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri" })
            Assert.StartsWith(Provider.Issuer.AbsoluteUri, (string?)document[endpoint], StringComparison.Ordinal);
        Assert.Contains("RS256", await Discovered("id_token_signing_alg_values_supported"));
        Assert.Contains("openid", await Discovered("scopes_supported"));
        Assert.Contains("code", await Discovered("response_types_supported"));
        Assert.Equal(["pairwise"], await Discovered("subject_types_supported"));
        Assert.Contains("sub", await Discovered("claims_supported"));
        Assert.True((bool)document["claims_parameter_supported"]!);
        Assert.False((bool?)document["request_parameter_supported"] ?? true);
        Assert.False((bool?)document["request_uri_parameter_supported"] ?? true);
        using var keys = new HttpRequestMessage(HttpMethod.Get, new Uri((string)document["jwks_uri"]!).PathAndQuery);
        Assert.All((await client.Send(keys)).Json["keys"]!.AsArray(), key =>
        {
            Assert.NotNull(key!["kid"]);
            Assert.Null(key["d"]);
        });
    }

    private async Task<string[]> Discovered(string member)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        return [.. (await client.Send(request)).Json[member]!.AsArray().Select(value => (string)value!)];
    }

    private async Task Gives(string scope, params string[] claims)
    {
        var info = await client.UserInfo(Access(await client.Tokens(request => request["scope"] = scope)));
        Assert.All(claims, claim => Assert.True(info.Json[claim] is not null, $"{claim} in {info.Body}"));
    }

    private async Task Succeeds(string parameter, string value)
    {
        var tokens = await client.Tokens(request => request[parameter] = value);
        Assert.NotNull(IdToken(tokens)["acr"]);
    }

    private async Task Fails(string parameter, string value, string[] errors)
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var page = await client.Begin(browser, request => request[parameter] = value);
        if (page.Location is null)
            RedirectUriTests.Stays(page);
        else
            Assert.Contains(SignedIn.Query(page.Location)["error"], errors);
    }

    private static JsonObject IdToken(Reply tokens)
    {
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        return Jwt.Payload((string)tokens.Json["id_token"]!);
    }

    private static string Access(Reply tokens)
    {
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        return (string)tokens.Json["access_token"]!;
    }

    private static void SameSubject(Reply tokens, Reply info)
    {
        Assert.True(info.Status == HttpStatusCode.OK, info.Body);
        Assert.Equal((string?)IdToken(tokens)["sub"], (string?)info.Json["sub"]);
    }
}
