using System.Net;
using Identity.TestKit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Identity.Provider.Sessions;

public sealed class SessionTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string Code = "LIIS-7KQ4-M2XD";

    [Fact]
    public async Task The_cookie_is_for_this_service_alone_and_out_of_reach_of_scripts_and_other_sites()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        var done = await browser.Enrol(Code, authenticator);
        var cookie = Assert.Single(done.SetCookies, value => value.Contains("-session", StringComparison.Ordinal));
        Assert.StartsWith($"identity-provider-session-{provider.Issuer.Port}=", cookie, StringComparison.Ordinal);
        Assert.Contains("; httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("; samesite=lax", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("expires=", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_antiforgery_cookie_comes_along_when_a_person_arrives_from_an_agency()
    {
        using var browser = new Browser(provider);
        var cookie = Assert.Single((await browser.Get("/login")).SetCookies, value => value.Contains("-antiforgery", StringComparison.Ordinal));
        Assert.Contains("; samesite=lax; httponly", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_login_gives_the_session_another_key_and_the_one_before_opens_nothing()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(Code, authenticator);
        using var before = browser.Copy();
        var first = browser.SessionCookie!.Value;
        var firstKey = KeyOf(first);

        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignIn(authenticator)).Status);
        Assert.NotEqual(firstKey, KeyOf(browser.SessionCookie!.Value));
        Assert.True(await browser.IsSignedIn());
        Assert.False(await before.IsSignedIn());
    }

    // Session fixation: what a stranger planted in the browser before is nobody's session after.
    [Fact]
    public async Task A_cookie_that_was_there_before_the_login_opens_nothing()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var stranger = new Browser(provider);
        await stranger.Enrol("WEIC-3RT8-P6HN", authenticator);
        using var victim = stranger.Copy();
        using var own = new VirtualAuthenticator(provider.Origin);
        await victim.Enrol(Code, own);
        Assert.Contains("Liis Tamm", (await victim.Get("/")).Text, StringComparison.Ordinal);
        Assert.False(await stranger.IsSignedIn());
    }

    [Fact]
    public async Task Deleting_the_key_in_Redis_ends_the_session()
    {
        await using var own = await RunningProvider.With();
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(Code, authenticator);
        Assert.True(await browser.IsSignedIn());

        await using var redis = await ConnectionMultiplexer.ConnectAsync(own.Redis.Endpoint);
        var keys = redis.GetServers()[0].Keys(pattern: "provider:session:*").ToArray();
        Assert.Single(keys);
        await redis.GetDatabase().KeyDeleteAsync(keys);
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task The_idle_limit_is_held_by_Redis_and_moves_with_use()
    {
        await using var own = await RunningProvider.With("--Provider:Sessions:Idle=00:05:00");
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(Code, authenticator);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(own.Redis.Endpoint);
        var key = redis.GetServers()[0].Keys(pattern: "provider:session:*").Single();
        await redis.GetDatabase().KeyExpireAsync(key, TimeSpan.FromSeconds(30));
        Assert.True(await browser.IsSignedIn());
        Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(300));
    }

    [Fact]
    public async Task The_absolute_limit_ends_a_session_in_use()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(Code, authenticator);
        Assert.True(await browser.IsSignedIn());

        var store = provider.Services.GetRequiredService<SessionStore>();
        var key = KeyOf(browser.SessionCookie!.Value);
        var ticket = (await store.RetrieveAsync(key))!;
        Assert.InRange(ticket.Properties.ExpiresUtc!.Value - ticket.Properties.IssuedUtc!.Value, TimeSpan.FromHours(11.9), TimeSpan.FromHours(12.1));
        using var late = new Browser(provider);
        await late.SignIn(left: TimeSpan.FromSeconds(-1));
        Assert.False(await late.IsSignedIn());
    }

    [Fact]
    public async Task What_stands_in_Redis_cannot_be_read_moved_or_made_by_who_can_write_there()
    {
        await using var own = await RunningProvider.With();
        using var liis = new VirtualAuthenticator(own.Origin);
        using var wei = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(Code, liis);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(own.Redis.Endpoint);
        var database = redis.GetDatabase();
        var first = redis.GetServers()[0].Keys(pattern: "provider:session:*").Single();
        var value = (byte[])(await database.StringGetAsync(first))!;
        Assert.DoesNotContain(await own.PersonId("PNOXX-48504210018"), System.Text.Encoding.Latin1.GetString(value), StringComparison.Ordinal);

        using var other = new Browser(own);
        await other.Enrol("WEIC-3RT8-P6HN", wei);
        var second = redis.GetServers()[0].Keys(pattern: "provider:session:*").Single(key => key != first);
        await database.StringSetAsync(second, value);
        Assert.False(await other.IsSignedIn());
        value[^1] ^= 1;
        await database.StringSetAsync(first, value);
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task People_stay_signed_in_when_the_Provider_restarts()
    {
        await using var own = await RunningProvider.With();
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(Code, authenticator);
        await own.Stop();
        await own.Start();
        Assert.True(await browser.IsSignedIn());
    }

    [Fact]
    public async Task Without_Redis_there_is_a_503_page_and_never_a_login()
    {
        await using var own = await RunningProvider.With();
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(Code, authenticator);
        using var other = new Browser(own);
        var (page, ceremony, options) = await other.BeginLogin();
        own.Redis.Stop();

        var account = await browser.Get("/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, account.Status);
        Assert.NotNull(account.Headers.RetryAfter);
        Assert.Contains("The service is unavailable for a moment", account.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Liis", account.Text, StringComparison.Ordinal);

        var login = await other.FinishLogin(page, ceremony, authenticator.Assert(options));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, login.Status);
        Assert.DoesNotContain(login.SetCookies, cookie => cookie.Contains("-session", StringComparison.Ordinal));
        Assert.Null(other.SessionCookie);

        var enrol = await other.GiveCode("AMIR-9FW5-J4VB");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, enrol.Status);

        // Empty when it comes back: nobody is signed in, and everything works again.
        await own.Redis.Run();
        for (var attempt = 0; (await browser.Get("/")).Status != HttpStatusCode.OK; attempt++)
        {
            Assert.True(attempt < 60, "the Provider did not find Redis again");
            await Task.Delay(250, TestContext.Current.CancellationToken);
        }

        Assert.False(await browser.IsSignedIn());
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignIn(authenticator)).Status);
    }

    [Fact]
    public async Task Sign_out_ends_the_session_on_the_server_too()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(Code, authenticator);
        using var copy = browser.Copy();
        var page = await browser.Get("/");
        var done = await browser.Post("/?handler=SignOut", page);
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.False(await browser.IsSignedIn());
        Assert.False(await copy.IsSignedIn());
    }

    [Fact]
    public async Task Sign_out_without_the_antiforgery_token_is_refused()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(Code, authenticator);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/?handler=SignOut", from: null)).Status);
        Assert.True(await browser.IsSignedIn());
    }

    [Fact]
    public async Task The_antiforgery_token_of_one_person_does_not_serve_another()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(Code, authenticator);
        var page = await browser.Get("/");
        using var wei = new VirtualAuthenticator(provider.Origin);
        await browser.Enrol("WEIC-3RT8-P6HN", wei);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/?handler=SignOut", page)).Status);
        Assert.True(await browser.IsSignedIn());
    }

    private string KeyOf(string cookie)
    {
        var options = provider.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(PersonSession.Scheme);
        return options.TicketDataFormat.Unprotect(cookie)!.Principal.Claims.Single().Value;
    }
}
