using System.Net;

namespace Identity.Provider.Authorize;

/// <summary>OpenID Connect Core 3.1.2.1: prompt, max_age and id_token_hint, and what cancel does.</summary>
public sealed class PromptTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Theory]
    [InlineData(false, false, "login_required")]
    [InlineData(true, false, "consent_required")]
    public async Task Prompt_none_answers_by_redirect(bool signedIn, bool consented, string error)
    {
        using var agency = new Agency(provider, "health-portal");
        using var browser = new Browser(provider);
        if (signedIn)
            await browser.SignIn(SignedIn.Wei);
        Assert.False(consented);
        var answer = await browser.Authorize(agency, request => request["prompt"] = "none");
        Assert.Equal(error, answer["error"]);
        Assert.Equal(agency.State, answer["state"]);
        Assert.Equal(provider.Issuer.AbsoluteUri, answer["iss"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task Prompt_none_gives_a_code_when_nothing_is_to_be_asked()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        Assert.True((await browser.Authorize(agency, request => request["prompt"] = "none")).ContainsKey("code"));
    }

    [Fact]
    public async Task Without_a_session_or_consent_the_browser_goes_to_our_pages_with_303()
    {
        using var agency = new Agency(provider, "land-registry");
        using var browser = new Browser(provider);
        var address = await agency.Pushed();
        var login = await browser.Get(address);
        Assert.Equal(HttpStatusCode.SeeOther, login.Status);
        Assert.Equal($"/login?returnUrl={Uri.EscapeDataString(address)}", login.Location);
        await browser.SignIn(SignedIn.Wei);
        Assert.Equal($"/consent?returnUrl={Uri.EscapeDataString(address)}", (await browser.Get(address)).Location);
        Assert.Equal(HttpStatusCode.OK, (await browser.Get($"/consent?returnUrl={Uri.EscapeDataString(address)}")).Status);
        await provider.Consent("land-registry", SignedIn.Wei);
        Assert.Contains("code=", (await browser.Get(address)).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompt_login_asks_again_once()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready(TimeSpan.FromMinutes(1));
        var address = await agency.Pushed(request => request["prompt"] = "login");
        Assert.StartsWith("/login?", (await browser.Get(address)).Location, StringComparison.Ordinal);
        Assert.StartsWith("/login?", (await browser.Get(address)).Location, StringComparison.Ordinal);
        var session = await browser.SignIn();
        var code = SignedIn.Query((await browser.Get(address)).Location!)["code"];
        var claims = Jwt.Payload((string)(await agency.Redeem(code)).Json["id_token"]!);
        Assert.Equal(session.AuthenticatedAt.ToUnixTimeSeconds(), (long)claims["auth_time"]!);
    }

    [Fact]
    public async Task Prompt_consent_asks_again_even_when_all_is_agreed()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        Assert.StartsWith("/consent?", (await browser.Get(await agency.Pushed(request => request["prompt"] = "consent"))).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Max_age_is_held()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready(TimeSpan.FromMinutes(10));
        Assert.True((await browser.Authorize(agency, request => request["max_age"] = "3600")).ContainsKey("code"));
        Assert.StartsWith("/login?", (await browser.Get(await agency.Pushed(request => request["max_age"] = "60"))).Location, StringComparison.Ordinal);
        Assert.StartsWith("/login?", (await browser.Get(await agency.Pushed(request => request["max_age"] = "0"))).Location, StringComparison.Ordinal);
        Assert.Equal("login_required", (await browser.Authorize(agency, request => (request["max_age"], request["prompt"]) = ("60", "none")))["error"]);
    }

    [Fact]
    public async Task A_hint_of_this_person_is_fine_and_of_another_asks_for_login()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        var hint = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["id_token"]!;
        Assert.True((await browser.Authorize(agency, request => request["id_token_hint"] = hint)).ContainsKey("code"));

        using var stranger = new Browser(provider);
        await stranger.SignIn(SignedIn.Wei);
        await provider.Consent("tax-portal", SignedIn.Wei);
        Assert.Equal("login_required", (await stranger.Authorize(agency, request => (request["id_token_hint"], request["prompt"]) = (hint, "none")))["error"]);
        Assert.StartsWith("/login?", (await stranger.Get(await agency.Pushed(request => request["id_token_hint"] = hint))).Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("e30.e30.AAAA")]
    public async Task A_hint_that_does_not_verify_fits_nobody(string hint)
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = await Ready();
        Assert.Equal("login_required", (await browser.Authorize(agency, request => (request["id_token_hint"], request["prompt"]) = (hint, "none")))["error"]);
    }

    [Fact]
    public async Task Cancel_answers_access_denied_and_ends_the_request()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        var address = await agency.Pushed();
        var login = await browser.Get((await browser.Get(address)).Location!);
        var cancelled = await browser.Post($"/login?handler=Cancel&returnUrl={Uri.EscapeDataString(address)}", login);
        Assert.Equal(address, cancelled.Location);
        var answer = SignedIn.Query((await browser.Get(address)).Location!);
        Assert.Equal("access_denied", answer["error"]);
        Assert.Equal(agency.State, answer["state"]);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        Assert.Contains("access_denied", (await browser.Get(address)).Location, StringComparison.Ordinal);
    }

    private async Task<Browser> Ready(TimeSpan? ago = null)
    {
        var browser = new Browser(provider);
        await browser.SignIn(ago: ago);
        await provider.Consent("tax-portal");
        return browser;
    }
}
