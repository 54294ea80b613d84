using System.Net;
using System.Text.RegularExpressions;
using Identity.Provider.Logout;
using Identity.Provider.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Account;

/// <summary>A person sees where they are signed in, and ends it.</summary>
public sealed class SessionListTests(LogoutAgencies agencies) : IClassFixture<LogoutAgencies>
{
    private RunningProvider Provider => agencies.Provider;

    [Fact]
    public async Task Shows_every_session_of_the_person_with_its_agencies_and_marks_this_one()
    {
        await EndAll();
        using var here = new Browser(Provider);
        await here.SignIn();
        using var there = new Browser(Provider);
        await there.SignIn();
        await agencies.LogIn(there, "first");
        await agencies.LogIn(there, "silent");
        using var wei = new Browser(Provider);
        var strange = await wei.SignIn(SignedIn.Wei);

        var page = await here.Get("/");
        Assert.Equal(2, Regex.Count(page.Body, "<div class=\"id-card\""));
        Assert.Single(Regex.Matches(page.Text, @"\(This browser\)"));
        Assert.Contains("Agency first, Agency silent", page.Text, StringComparison.Ordinal);
        Assert.Contains("None so far", page.Text, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(page.Body, "aria-labelledby=\"end-1 session-1 since-1\""));
        Assert.DoesNotContain(strange.SessionId, page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_device_is_shown_by_known_names_alone()
    {
        await EndAll();
        using var authenticator = new TestKit.VirtualAuthenticator(Provider.Origin);
        using var browser = new Browser(Provider) { UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 <script>alert(1)</script> serial-4711" };
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var page = await browser.Get("/");
        Assert.Contains("Firefox, Linux (This browser)", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge, Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone")]
    [InlineData("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome, Android")]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari, macOS")]
    [InlineData("curl/8.5.0", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void Describes_a_device(string? userAgent, string expected) => Assert.Equal(expected, Device.Of(userAgent));

    [Fact]
    public void Looks_at_no_more_of_a_User_Agent_than_real_ones_have()
    {
        Assert.Equal("Firefox", Device.Of("Firefox/1 ".PadRight(Device.LongestUserAgent)));
        Assert.Equal("", Device.Of("Firefox/1 ".PadRight(Device.LongestUserAgent + 1)));
    }

    [Fact]
    public async Task One_other_session_is_ended_and_its_agencies_are_told()
    {
        await EndAll();
        using var here = new Browser(Provider);
        await here.SignIn();
        using var there = new Browser(Provider);
        var other = await there.SignIn();
        await agencies.LogIn(there, "first");
        var ended = await here.Post("/?handler=End", await here.Get("/"), ("session", other.SessionId));
        Assert.Equal("/?ended", ended.Location);
        Assert.Contains("The sign-in has ended.", (await here.Get("/?ended")).Text, StringComparison.Ordinal);
        Assert.False(await there.IsSignedIn());
        Assert.True(await here.IsSignedIn());
        Assert.Single(await agencies.First.Of(other.SessionId));
    }

    [Fact]
    public async Task Nobody_ends_the_session_of_somebody_else()
    {
        using var wei = new Browser(Provider);
        var victim = await wei.SignIn(SignedIn.Wei);
        using var liis = new Browser(Provider);
        await liis.SignIn();
        await liis.Post("/?handler=End", await liis.Get("/"), ("session", victim.SessionId));
        Assert.True(await wei.IsSignedIn());
        using var nobody = new Browser(Provider);
        Assert.Equal("/", (await nobody.Post("/?handler=End", await nobody.Get("/login"), ("session", victim.SessionId))).Location);
        Assert.True(await wei.IsSignedIn());
    }

    [Theory]
    [InlineData("End")]
    [InlineData("EndOthers")]
    [InlineData("EndAll")]
    public async Task Ending_without_antiforgery_token_is_refused(string handler)
    {
        using var here = new Browser(Provider);
        await here.SignIn();
        using var there = new Browser(Provider);
        var other = await there.SignIn();
        Assert.Equal(HttpStatusCode.BadRequest, (await here.Post($"/?handler={handler}", from: null, ("session", other.SessionId))).Status);
        Assert.True(await here.IsSignedIn());
        Assert.True(await there.IsSignedIn());
    }

    [Fact]
    public async Task All_others_or_all_are_ended()
    {
        using var here = new Browser(Provider);
        await here.SignIn();
        using var second = new Browser(Provider);
        await second.SignIn();
        using var third = new Browser(Provider);
        await third.SignIn();
        Assert.Equal("/?ended", (await here.Post("/?handler=EndOthers", await here.Get("/"))).Location);
        Assert.Equal((true, false, false), (await here.IsSignedIn(), await second.IsSignedIn(), await third.IsSignedIn()));
        await second.SignIn();
        Assert.Equal("/", (await here.Post("/?handler=EndAll", await here.Get("/"))).Location);
        Assert.Equal((false, false), (await here.IsSignedIn(), await second.IsSignedIn()));
    }

    private async Task EndAll() => await Provider.Services.GetRequiredService<SessionEnds>().EndAllOf(await Provider.PersonId(SignedIn.Liis), SessionEndReason.SignedOut);
}
