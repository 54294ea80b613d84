using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>A person at two agencies: one login, two consents, two numbers.</summary>
[Collection("whole system")]
public sealed class PortalJourneys(WholeSystem browsers, FreshSystem system) : IClassFixture<FreshSystem>
{
    private string Provider => system.Host.Address(0);

    private string Tax => system.Host.Address(401);

    private string Health => system.Host.Address(402);

    private string Land => system.Host.Address(403);

    [Theory]
    [InlineData("en", "Liis Tamm", "Liis", "Tamm", "21 April 1985")]
    [InlineData("et", "Wei Chen", "Wei", "Chen", "3. november 1979")]
    [InlineData("zh-Hans", "Amira Haddad", "Amira", "Haddad", "1999年2月28日")]
    public async Task One_login_serves_two_agencies_that_learn_different_numbers(string language, string name, string given, string family, string born)
    {
        await using var visitor = await browsers.Visit(language);
        await visitor.Go(Tax);
        await visitor.Look("tax-home");
        var code = await visitor.Text($"tr:has-text('{name}') code");
        await visitor.Click("a[href='/sign-in']");
        await visitor.Arrive(Provider + "login");
        await visitor.Look("provider-login-for-agency");
        await visitor.Enrol(code);

        await visitor.Arrive(Provider + "consent");
        Assert.Equal([given, family], await Values(visitor));
        await visitor.Look("provider-consent-tax");
        await visitor.Consent(allow: true);
        await visitor.Arrive(Tax + "me");
        Assert.Contains(name, await visitor.Text("h1"), StringComparison.Ordinal);
        await visitor.Look("tax-me");
        var atTax = await Subject(visitor);

        await visitor.Go(Health);
        await visitor.Look("health-home");
        var before = visitor.PagesSeen.Count;
        await visitor.Click("a[href='/sign-in']");
        await visitor.Arrive(Provider + "consent");
        var named = await Values(visitor);
        Assert.Equal([given, family], named[..2]);
        Assert.Contains(born, Assert.Single(named[2..]), StringComparison.Ordinal);
        await visitor.Look("provider-consent-health");
        await visitor.Consent(allow: true);
        await visitor.Arrive(Health + "me");
        Assert.DoesNotContain(visitor.PagesSeen.Skip(before), AsksForLogin);
        Assert.Contains(born, await visitor.Text("main"), StringComparison.Ordinal);
        await visitor.Look("health-me");
        Assert.NotEqual(atTax, await Subject(visitor));

        // Signed out at one agency is signed out at all of them, as soon as the Provider has told them.
        await visitor.Go(Tax + "me");
        await visitor.Click("form[action*='handler=SignOut'] button");
        await visitor.Arrive(Tax);
        await visitor.Page.Locator("a[href='/sign-in']").WaitForAsync();
        for (var attempt = 0; !AsksForLogin(visitor.Page.Url); attempt++)
        {
            Assert.True(attempt < 40, "the other agency was not told");
            await Task.Delay(250, TestContext.Current.CancellationToken);
            await visitor.Go(Health + "me");
        }

        await visitor.UsePasskey();
        await visitor.Arrive(Health + "me");

        // Consented once: signing in again shows no page of the Provider at all, and the number is the same.
        await visitor.Go(Tax);
        before = visitor.PagesSeen.Count;
        await visitor.Click("a[href='/sign-in']");
        await visitor.Arrive(Tax + "me");
        Assert.DoesNotContain(visitor.PagesSeen.Skip(before), page => page.StartsWith(Provider, StringComparison.Ordinal));
        Assert.Equal(atTax, await Subject(visitor));
    }

    [Theory]
    [InlineData("en", "cancelled")]
    [InlineData("et", "katkesta")]
    [InlineData("zh-Hans", "取消")]
    public async Task Cancel_leads_back_to_the_agency_which_says_so(string language, string word)
    {
        await using var visitor = await browsers.Visit(language);
        await visitor.Go(Land);
        await visitor.Look("land-home");
        await visitor.Click("a[href='/sign-in']");
        await visitor.Arrive(Provider + "login");
        await visitor.Click("form[action*='handler=Cancel'] button");
        await visitor.Arrive(Land + "cancelled");
        Assert.Contains(word, await visitor.Text("h1"), StringComparison.OrdinalIgnoreCase);

        // Nobody consents to the land registry in this system.
        await visitor.Click("a[href='/sign-in']");
        await visitor.Enrol(DemoCodes.Wei);
        await visitor.Consent(allow: false);
        await visitor.Arrive(Land + "cancelled");
        Assert.Contains(word, await visitor.Text("h1"), StringComparison.OrdinalIgnoreCase);
        await visitor.Look("land-cancelled");
        await visitor.Go(Land + "me");
        await visitor.Arrive(Provider);
    }

    [Fact]
    public async Task One_browser_at_two_copies_keeps_both_people_apart()
    {
        await using var visitor = await browsers.Visit();
        await visitor.Go(browsers.Host.Address(0) + "login");
        await visitor.Enrol(DemoCodes.Liis);
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
        await visitor.Go(Provider + "login");
        await visitor.Enrol(DemoCodes.Wei);
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
        Assert.Contains("Wei Chen", await visitor.Text("main"), StringComparison.Ordinal);
        await visitor.Go(browsers.Host.Address(0));
        Assert.Contains("Liis Tamm", await visitor.Text("main"), StringComparison.Ordinal);
    }

    private bool AsksForLogin(string page) =>
        page.StartsWith(Provider + "login", StringComparison.Ordinal) || page.StartsWith(Provider + "enrol", StringComparison.Ordinal);

    private static async Task<string[]> Values(Visitor visitor) =>
        [.. (await visitor.Page.Locator(".id-summary dd").AllInnerTextsAsync()).Select(value => value.Trim())];

    private static Task<string> Subject(Visitor visitor) => visitor.Text(".id-summary dd code");
}
