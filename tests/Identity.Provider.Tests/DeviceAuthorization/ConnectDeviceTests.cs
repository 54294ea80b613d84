using System.Net;
using Identity.Provider.Enrolment;
using Identity.TestKit;
using static Identity.Provider.DeviceAuthorization.DevicesProvider;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>The person's side of RFC 8628.</summary>
public sealed class ConnectDeviceTests(DevicesProvider devices) : IClassFixture<DevicesProvider>
{
    private const string Refused = "This code cannot be used.";

    [Fact]
    public async Task Nobody_signed_in_signs_in_first_and_comes_back_with_the_code()
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        using var authenticator = new VirtualAuthenticator(devices.Provider.Origin);
        await browser.Enrol(await devices.Provider.IssueCode(await devices.Provider.NewPerson()), authenticator);
        using var another = new Browser(devices.Provider);
        var (_, userCode) = await Begin(agency);
        var link = $"/device?user_code={userCode}";
        var sent = await another.Get(link);
        Assert.Equal((HttpStatusCode.SeeOther, "/login?returnUrl=" + Uri.EscapeDataString(link)), (sent.Status, sent.Location));
        var back = await another.SignIn(authenticator, link);
        Assert.Equal((HttpStatusCode.SeeOther, link), (back.Status, back.Location));
        var page = await another.Get(link);
        Assert.Equal(userCode, page.Field("user_code"));
    }

    [Theory]
    [InlineData("/device?user_code=BCDF-GHJKX")]
    [InlineData("/device?user_code=BCDF-GHJK&more=1")]
    [InlineData("/device?user_code=BCDF-GHJK\n")]
    [InlineData("/device/../evil")]
    [InlineData("/devices")]
    [InlineData("//device")]
    public async Task The_login_page_sends_nobody_elsewhere(string address)
    {
        using var browser = new Browser(devices.Provider);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Get("/login?returnUrl=" + Uri.EscapeDataString(address))).Status);
    }

    [Fact]
    public async Task A_link_with_the_code_shows_it_and_answers_nothing()
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var (deviceCode, userCode) = await Begin(agency);
        var page = await browser.Get($"/device?user_code={userCode}");
        Assert.Equal(userCode, page.Field("user_code"));
        Assert.Contains("Never enter a code that somebody sent", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Agency of the kiosk", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page.Body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("authorization_pending", (await Poll(agency, deviceCode)).Error);
    }

    [Fact]
    public async Task What_is_asked_is_shown_before_it_is_answered()
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var (deviceCode, userCode) = await Begin(agency, "openid profile archive");
        var page = await Enter(browser, userCode);
        foreach (var shown in new[] { "Agency of the kiosk", userCode, "Is this the code on the device in front of you?", "Liis", "Tamm", "State Archive" })
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        Assert.Equal("authorization_pending", (await Poll(agency, deviceCode)).Error);
    }

    [Theory]
    [InlineData("lower")]
    [InlineData("spaces")]
    [InlineData("joined")]
    public async Task Accepts_a_code_however_it_is_written(string row)
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var (_, userCode) = await Begin(agency);
        var typed = row switch { "lower" => userCode.ToLowerInvariant(), "spaces" => " " + userCode.Replace('-', ' ') + " ", _ => userCode.Replace("-", "", StringComparison.Ordinal) };
        Assert.Contains("Agency of the kiosk", (await Enter(browser, typed)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_malformed_used_and_anothers_codes_get_one_answer()
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        using var wei = new Browser(devices.Provider) { ForwardedFor = "198.51.100.9" };
        await browser.SignIn();
        await wei.SignIn(SignedIn.Wei);
        var (_, used) = await Begin(agency);
        await Answer(browser, used);
        var (_, others) = await Begin(agency);
        Assert.Equal(HttpStatusCode.OK, (await Enter(wei, others)).Status);
        foreach (var code in new[] { "BBBB-BBBB", "nonsense", new string('B', UserCode.LongestTyped + 1), used, others })
        {
            var page = await Enter(browser, code);
            Assert.Equal(HttpStatusCode.BadRequest, page.Status);
            Assert.Contains(Refused, page.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Agency of the kiosk", page.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Allow")]
    [InlineData("Deny")]
    public async Task Only_the_session_that_was_asked_can_answer(string answer)
    {
        using var agency = devices.Agency("kiosk");
        using var asked = new Browser(devices.Provider);
        using var thief = new Browser(devices.Provider);
        await asked.SignIn();
        await thief.SignIn(SignedIn.Wei);
        var (deviceCode, userCode) = await Begin(agency);
        // Not even of a code that nobody has entered.
        var early = await thief.Post($"/device?handler={answer}", await thief.Get("/device"), ("user_code", userCode));
        Assert.Equal(HttpStatusCode.BadRequest, early.Status);
        await Enter(asked, userCode);
        var late = await thief.Post($"/device?handler={answer}", await thief.Get("/device"), ("user_code", userCode));
        Assert.Equal(HttpStatusCode.BadRequest, late.Status);
        Assert.Equal("authorization_pending", (await Poll(agency, deviceCode)).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?handler=Allow")]
    [InlineData("?handler=Deny")]
    public async Task Without_the_forms_token_nothing_happens(string handler)
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var (deviceCode, userCode) = await Begin(agency);
        await Enter(browser, userCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/device" + handler, from: null, ("user_code", userCode))).Status);
        Assert.Equal("authorization_pending", (await Poll(agency, deviceCode)).Error);
    }

    [Fact]
    public async Task Of_parallel_answers_one_counts()
    {
        using var agency = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var (_, userCode) = await Begin(agency);
        var page = await Enter(browser, userCode);
        var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => browser.Post($"/device?handler={(i % 2 == 0 ? "Allow" : "Deny")}", page, ("user_code", userCode))));
        Assert.Single(pages, one => one.Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_eleventh_wrong_code_of_an_address_is_not_looked_at()
    {
        await using var own = new DevicesProvider();
        await own.InitializeAsync();
        using var agency = own.Agency("kiosk");
        using var browser = new Browser(own.Provider);
        await browser.SignIn();
        var (_, userCode) = await Begin(agency);
        for (var i = 0; i < GuessLimit.PerAddress; i++)
            Assert.Equal(HttpStatusCode.BadRequest, (await Enter(browser, "BBBB-BBBB")).Status);
        var refused = await Enter(browser, userCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), GuessLimit.Window);
        Assert.DoesNotContain("Agency of the kiosk", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agency_that_is_no_longer_there_is_not_shown()
    {
        await using var own = new DevicesProvider();
        await own.InitializeAsync();
        using var agency = own.Agency("kiosk");
        using var browser = new Browser(own.Provider);
        await browser.SignIn();
        var (_, userCode) = await Begin(agency);
        var (deviceCode, other) = await Begin(agency);
        await Enter(browser, other);
        await Remove(own.Provider, "kiosk");
        Assert.Equal(HttpStatusCode.BadRequest, (await Enter(browser, userCode)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/device?handler=Allow", await browser.Get("/device"), ("user_code", other))).Status);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), ((await Poll(agency, deviceCode)) is var reply ? (reply.Status, reply.Error) : default));
    }

    private static async Task Remove(RunningProvider provider, string client)
    {
        await using var scope = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.CreateAsyncScope(provider.Services);
        var manager = (OpenIddict.Abstractions.IOpenIddictApplicationManager)scope.ServiceProvider.GetService(typeof(OpenIddict.Abstractions.IOpenIddictApplicationManager))!;
        await manager.DeleteAsync((await manager.FindByClientIdAsync(client))!);
    }
}
