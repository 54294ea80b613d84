using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>A person looks after their sign-ins and passkeys at the Provider, and is asked before somebody else's link signs them out.</summary>
[Collection("whole system")]
public sealed class SessionJourneys(WholeSystem system)
{
    private string Provider => system.Host.Address(0);

    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("et", DemoCodes.Wei)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Ends_a_sign_in_elsewhere_looks_after_passkeys_and_signs_out(string language, string code)
    {
        await using var elsewhere = await SignedIn(language, code);
        await using var visitor = await SignedIn(language, code);
        await visitor.Go(Provider);
        await visitor.Look("provider-account-sessions");
        var others = await visitor.Page.Locator("form[action*='handler=End'] button[id^=end-]").CountAsync();
        Assert.InRange(others, 1, int.MaxValue);
        await visitor.Click("#end-1");
        await visitor.Page.Locator("[role=status].usa-alert").WaitForAsync();
        await visitor.Look("provider-account-session-ended");
        Assert.Equal(others - 1, await visitor.Page.Locator("form[action*='handler=End'] button[id^=end-]").CountAsync());

        await Passkeys(visitor);
        await SignsOut(visitor);
    }

    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Times_are_in_the_zone_of_the_persons_device_and_say_which(string language, string code)
    {
        await using var visitor = await SignedIn(language, code);
        var device = await visitor.Context.NewCDPSessionAsync(visitor.Page);
        await device.SendAsync("Emulation.setTimezoneOverride", new() { ["timezoneId"] = "Asia/Kathmandu" });
        foreach (var page in (string[])["", "passkeys"])
        {
            await visitor.Go(Provider + page);
            await visitor.Page.Locator("time:has-text('GMT+5:45')").First.WaitForAsync();
            Assert.Equal(0, await visitor.Page.Locator("time:has-text('UTC')").CountAsync());
        }
    }

    [Fact]
    public async Task Signing_out_at_the_Provider_reaches_Signing_and_signing_out_at_Signing_reaches_the_Provider()
    {
        await using var visitor = await system.Visit();
        var signing = system.Host.Address(200);
        await new AtSigning(system.Host, visitor).SignIn(DemoCodes.Liis);

        await visitor.Go(Provider + "logout?client_id=tax-portal");
        await visitor.Click("form[action*='/logout/confirm'] button");
        await visitor.Arrive(Provider + "logout/done");
        var signIn = visitor.Page.Locator("a[href='/sign-in']");
        for (var attempt = 0; await signIn.CountAsync() == 0; attempt++)
        {
            Assert.True(attempt < 40, "Signing was not told");
            await Task.Delay(250, TestContext.Current.CancellationToken);
            await visitor.Go(signing);
        }

        await signIn.ClickAsync();
        await visitor.Arrive(Provider + "login");
        await visitor.UsePasskey();
        await visitor.Page.Locator("form[action='/sign-out'] button").ClickAsync();
        await signIn.WaitForAsync();
        await visitor.Arrive(signing);
        await visitor.Go(Provider);
        await visitor.Page.Locator("a[href='/login']").WaitForAsync();
    }

    private async Task<Visitor> SignedIn(string language, string code)
    {
        var visitor = await system.Visit(language);
        await visitor.Go(Provider + "login");
        await visitor.Enrol(code);
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
        return visitor;
    }

    private static async Task Passkeys(Visitor visitor)
    {
        var create = visitor.Page.Locator("form[data-passkey=create] [data-passkey-button]");
        var remove = visitor.Page.Locator("form[action*='handler=Remove']");
        await visitor.Click("a[href='/passkeys']");
        await create.WaitForAsync();
        var before = await remove.CountAsync();
        await create.ClickAsync();
        // This authenticator has one already.
        await visitor.Page.Locator("[data-passkey-problem]:not([hidden])").WaitForAsync();
        await visitor.Look("provider-passkeys-exists");

        await visitor.TakeAnotherAuthenticator();
        await create.ClickAsync();
        await visitor.Page.Locator($":nth-match(form[action*='handler=Remove'], {before + 1})").WaitForAsync();
        Assert.Equal(1, await visitor.CountPasskeys());
        await visitor.Page.Locator("input[name=name]").Last.FillAsync("<b>Blue</b> key");
        await visitor.Page.Locator("form[action*='handler=Rename'] button").Last.ClickAsync();
        await visitor.Page.Locator("h2 bdi", new() { HasText = "<b>Blue</b> key" }).First.WaitForAsync();
        await visitor.Look("provider-passkeys");
        await remove.First.Locator("button").ClickAsync();
        await visitor.Page.WaitForFunctionAsync("n => document.querySelectorAll(\"form[action*='handler=Remove']\").length < n", before + 1);
    }

    private async Task SignsOut(Visitor visitor)
    {
        await visitor.Go(Provider + "logout?post_logout_redirect_uri=https://elsewhere.example/");
        await visitor.Arrive(Provider + "logout/confirm");
        await visitor.Page.Locator("[role=alert]").WaitForAsync();
        await visitor.Look("provider-logout-flawed");
        await visitor.Go(Provider + "logout?client_id=tax-portal");
        await visitor.Arrive(Provider + "logout/confirm");
        await visitor.Look("provider-logout-confirm");
        await visitor.Click("form[action*='/logout/confirm'] button");
        await visitor.Arrive(Provider + "logout/done");
        await visitor.Look("provider-logout-done");

        await visitor.Go(Provider);
        await visitor.Click("a[href='/login']");
        await visitor.UsePasskey();
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
    }
}
