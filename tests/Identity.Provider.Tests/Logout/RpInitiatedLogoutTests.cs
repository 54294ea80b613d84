using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Identity.Provider.Logout;

/// <summary>OpenID Connect RP-Initiated Logout 1.0. Tests named as modules of the conformance suite's plan do what those do.</summary>
public sealed class RpInitiatedLogoutTests(LogoutAgencies agencies) : IClassFixture<LogoutAgencies>
{
    private RunningProvider Provider => agencies.Provider;

    [Fact]
    public async Task Discovery_endpoint_verification()
    {
        using var agency = agencies.Agency("first");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        Assert.Equal($"{Provider.Origin}/logout", (string)(await agency.Send(request)).Json["end_session_endpoint"]!);
    }

    [Fact]
    public async Task Rp_initiated_logout()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        using var copy = browser.Copy();
        var done = await browser.Get(Request(("id_token_hint", hint), ("post_logout_redirect_uri", LogoutAgencies.PostLogout), ("state", "a b&c=d#é")));
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.StartsWith(LogoutAgencies.PostLogout + "?", done.Location, StringComparison.Ordinal);
        Assert.Equal("a b&c=d#é", SignedIn.Query(done.Location!)["state"]);
        Assert.Contains(done.SetCookies, cookie => cookie.Contains("-session", StringComparison.Ordinal) && cookie.Contains("expires=Thu, 01 Jan 1970", StringComparison.Ordinal));
        Assert.Equal("login_required", await agencies.Silently(browser, "first"));
        Assert.Equal("login_required", await agencies.Silently(copy, "first"));
    }

    [Fact]
    public async Task Rp_initiated_logout_by_post()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        // As the browser sends it from the agency's page: the session's cookie is Lax and stays away.
        using var stranger = new Browser(Provider);
        var posted = await stranger.Post("/logout", null, ("id_token_hint", hint), ("post_logout_redirect_uri", LogoutAgencies.PostLogout), ("state", "s1"));
        Assert.Equal(HttpStatusCode.SeeOther, posted.Status);
        Assert.StartsWith("/logout?request=", posted.Location, StringComparison.Ordinal);
        Assert.DoesNotContain(hint, posted.Location, StringComparison.Ordinal);
        var done = await browser.Get(posted.Location!);
        Assert.Equal(LogoutAgencies.PostLogout + "?state=s1", done.Location);
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task Rp_initiated_logout_no_state()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        var done = await browser.Get(Request(("id_token_hint", hint), ("post_logout_redirect_uri", LogoutAgencies.PostLogout)));
        Assert.Equal(LogoutAgencies.PostLogout, done.Location);
        Assert.Equal("login_required", await agencies.Silently(browser, "first"));
    }

    [Fact]
    public async Task A_registered_address_with_a_query_keeps_it()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        var done = await browser.Get(Request(("id_token_hint", hint), ("post_logout_redirect_uri", LogoutAgencies.PostLogout + "?from=first"), ("state", "s")));
        Assert.Equal(LogoutAgencies.PostLogout + "?from=first&state=s", done.Location);
    }

    [Theory]
    [InlineData("https://attacker.example/")]
    [InlineData(LogoutAgencies.PostLogout + "/")]
    [InlineData(LogoutAgencies.PostLogout + "#x")]
    [InlineData("http://localhost:9/Signed-out")]
    [InlineData("http://localhost:9/signed-out/../signed-out")]
    [InlineData("http://LOCALHOST:9/signed-out")]
    [InlineData("http://localhost:9@attacker.example/signed-out")]
    [InlineData("/signed-out")]
    [InlineData("javascript:alert(1)")]
    public async Task Rp_initiated_logout_bad_post_logout_redirect_uri(string address)
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        await IsAskedAndStays(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", address), ("state", "s"));
    }

    [Fact]
    public async Task Rp_initiated_logout_query_added_to_post_logout_redirect_uri()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        await IsAskedAndStays(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", LogoutAgencies.PostLogout + "?extra=1"), ("state", "s"));
    }

    [Fact]
    public async Task Rp_initiated_logout_modified_id_token_hint()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        var parts = hint.Split('.');
        await IsAskedAndStays(browser, Hint($"{Encode(new JsonObject { ["alg"] = "none" })}.{parts[1]}."));
        await IsAskedAndStays(browser, Hint($"{parts[0]}.{Changed(hint, claims => claims["sub"] = "somebody")}.{parts[2]}"));
        await IsAskedAndStays(browser, Hint($"{parts[0]}.{parts[1]}.{parts[2][..^4]}AAAA"));
        await IsAskedAndStays(browser, Hint($"{parts[0]}.{parts[1]}."));
    }

    [Fact]
    public async Task Rp_initiated_logout_bad_id_token_hint()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var kid = (string)Jwt.Header(hint)["kid"]!;
        string[] bad =
        [
            "x", "a.b.c", "....", new string('a', 9 * 1024),
            // A foreign key under the name of ours, and the client's own key.
            Jwt.Sign(Jwt.Payload(hint), header => header["kid"] = kid, bytes => key.SignData(bytes, HashAlgorithmName.SHA256)),
            Jwt.Sign(Jwt.Payload(hint), header => header["kid"] = "first", bytes => Provider.ClientKeys["first"].SignData(bytes, HashAlgorithmName.SHA256)),
            // HMAC with what everybody can read.
            Jwt.Sign(Jwt.Payload(hint), header => { header["alg"] = "HS256"; header["kid"] = kid; }, bytes => HMACSHA256.HashData(Encoding.ASCII.GetBytes(kid), bytes)),
        ];
        foreach (var text in bad)
            await IsAskedAndStays(browser, Hint(text));
    }

    [Fact]
    public async Task Other_tokens_of_this_Provider_are_no_hint()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var tokens = await agencies.Tokens(browser, "first");
        await IsAskedAndStays(browser, Hint((string)tokens.Json["access_token"]!));
    }

    [Fact]
    public async Task A_hint_for_another_client_than_client_id_names_is_bad()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        await IsAskedAndStays(browser, [.. Hint(hint), ("client_id", "second")]);
        await IsAskedAndStays(browser, [.. Hint(hint), ("client_id", "nobody")]);
        Assert.Equal(LogoutAgencies.PostLogout + "?state=s", (await browser.Get(Request([.. Hint(hint), ("client_id", "first")]))).Location);
    }

    [Fact]
    public async Task Rp_initiated_logout_no_id_token_hint()
    {
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        // Nobody says which client it is: there is nothing to compare the address with.
        await IsAskedAndStays(browser, ("post_logout_redirect_uri", LogoutAgencies.PostLogout), ("state", "s"));
    }

    [Fact]
    public async Task With_client_id_the_person_is_asked_and_then_goes_back()
    {
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        var page = await Confirmation(browser, ("client_id", "first"), ("post_logout_redirect_uri", LogoutAgencies.PostLogout), ("state", "s"), ("logout_hint", "x"), ("ui_locales", "et"));
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("Agency first sent you here", page.Text, StringComparison.Ordinal);
        // Chromium applies form-action to the redirect after the post.
        Assert.Contains("form-action 'self' http://localhost:9;", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.True(await browser.IsSignedIn());
        var done = await browser.Post(page.Address, page);
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal(LogoutAgencies.PostLogout + "?state=s", done.Location);
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task Rp_initiated_logout_no_params()
    {
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        var page = await Confirmation(browser);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("form-action 'self';", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        await SignsOutAndStays(browser, page);
        Assert.Equal("login_required", await agencies.Silently(browser, "first"));
    }

    [Fact]
    public async Task Rp_initiated_logout_no_post_logout_redirect_uri()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        var done = await browser.Get(Request(("id_token_hint", hint)));
        Assert.Equal("/logout/done", done.Location);
        Assert.Contains("You are signed out", (await browser.Get(done.Location!)).Text, StringComparison.Ordinal);
        Assert.Equal("login_required", await agencies.Silently(browser, "first"));
    }

    [Fact]
    public async Task Rp_initiated_logout_only_state()
    {
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        await SignsOutAndStays(browser, await Confirmation(browser, ("state", "s")));
    }

    [Fact]
    public async Task A_hint_of_another_session_asks_first()
    {
        using var other = new Browser(Provider);
        var (_, hint) = await LoggedIn(other);
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        // The same person's, and somebody else's.
        Assert.Equal(HttpStatusCode.OK, (await Confirmation(browser, Hint(hint))).Status);
        using var wei = new Browser(Provider);
        await wei.SignIn(SignedIn.Wei);
        Assert.Equal(HttpStatusCode.OK, (await Confirmation(wei, Hint(hint))).Status);
        Assert.True(await other.IsSignedIn());
        Assert.True(await browser.IsSignedIn());
        Assert.True(await wei.IsSignedIn());
    }

    [Fact]
    public async Task A_hint_is_good_after_the_same_person_has_signed_in_again()
    {
        using var authenticator = new TestKit.VirtualAuthenticator(Provider.Origin);
        using var browser = new Browser(Provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var hint = await agencies.LogIn(browser, "first");
        await browser.SignIn(authenticator);
        Assert.Equal(LogoutAgencies.PostLogout + "?state=s", (await browser.Get(Request(Hint(hint)))).Location);
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task Without_a_session_a_verified_redirect_is_followed_and_nothing_else()
    {
        using var before = new Browser(Provider);
        var (_, hint) = await LoggedIn(before);
        using var browser = new Browser(Provider);
        Assert.Equal(LogoutAgencies.PostLogout + "?state=s", (await browser.Get(Request(Hint(hint)))).Location);
        Assert.Equal("/logout/done", (await browser.Get("/logout")).Location);
        Assert.Equal("/logout/done", (await browser.Get(Request(Hint("x")))).Location);
        Assert.Equal("/logout/done", (await browser.Get(Request(("post_logout_redirect_uri", LogoutAgencies.PostLogout)))).Location);
        Assert.True(await before.IsSignedIn());
    }

    [Fact]
    public async Task A_post_of_the_confirmation_without_antiforgery_token_signs_nobody_out()
    {
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        var page = await Confirmation(browser);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post(page.Address, from: null)).Status);
        Assert.True(await browser.IsSignedIn());
    }

    [Fact]
    public async Task Refuses_repeated_parameters_and_bodies_that_are_no_form()
    {
        using var browser = new Browser(Provider);
        await LoggedIn(browser);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Get("/logout?state=a&state=b")).Status);
        using var agency = agencies.Agency("first");
        using var json = new HttpRequestMessage(HttpMethod.Post, "/logout") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await agency.Send(json)).Status);
        using var put = new HttpRequestMessage(HttpMethod.Put, "/logout");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await agency.Send(put)).Status);
        Assert.True(await browser.IsSignedIn());
    }

    [Fact]
    public async Task A_state_of_the_longest_length_comes_back_and_a_longer_one_is_refused()
    {
        using var browser = new Browser(Provider);
        var (_, hint) = await LoggedIn(browser);
        var longest = new string('s', LogoutParameters.LongestState);
        var tooLong = await browser.Post("/logout", null, [.. Hint(hint)[..2], ("state", longest + "s")]);
        Assert.StartsWith("/logout/confirm?", (await browser.Get(tooLong.Location!)).Location, StringComparison.Ordinal);
        var posted = await browser.Post("/logout", null, [.. Hint(hint)[..2], ("state", longest)]);
        Assert.Equal(LogoutAgencies.PostLogout + "?state=" + longest, (await browser.Get(posted.Location!)).Location);
    }

    [Theory]
    [InlineData("id_token_hint", LogoutParameters.LongestHint + 20_000)]
    [InlineData("client_id", 60_000)]
    [InlineData("post_logout_redirect_uri", 60_000)]
    [InlineData("state", 60_000)]
    public void What_a_stranger_sends_is_kept_to_what_can_be_right(string name, int length)
    {
        var kept = LogoutParameters.From(asked => asked == name ? new string('a', length) : null);
        var values = new[] { kept.IdTokenHint, kept.ClientId, kept.PostLogoutRedirectUri, kept.State };
        Assert.InRange(Assert.Single(values, value => value is not null)!.Length, 1, LogoutParameters.LongestHint + 1);
    }

    [Fact]
    public async Task A_hint_that_is_longer_than_any_is_a_bad_one()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var posted = await browser.Post("/logout", null, ("id_token_hint", new string('a', LogoutParameters.LongestHint + 1)));
        Assert.StartsWith("/logout/confirm?", (await browser.Get(posted.Location!)).Location, StringComparison.Ordinal);
        Assert.True(await browser.IsSignedIn());
    }

    [Fact]
    public async Task After_logout_codes_and_tokens_of_the_session_are_worth_nothing()
    {
        using var browser = new Browser(Provider);
        await browser.SignIn();
        using var agency = agencies.Agency("first");
        var tokens = await agencies.Tokens(browser, "first");
        var code = (await browser.Authorize(agency))["code"];
        await browser.Get(Request(("id_token_hint", (string)tokens.Json["id_token"]!)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)tokens.Json["access_token"]!)).Status);
        Assert.Equal("invalid_grant", (await agency.Redeem(code)).Error);
    }

    private async Task<(string Sid, string Hint)> LoggedIn(Browser browser)
    {
        var session = await browser.SignIn();
        return (session.SessionId, await agencies.LogIn(browser, "first"));
    }

    private static (string, string)[] Hint(string hint) => [("id_token_hint", hint), ("post_logout_redirect_uri", LogoutAgencies.PostLogout), ("state", "s")];

    private static string Request(params (string Name, string Value)[] parameters) =>
        "/logout?" + string.Join('&', parameters.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));

    private static async Task<ConfirmationPage> Confirmation(Browser browser, params (string, string)[] parameters)
    {
        var posted = await browser.Post("/logout", null, parameters);
        var sent = await browser.Get(posted.Location!);
        Assert.Equal(HttpStatusCode.SeeOther, sent.Status);
        Assert.StartsWith("/logout/confirm?request=", sent.Location, StringComparison.Ordinal);
        return new ConfirmationPage(await browser.Get(sent.Location!), sent.Location!);
    }

    // The conformance suite: an error page or a confirmation, and no redirect. Here: both in one.
    private static async Task IsAskedAndStays(Browser browser, params (string, string)[] parameters)
    {
        var page = await Confirmation(browser, parameters);
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("we will not send you back there", page.Text, StringComparison.Ordinal);
        Assert.Contains("form-action 'self';", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.True(await browser.IsSignedIn());
        using var copy = browser.Copy();
        Assert.True(await copy.IsSignedIn());
    }

    private static async Task SignsOutAndStays(Browser browser, ConfirmationPage page)
    {
        var done = await browser.Post(page.Address, page);
        Assert.Equal("/logout/done", done.Location);
        Assert.False(await browser.IsSignedIn());
    }

    private static string Changed(string jwt, Action<JsonObject> change)
    {
        var claims = Jwt.Payload(jwt);
        change(claims);
        return Encode(claims);
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private sealed record ConfirmationPage(Page Shown, string Address) : Page(Shown);
}
