using System.Net;
using Identity.Provider.Clients;

namespace Identity.Provider.Authorize;

/// <summary>A running Provider with one legacy client, whose requests the browser brings.</summary>
public sealed class ProviderWithLegacyClient : IAsyncLifetime
{
    public const string Client = "library";
    public const string Secret = "a-secret-of-forty-three-characters-or-more-0";
    public const string RedirectUri = "http://localhost:4990/callback";

    public RunningProvider Provider { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
    {
        Id = Client,
        Name = "City Library",
        Profile = "legacy",
        RedirectUris = [RedirectUri],
        Scopes = ["openid", "profile"],
        TokenEndpointAuthMethod = "client_secret_basic",
        ClientSecret = Secret,
        Sector = "library.example",
    }));

    public ValueTask DisposeAsync() => Provider.DisposeAsync();
}

/// <summary>Requests that were not pushed (RFC 6749 4.1.1): for clients registered so, and with the same pages and limits behind them.</summary>
public sealed class DirectRequestTests(ProviderWithLegacyClient running) : IClassFixture<ProviderWithLegacyClient>
{
    private RunningProvider Provider => running.Provider;

    private static Dictionary<string, string> Request(Action<Dictionary<string, string>>? change = null)
    {
        var request = new Dictionary<string, string>
        {
            ["client_id"] = ProviderWithLegacyClient.Client, ["response_type"] = "code", ["redirect_uri"] = ProviderWithLegacyClient.RedirectUri,
            ["scope"] = "openid profile", ["state"] = Agency.Random(16),
        };
        change?.Invoke(request);
        return request;
    }

    private static string Query(Dictionary<string, string> parameters) => "/authorize?" + RedirectUriTests.Query(parameters);

    private static void IsAnswer(string? location, string state)
    {
        Assert.StartsWith(ProviderWithLegacyClient.RedirectUri + "?", location, StringComparison.Ordinal);
        var answer = SignedIn.Query(location!);
        Assert.Equal(state, answer["state"]);
        Assert.True(answer.ContainsKey("code"), location);
    }

    private async Task<Page> Follow(Browser browser, Page page)
    {
        Assert.True(page.Status is HttpStatusCode.Redirect or HttpStatusCode.SeeOther, $"{page.Status} {page.Body}");
        Assert.StartsWith(Provider.Issuer.AbsoluteUri, page.Location, StringComparison.Ordinal);
        return await browser.Get(new Uri(page.Location!).PathAndQuery);
    }

    [Fact]
    public async Task A_signed_in_person_who_has_consented_is_back_at_once()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var request = Request();
        IsAnswer((await Follow(browser, await browser.Get(Query(request)))).Location, request["state"]);
    }

    [Fact]
    public async Task A_request_by_POST_is_followed_by_GET()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var request = Request();
        var page = await browser.Post("/authorize", null, [.. request.Select(parameter => (parameter.Key, parameter.Value))]);
        Assert.DoesNotContain(page.Status, new[] { HttpStatusCode.TemporaryRedirect, HttpStatusCode.PermanentRedirect });
        IsAnswer((await Follow(browser, page)).Location, request["state"]);
    }

    [Fact]
    public async Task What_waits_holds_none_of_its_parameters_in_the_address_and_yields_one_code()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var page = await browser.Get(Query(Request()));
        Assert.Equal(["client_id", "request_uri"], SignedIn.Query(page.Location!).Keys.Order());
        Assert.Contains("code=", (await Follow(browser, page)).Location, StringComparison.Ordinal);
        RedirectUriTests.Stays(await Follow(browser, page));
    }

    [Fact]
    public async Task Nobody_signed_in_is_asked_to_and_comes_back_to_the_request()
    {
        using var browser = new Browser(Provider);
        var login = await Follow(browser, await browser.Get(Query(Request())));
        Assert.Equal(HttpStatusCode.SeeOther, login.Status);
        Assert.StartsWith("/login?returnUrl=", login.Location, StringComparison.Ordinal);
        var page = await browser.Get(login.Location!);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("City Library", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_waits_for_its_client_alone()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var page = await browser.Get(Query(Request()));
        RedirectUriTests.Stays(await browser.Get(new Uri(page.Location!).PathAndQuery.Replace("client_id=library", "client_id=tax-portal", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task S256_is_taken_and_then_holds()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var request = Request(request => (request["code_challenge"], request["code_challenge_method"]) = (Agency.Challenge(Agency.Random(32)), "S256"));
        IsAnswer((await Follow(browser, await browser.Get(Query(request)))).Location, request["state"]);
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { "response_type", "token", "unsupported_response_type" },
        { "response_type", "code id_token", "unsupported_response_type" },
        { "response_type", "none", "unsupported_response_type" },
        { "response_type", "nonsense", "unsupported_response_type" },
        { "response_type", "", "invalid_request" },
        { "scope", "profile", "invalid_scope" },
        { "scope", "openid birthdate", "invalid_scope" },
        { "response_mode", "fragment", "invalid_request" },
        { "prompt", "none login", "invalid_request" },
        { "max_age", "-1", "invalid_request" },
        { "max_age", "4294967296", "invalid_request" },
        { "code_challenge_method", "plain", "invalid_request" },
        { "code_challenge", "too-short", "invalid_request" },
        { "dpop_jkt", "not-a-thumbprint", "invalid_request" },
        { "authorization_details", """[{"type":"credential"}]""", "invalid_authorization_details" },
        { "request", "e30.e30.", "request_not_supported" },
        { "nonce", new string('n', 2049), "invalid_request" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Tells_the_client_what_is_wrong(string parameter, string value, string error)
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var request = Request(request => request[parameter] = value);
        var page = await browser.Get(Query(request));
        Assert.StartsWith(ProviderWithLegacyClient.RedirectUri, page.Location, StringComparison.Ordinal);
        // OAuth 2.0 Multiple Response Types 2.1: what asks for a token is refused in the fragment.
        var answer = SignedIn.Query(page.Location!.Replace('#', '?'));
        Assert.Equal((error, request["state"]), (answer["error"], answer["state"]));
        Assert.False(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task State_and_nonce_may_be_long_and_no_longer()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(ProviderWithLegacyClient.Client);
        var longest = Request(request => request["state"] = request["nonce"] = new string('s', PushedRequests.PushedRequestLimits.LongestEchoedValue));
        IsAnswer((await Follow(browser, await browser.Get(Query(longest)))).Location, longest["state"]);
        var longer = Request(request => request["state"] = new string('s', PushedRequests.PushedRequestLimits.LongestEchoedValue + 1));
        Assert.Equal("invalid_request", SignedIn.Query((await browser.Get(Query(longer))).Location!)["error"]);
    }

    [Fact]
    public async Task Prompt_none_without_session_answers_login_required()
    {
        using var browser = new Browser(Provider);
        var page = await Follow(browser, await browser.Get(Query(Request(request => request["prompt"] = "none"))));
        Assert.Equal("login_required", SignedIn.Query(page.Location!)["error"]);
    }

    [Fact]
    public async Task A_client_that_must_push_is_refused_as_before()
    {
        using var agency = new Agency(Provider, "tax-portal");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var request = agency.Request();
        request["client_id"] = agency.ClientId;
        Assert.Equal("invalid_request", SignedIn.Query((await browser.Get(Query(request))).Location!)["error"]);
    }
}
