using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>A person at the Provider alone: enrol, sign out, sign in, stay signed in over a restart.</summary>
[Collection("whole system")]
public sealed class OwnAccountJourneys(WholeSystem system)
{
    private string Provider => system.Host.Address(0);

    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("et", DemoCodes.Wei)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Enrols_signs_out_and_signs_in_with_the_passkey(string language, string code)
    {
        await using var visitor = await system.Visit(language);
        await visitor.Go(Provider);
        await visitor.Look("provider-account-nobody");
        await visitor.Go(Provider + "login");
        await visitor.Look("provider-login");
        await visitor.Enrol(code, visitor.Look);
        await visitor.Arrive(Provider);
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
        await visitor.Look("provider-account");
        Assert.Equal(1, await visitor.CountPasskeys());

        await visitor.Click("form[action*='handler=SignOut'] button");
        await visitor.Page.Locator("a[href='/login']").WaitForAsync();
        await visitor.Click("a[href='/login']");
        await visitor.UsePasskey();
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
    }

    [Fact]
    public async Task A_passkey_that_does_not_recognise_its_person_signs_nobody_in()
    {
        await using var visitor = await system.Visit();
        await visitor.Go(Provider + "login");
        await visitor.Enrol(DemoCodes.Liis);
        await visitor.Click("form[action*='handler=SignOut'] button");
        await visitor.BeRecognised(false);
        await visitor.Go(Provider + "login");
        await visitor.UsePasskey();
        await visitor.Page.Locator("[data-passkey-problem]:not([hidden])").WaitForAsync();
        await visitor.Look("provider-login-passkey-refused");
        await visitor.Go(Provider);
        await visitor.Page.Locator("a[href='/login']").WaitForAsync();
    }

    [Fact]
    public async Task A_wrong_code_is_refused_beside_the_field()
    {
        await using var visitor = await system.Visit();
        await visitor.Go(Provider + "enrol");
        await visitor.Page.Locator("#code").FillAsync("ABCD-EFGH-JKMN");
        await visitor.Click("form:has(#code) button[type=submit]");
        await visitor.Page.Locator("#code-error").WaitForAsync();
        await visitor.Look("provider-enrol-code-refused");
    }

    [Fact]
    public async Task Somebody_signed_in_stays_so_when_everything_is_restarted()
    {
        using var folder = new TemporaryFolder();
        await using var visitor = await system.Visit();
        var portBase = DevHostProcess.FreePortBase();
        await using (var first = await DevHostProcess.Start(folder.Path, portBase))
        {
            await visitor.Go(first.Address(0) + "login");
            await visitor.Enrol(DemoCodes.Liis);
            await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
            await first.End();
        }

        await using (var second = await DevHostProcess.Start(folder.Path, portBase))
        {
            await visitor.Go(second.Address(0));
            await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
            await second.End("KILL");
        }

        // Also after a crash: the session and the passkey are there.
        await using var third = await DevHostProcess.Start(folder.Path, portBase);
        await visitor.Go(third.Address(0));
        await visitor.Click("form[action*='handler=SignOut'] button");
        await visitor.Go(third.Address(0) + "login");
        await visitor.UsePasskey();
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();
    }
}
