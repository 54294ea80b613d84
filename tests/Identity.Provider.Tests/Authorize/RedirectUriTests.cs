using System.Net;

namespace Identity.Provider.Authorize;

/// <summary>RFC 9700 2.1: redirect addresses are compared exactly; whatever differs stays at the Provider.</summary>
public sealed class RedirectUriTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    public static TheoryData<string, Func<string, string>> Variants => new()
    {
        { "other path", uri => uri + "2" },
        { "prefix", uri => uri[..^1] },
        { "parent path", uri => uri[..uri.LastIndexOf('/')] },
        { "trailing slash", uri => uri + "/" },
        { "extra query", uri => uri + "?a=b" },
        { "empty query", uri => uri + "?" },
        { "fragment", uri => uri + "#a" },
        { "empty fragment", uri => uri + "#" },
        { "user information", uri => uri.Replace("http://", "http://evil@", StringComparison.Ordinal) },
        { "registered host as user information", uri => uri.Replace("/signin", "@evil.example/signin", StringComparison.Ordinal) },
        { "sub-domain", uri => uri.Replace("//localhost", "//evil.localhost", StringComparison.Ordinal) },
        { "suffix of the host", uri => uri.Replace("//localhost", "//localhost.evil.example", StringComparison.Ordinal) },
        { "encoded dot segment", uri => uri.Replace("/signin", "/%2e%2e/signin", StringComparison.Ordinal) },
        { "dot segment", uri => uri.Replace("/signin", "/a/../signin", StringComparison.Ordinal) },
        { "encoded letter", uri => uri.Replace("signin", "%73ignin", StringComparison.Ordinal) },
        { "case of the path", uri => uri.Replace("signin", "SignIn", StringComparison.Ordinal) },
        { "case of the host", uri => uri.Replace("localhost", "LOCALHOST", StringComparison.Ordinal) },
        { "case of the scheme", uri => uri.Replace("http:", "HTTP:", StringComparison.Ordinal) },
        { "https for http", uri => uri.Replace("http:", "https:", StringComparison.Ordinal) },
        { "other loopback name", uri => uri.Replace("localhost", "127.0.0.1", StringComparison.Ordinal) },
        { "other port", uri => uri.Replace("/signin", "1/signin", StringComparison.Ordinal) },
        { "backslash", uri => uri.Replace("/signin", "\\signin", StringComparison.Ordinal) },
        { "leading space", uri => " " + uri },
        { "trailing line", uri => uri + "\n" },
        { "script", _ => "javascript:alert(1)" },
        { "data", _ => "data:text/html,x" },
        { "relative", _ => "/signin-oidc" },
        { "other agency's", uri => uri.Replace("/signin", "/other", StringComparison.Ordinal) },
        { "empty", _ => "" },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_pushed_request_with_another_address_gets_no_request_uri(string row, Func<string, string> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "tax-portal");
        var request = agency.Request();
        request["redirect_uri"] = change(agency.RedirectUri);
        var reply = await agency.Push(request);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal("invalid_request", reply.Error);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_browser_that_comes_with_another_address_stays_here(string row, Func<string, string> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        var request = agency.Request();
        request["client_id"] = agency.ClientId;
        request["redirect_uri"] = change(agency.RedirectUri);
        Stays(await browser.Get("/authorize?" + Query(request)));
    }

    [Fact]
    public async Task The_page_holds_a_reference_and_nothing_of_the_request()
    {
        using var browser = new Browser(provider);
        var page = await browser.Get("/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code");
        Stays(page);
        Assert.DoesNotContain("evil", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", page.Body, StringComparison.Ordinal);
        Assert.Matches("<code>[2-9A-Z]{10}</code>", page.Body);
    }

    public static TheoryData<string, string, string?> ErrorsForTheAgency => new()
    {
        // Every client here must push its requests: what comes without is told to the agency, whose address is good.
        { "state", "the-state", "invalid_request" },
        { "response_type", "token", "unsupported_response_type" },
        { "response_type", "code id_token", "unsupported_response_type" },
        { "scope", "openid nonsense", "invalid_scope" },
        { "response_mode", "fragment", "invalid_request" },
        { "response_mode", "form_post", "invalid_request" },
        { "prompt", "none login", "invalid_request" },
        { "prompt", "create", "invalid_request" },
        { "code_challenge_method", "plain", "invalid_request" },
        { "request", "e30.e30.", "request_not_supported" },
    };

    [Theory]
    [MemberData(nameof(ErrorsForTheAgency))]
    public async Task With_a_good_client_and_address_the_error_reaches_the_agency(string parameter, string value, string? error)
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        var request = agency.Request();
        request["client_id"] = agency.ClientId;
        request[parameter] = value;
        var page = await browser.Get("/authorize?" + Query(request));
        Assert.True(page.Location is not null, $"{page.Status} {page.Body}");
        Assert.StartsWith(agency.RedirectUri, page.Location, StringComparison.Ordinal);
        var answer = SignedIn.Query(page.Location!.Replace('#', '?'));
        Assert.Equal(error, answer["error"]);
        Assert.Equal(request["state"], answer["state"]);
        Assert.Equal(provider.Issuer.AbsoluteUri, answer["iss"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Theory]
    [InlineData("client_id=tax-portal&client_id=tax-portal")]
    [InlineData("client_id=nobody&response_type=code")]
    [InlineData("")]
    [InlineData("client_id=tax-portal&request_uri=https%3A%2F%2Fevil.example%2Frequest")]
    [InlineData("client_id=tax-portal&request_uri=urn:ietf:params:oauth:request_uri:guessed")]
    [InlineData("request_uri=urn:ietf:params:oauth:request_uri:guessed")]
    [InlineData("client_id=tax-portal&state=a&state=b")]
    [InlineData("client_id=%00")]
    [InlineData("client_id=%ff%fe")]
    public async Task What_names_no_good_client_or_request_stays_here(string query)
    {
        using var browser = new Browser(provider);
        Stays(await browser.Get("/authorize?" + query));
    }

    [Fact]
    public async Task A_bad_request_uri_vouches_for_no_address_beside_it()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        var request = agency.Request();
        request["client_id"] = agency.ClientId;
        request["request_uri"] = "urn:ietf:params:oauth:request_uri:guessed";
        Stays(await browser.Get("/authorize?" + Query(request)));
    }

    internal static void Stays(Page page)
    {
        Assert.Null(page.Location);
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("<html", page.Body, StringComparison.Ordinal);
    }

    internal static string Query(Dictionary<string, string> parameters) =>
        string.Join('&', parameters.Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value)}"));
}
