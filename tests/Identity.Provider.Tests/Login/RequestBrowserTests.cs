using System.Net;
using Identity.TestKit;

namespace Identity.Provider.Login;

/// <summary>A waiting request belongs to the browser that came with it first: its address, sent to somebody else, opens nothing there.</summary>
public sealed class RequestBrowserTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task Another_browser_gets_a_page_here_and_changes_nothing()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var first = new Browser(provider);
        var address = await agency.Pushed();
        Assert.StartsWith("/login?", (await first.Get(address)).Location, StringComparison.Ordinal);

        using var lured = new Browser(provider);
        await lured.SignIn(SignedIn.Wei);
        await provider.Consent("tax-portal", SignedIn.Wei);
        Authorize.RedirectUriTests.Stays(await lured.Get(address));

        await first.SignIn();
        await provider.Consent("tax-portal");
        Assert.Contains("code=", (await first.Get(address)).Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/login")]
    [InlineData("/enrol")]
    [InlineData("/consent")]
    [InlineData("/approve")]
    public async Task The_address_of_a_page_opens_nothing_in_another_browser(string path)
    {
        using var agency = new Agency(provider, "signing");
        using var first = new Browser(provider);
        var address = await agency.Pushed(request => request["authorization_details"] = Details, "openid");
        await first.Get(address);
        using var lured = new Browser(provider);
        await lured.SignIn();
        var page = await lured.Get($"{path}?returnUrl={Uri.EscapeDataString(address)}");
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("This request has expired", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("deed.pdf", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_browser_cannot_cancel()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var first = new Browser(provider);
        var address = await agency.Pushed();
        await first.Get(address);
        using var stranger = new Browser(provider);
        var form = await stranger.Get("/login");
        var answer = await stranger.Post($"/login?handler=Cancel&returnUrl={Uri.EscapeDataString(address)}", form);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.StartsWith("/login?", (await first.Get(address)).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Becomes_known_in_the_audit_log()
    {
        using var agency = new Agency(provider, "health-portal");
        using var first = new Browser(provider);
        var address = await agency.Pushed();
        await first.Get(address);
        using var lured = new Browser(provider);
        await lured.Get(address);
        Assert.Contains(await provider.AuditRecords(), line => line.Contains("provider.authorization-refused", StringComparison.Ordinal)
            && line.Contains("another_browser", StringComparison.Ordinal) && line.Contains("health-portal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_cookie_is_hidden_from_scripts_short_lived_and_gone_with_the_answer()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        var address = await agency.Pushed();
        var cookie = Assert.Single((await browser.Get(address)).SetCookies, value => value.StartsWith("identity-provider-request-", StringComparison.Ordinal));
        Assert.Contains("max-age=1200; path=/; samesite=lax; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        Assert.Contains("code=", (await browser.Get(address)).Location, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Cookies.GetCookies(provider.Issuer), left => left.Name.StartsWith("identity-provider-request-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_that_are_opened_without_end_do_not_pile_up_cookies()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        for (var i = 0; i < RequestBrowser.MostRequests + 3; i++)
            await browser.Get(await agency.Pushed());
        var left = browser.Cookies.GetCookies(provider.Issuer).Count(cookie => cookie.Name.StartsWith("identity-provider-request-", StringComparison.Ordinal));
        Assert.InRange(left, 1, RequestBrowser.MostRequests);
    }

    private static string Details => $$"""
        [{"type":"credential","numSignatures":1,"documentDigests":[{"hash":"{{Convert.ToBase64String(new byte[32])}}","label":"deed.pdf"}],
        "hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","requester":"Land Registry","purpose":"Transfer"}]
        """;
}
