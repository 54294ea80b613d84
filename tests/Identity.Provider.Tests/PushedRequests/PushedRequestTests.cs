using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Identity.Provider.Authorize;

namespace Identity.Provider.PushedRequests;

/// <summary>RFC 9126: what may be pushed, and for whom, how often and how long it counts.</summary>
public sealed class PushedRequestTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    public static TheoryData<string, string, string> BadParameters => new()
    {
        { "code_challenge_method", "plain", "invalid_request" },
        { "code_challenge_method", "s256", "invalid_request" },
        { "code_challenge", "", "invalid_request" },
        { "code_challenge", "abc", "invalid_request" },
        { "code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "invalid_request" },
        { "response_type", "code token", "unsupported_response_type" },
        { "response_type", "token", "unsupported_response_type" },
        { "response_type", "id_token", "unsupported_response_type" },
        { "response_type", "", "invalid_request" },
        { "response_mode", "fragment", "invalid_request" },
        { "response_mode", "form_post", "invalid_request" },
        { "response_mode", "web_message", "invalid_request" },
        { "scope", "profile", "invalid_scope" },
        { "scope", "openid signing", "invalid_scope" },
        { "scope", "openid birthdate", "invalid_scope" },
        { "scope", "openid nonsense", "invalid_scope" },
        { "prompt", "none login", "invalid_request" },
        { "max_age", "-1", "invalid_request" },
        { "max_age", "1.5", "invalid_request" },
        { "max_age", "99999999999", "invalid_request" },
        { "max_age", "soon", "invalid_request" },
        { "request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request" },
        { "request", "e30.e30.", "request_not_supported" },
        { "resource", "https://other.example/", "invalid_target" },
    };

    [Theory]
    [MemberData(nameof(BadParameters))]
    public async Task Refuses_a_bad_parameter(string name, string value, string error)
    {
        using var agency = new Agency(provider, "tax-portal");
        var request = agency.Request();
        request[name] = value;
        if (value.Length == 0)
            request.Remove(name);
        var reply = await agency.Push(request);
        Assert.True(reply.Status == HttpStatusCode.BadRequest && reply.Error == error, $"{reply.Status} {reply.Body}");
        Assert.DoesNotContain("error_uri", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_any_challenge_is_refused()
    {
        using var agency = new Agency(provider, "tax-portal");
        var request = agency.Request();
        request.Remove("code_challenge");
        request.Remove("code_challenge_method");
        var reply = await agency.Push(request);
        Assert.Equal("invalid_request", reply.Error);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("nonce")]
    public async Task Accepts_2048_characters_and_refuses_one_more(string name)
    {
        using var agency = new Agency(provider, "tax-portal");
        var request = agency.Request();
        request[name] = new string('a', PushedRequestLimits.LongestEchoedValue);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(request)).Status);
        request[name] += "a";
        Assert.Equal("invalid_request", (await agency.Push(request)).Error);
    }

    [Fact]
    public async Task All_parameters_together_have_a_limit()
    {
        using var agency = new Agency(provider, "tax-portal");
        var request = agency.Request();
        request["client_id"] = agency.ClientId;
        var rest = request.Sum(parameter => parameter.Key.Length + parameter.Value.Length) + "pad".Length
            + "client_assertion_type".Length + "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".Length;
        request["pad"] = new string('a', PushedRequestLimits.LongestParameters - rest);
        var accepted = await agency.Push(request);
        Assert.True(accepted.Status == HttpStatusCode.Created, accepted.Body);
        request["pad"] += "a";
        Assert.Equal("invalid_request", (await agency.Push(request)).Error);
    }

    [Theory]
    [InlineData("/par")]
    [InlineData("/token")]
    public async Task A_body_of_1_MB_is_refused_before_it_is_read(string path)
    {
        using var agency = new Agency(provider, "tax-portal");
        var form = agency.Authenticated();
        form["pad"] = new string('a', 1024 * 1024);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await agency.Post(path, form)).Status);
    }

    [Fact]
    public async Task A_refused_form_has_the_headers_and_the_language_of_every_other_answer()
    {
        using var http = new HttpClient { BaseAddress = provider.Issuer };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/authorize?state=a&state=b") { Headers = { { "Accept", "text/html" }, { "Accept-Language", "et" } } };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("default-src 'none'", string.Join(' ', answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("lang=\"et\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/par")]
    [InlineData("/token")]
    public async Task Duplicate_parameters_are_refused(string path)
    {
        using var agency = new Agency(provider, "tax-portal");
        foreach (var name in new[] { "client_id", "redirect_uri", "client_assertion", "scope", "code", "code_verifier", "state" })
        {
            var form = agency.Authenticated().Concat(agency.Request()).Concat([new("grant_type", "authorization_code"), new(name, "x"), new(name, "x")]);
            var reply = await agency.Post(path, form);
            Assert.True(reply is { Status: HttpStatusCode.BadRequest, Error: "invalid_request" }, $"{name}: {reply.Status} {reply.Body}");
        }
    }

    [Theory]
    // RFC 9126 2.3.
    [InlineData("GET", "/par", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/par", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/token", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "/token", HttpStatusCode.BadRequest)]
    public async Task Other_methods_are_refused_with_an_OAuth_error(string method, string path, HttpStatusCode status)
    {
        using var agency = new Agency(provider, "tax-portal");
        using var request = new HttpRequestMessage(new HttpMethod(method), path + "?" + RedirectUriTests.Query(agency.Request()));
        var reply = await agency.Send(request);
        Assert.True(reply.Status == status && reply.Error == "invalid_request", $"{reply.Status} {reply.Body}");
    }

    [Theory]
    [InlineData("application/json", "{\"client_id\":\"tax-portal\"}")]
    [InlineData("text/plain", "client_id=tax-portal")]
    [InlineData("application/x-www-form-urlencoded", "client_id=%ff%fe%00&grant_type=%00")]
    [InlineData("application/x-www-form-urlencoded", "&&&===%%%")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\n\r\n--x--")]
    public async Task Bodies_that_are_no_good_form_get_an_OAuth_error(string type, string body)
    {
        using var agency = new Agency(provider, "tax-portal");
        foreach (var path in new[] { "/par", "/token" })
        {
            using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            var reply = await agency.Send(request);
            Assert.True(reply.Status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized && reply.Error is not null, $"{path}: {reply.Status} {reply.Body}");
            Assert.DoesNotContain("   at ", reply.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_answer_says_60_seconds_and_is_not_cached()
    {
        using var agency = new Agency(provider, "tax-portal");
        var reply = await agency.Push(agency.Request());
        Assert.Equal(60, (int)reply.Json["expires_in"]!);
        Assert.StartsWith("urn:ietf:params:oauth:request_uri:", (string?)reply.Json["request_uri"], StringComparison.Ordinal);
        Assert.True(reply.Headers.CacheControl?.NoStore);
        // RFC 9126 7.1: it cannot be guessed.
        Assert.True(((string)reply.Json["request_uri"]!).Length > 60);
    }

    [Fact]
    public async Task A_second_code_for_one_request_is_refused()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        var address = await agency.Pushed();
        Assert.NotNull((await browser.Get(address)).Location);
        RedirectUriTests.Stays(await browser.Get(address));
    }

    [Fact]
    public async Task Of_parallel_browsers_one_gets_a_code()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        var address = await agency.Pushed();
        var pages = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => browser.Get(address)));
        Assert.Single(pages, page => page.Location?.Contains("code=", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Another_client_cannot_use_it()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var other = new Agency(provider, "health-portal");
        using var browser = await Ready();
        var requestUri = Uri.UnescapeDataString((await agency.Pushed()).Split("request_uri=")[1]);
        RedirectUriTests.Stays(await browser.Get(other.AuthorizeUrl(requestUri)));
        // And it is not used up by that.
        Assert.Contains("code=", (await browser.Get(agency.AuthorizeUrl(requestUri))).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_beside_the_request_uri_do_not_count()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        var address = await agency.Pushed();
        var page = await browser.Get(address + "&state=other&redirect_uri=https%3A%2F%2Fevil.example%2F&scope=openid+birthdate&nonce=x&prompt=login&code_challenge=x&response_mode=fragment");
        Assert.StartsWith(agency.RedirectUri + "?", page.Location, StringComparison.Ordinal);
        var answer = SignedIn.Query(page.Location!);
        Assert.Equal(agency.State, answer["state"]);
        var tokens = await agency.Redeem(answer["code"]);
        Assert.Equal("openid profile", (string?)tokens.Json["scope"]);
        Assert.Equal(agency.Nonce, (string?)Jwt.Payload((string)tokens.Json["id_token"]!)["nonce"]);
    }

    [Fact]
    public async Task It_expires_when_no_browser_comes_and_waits_for_the_person_when_one_came()
    {
        await using var brief = await RunningProvider.With("--Provider:RequestLifetime=00:00:02");
        using var agency = new Agency(brief, "tax-portal");
        using var browser = new Browser(brief);
        var unused = await agency.Pushed();
        var begun = await agency.Pushed();
        Assert.StartsWith("/login?", (await browser.Get(begun)).Location, StringComparison.Ordinal);
        await Task.Delay(TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken);
        RedirectUriTests.Stays(await browser.Get(unused));
        await browser.SignIn();
        await brief.Consent("tax-portal");
        Assert.Contains("code=", (await browser.Get(begun)).Location, StringComparison.Ordinal);
    }

    private async Task<Browser> Ready()
    {
        var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        await provider.Consent("health-portal");
        return browser;
    }
}
