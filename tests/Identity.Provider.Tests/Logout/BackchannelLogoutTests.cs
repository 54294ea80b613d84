using System.Net;
using System.Text.Json.Nodes;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using StackExchange.Redis;

namespace Identity.Provider.Logout;

/// <summary>OpenID Connect Back-Channel Logout 1.0. Tests named as modules of the conformance suite's plan do what those do.</summary>
public sealed class BackchannelLogoutTests(LogoutAgencies agencies) : IClassFixture<LogoutAgencies>
{
    private RunningProvider Provider => agencies.Provider;

    private LogoutOutbox Outbox => Provider.Services.GetRequiredService<LogoutOutbox>();

    [Fact]
    public async Task Backchannel_logout_discovery_endpoint_verification()
    {
        using var agency = agencies.Agency("first");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        var metadata = (await agency.Send(request)).Json;
        Assert.True((bool)metadata["backchannel_logout_supported"]!);
        Assert.True((bool)metadata["backchannel_logout_session_supported"]!);
    }

    [Fact]
    public async Task Backchannel_rp_initiated_logout()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var first = await agencies.LogIn(browser, "first");
        var second = await agencies.LogIn(browser, "second");
        await agencies.LogIn(browser, "silent");
        await browser.Get($"/logout?id_token_hint={first}");
        await Check(Assert.Single(await agencies.First.Of(session.SessionId)), first, "first", "ES256");
        // Signed as the client's ID tokens are, and by another name for the person.
        await Check(Assert.Single(await agencies.Second.Of(session.SessionId)), second, "second", "RS256");
        Assert.NotEqual((string)Jwt.Payload(first)["sub"]!, (string)Jwt.Payload(second)["sub"]!);
        Assert.Equal("login_required", await agencies.Silently(browser, "first"));
        Assert.Equal("login_required", await agencies.Silently(browser, "second"));
        Assert.All(await Settled(session.SessionId, 2), delivery => Assert.Equal((LogoutDeliveryState.Delivered, 1, "answered 200"), (delivery.State, delivery.Attempts, delivery.Result)));
    }

    [Fact]
    public async Task Sign_out_on_the_account_page_tells_the_agencies()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        // An agency that came twice is told once.
        await agencies.LogIn(browser, "first");
        await browser.Post("/?handler=SignOut", await browser.Get("/"));
        await Settled(session.SessionId, 1);
        Assert.Single(await agencies.First.Of(session.SessionId));
    }

    [Fact]
    public async Task Somebody_elses_login_in_the_same_browser_ends_the_session_and_tells()
    {
        using var liis = new TestKit.VirtualAuthenticator(Provider.Origin);
        using var wei = new TestKit.VirtualAuthenticator(Provider.Origin);
        using var browser = new Browser(Provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", liis);
        var sid = (string)Jwt.Payload(await agencies.LogIn(browser, "first"))["sid"]!;
        // The same person again: the session goes on, nobody is told.
        await browser.SignIn(liis);
        Assert.Equal(sid, (string)Jwt.Payload(await agencies.LogIn(browser, "first"))["sid"]!);
        Assert.DoesNotContain(agencies.First.Received, logout => logout.Sid == sid);
        await browser.Enrol("WEIC-3RT8-P6HN", wei);
        Assert.Single(await agencies.First.Of(sid));
    }

    [Fact]
    public async Task A_disabled_person_is_out_everywhere_and_the_agencies_are_told()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        var ended = await Provider.Services.GetRequiredService<SessionEnds>().EndAllOf(session.PersonId, SessionEndReason.PersonDisabled);
        Assert.True(ended >= 1);
        Assert.False(await browser.IsSignedIn());
        Assert.Single(await agencies.First.Of(session.SessionId));
        Assert.Contains(await Provider.AuditRecords(), line => line.Contains("session-end", StringComparison.Ordinal) && line.Contains("person_disabled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_idle_session_is_noticed_and_told()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var tokens = await agencies.Tokens(browser, "first");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Provider.Redis.Endpoint);
        // Redis lets it go, and the time at which somebody looks has come.
        Assert.True(await redis.GetDatabase().KeyDeleteAsync("provider:session:{" + session.SessionId + "}"));
        await redis.GetDatabase().SortedSetAddAsync("provider:session-ends", session.SessionId, 1);
        Assert.Single(await agencies.First.Of(session.SessionId));
        using var agency = agencies.Agency("first");
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)tokens.Json["access_token"]!)).Status);
        Assert.Contains(await Provider.AuditRecords(), line => line.Contains(session.SessionId, StringComparison.Ordinal) && line.Contains("expired", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_past_its_absolute_end_is_noticed_and_told()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn(left: TimeSpan.FromSeconds(8));
        await agencies.LogIn(browser, "first");
        Assert.Single(await agencies.First.Of(session.SessionId));
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task A_session_in_use_is_looked_at_and_left_alone()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Provider.Redis.Endpoint);
        await redis.GetDatabase().SortedSetAddAsync("provider:session-ends", session.SessionId, 1);
        for (var attempt = 0; await redis.GetDatabase().SortedSetScoreAsync("provider:session-ends", session.SessionId) is 1; attempt++)
        {
            Assert.True(attempt < 200, "nobody looked");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.True(await browser.IsSignedIn());
        Assert.DoesNotContain(agencies.First.Received, logout => logout.Sid == session.SessionId);
    }

    // The agency is slow, fails, redirects, sends very much or refuses.
    [Fact]
    public async Task A_failing_agency_is_told_again_and_then_no_more()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        agencies.First.Answer = Status(500);
        try
        {
            await End(session);
            var delivery = Assert.Single(await Settled(session.SessionId, 1));
            Assert.Equal((LogoutDeliveryState.Failed, 4, "answered 500"), (delivery.State, delivery.Attempts, delivery.Result));
            var received = await agencies.First.Of(session.SessionId, 4);
            Assert.Equal(4, received.Length);
            // A new token each time: the one before may have been taken.
            Assert.Equal(4, received.Select(logout => (string)Jwt.Payload(logout.Token)["jti"]!).Distinct().Count());
        }
        finally
        {
            agencies.First.Answer = static _ => Task.CompletedTask;
        }
    }

    [Fact]
    public async Task An_agency_that_comes_back_is_told_then()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        var asked = 0;
        agencies.First.Answer = context => Status(Interlocked.Increment(ref asked) < 3 ? 503 : 204)(context);
        try
        {
            await End(session);
            var delivery = Assert.Single(await Settled(session.SessionId, 1));
            Assert.Equal((LogoutDeliveryState.Delivered, 3, "answered 204"), (delivery.State, delivery.Attempts, delivery.Result));
        }
        finally
        {
            agencies.First.Answer = static _ => Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData(400, "answered 400")]
    [InlineData(302, "answered 302")]
    [InlineData(404, "answered 404")]
    public async Task A_refusal_and_a_redirect_are_final(int status, string result)
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        agencies.First.Answer = context =>
        {
            context.Response.Headers.Location = agencies.Second.Address.AbsoluteUri;
            return Status(status)(context);
        };
        try
        {
            await End(session);
            var delivery = Assert.Single(await Settled(session.SessionId, 1));
            Assert.Equal((LogoutDeliveryState.Failed, 1, result), (delivery.State, delivery.Attempts, delivery.Result));
            Assert.DoesNotContain(agencies.Second.Received, logout => logout.Sid == session.SessionId);
        }
        finally
        {
            agencies.First.Answer = static _ => Task.CompletedTask;
        }
    }

    // What a name resolves to is judged when the connection is made: Outgoing/GuardedHttpTests.
    [Fact]
    public async Task A_private_address_is_not_called()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "inside");
        await End(session);
        var delivery = Assert.Single(await Settled(session.SessionId, 1));
        Assert.Equal((LogoutDeliveryState.Failed, 1, "the address is not one that may be called"), (delivery.State, delivery.Attempts, delivery.Result));
    }

    [Fact]
    public async Task A_huge_answer_is_not_read()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        agencies.First.Answer = async context =>
        {
            for (var block = 0; block < 1024 && !context.RequestAborted.IsCancellationRequested; block++)
                await context.Response.BodyWriter.WriteAsync(new byte[64 * 1024], context.RequestAborted);
        };
        try
        {
            await End(session);
            Assert.Equal(LogoutDeliveryState.Delivered, Assert.Single(await Settled(session.SessionId, 1)).State);
        }
        finally
        {
            agencies.First.Answer = static _ => Task.CompletedTask;
        }
    }

    [Fact]
    public async Task One_that_does_not_answer_delays_no_other()
    {
        using var hold = new CancellationTokenSource();
        var sessions = new List<PersonSession>();
        agencies.First.Answer = async context =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(hold.Token, context.RequestAborted);
            await Task.Delay(Timeout.Infinite, either.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        };
        try
        {
            for (var index = 0; index < 12; index++)
            {
                using var browser = new Browser(Provider);
                sessions.Add(await browser.SignIn());
                await agencies.LogIn(browser, "first");
                await agencies.LogIn(browser, "second");
            }

            foreach (var session in sessions)
                await End(session);
            foreach (var session in sessions)
                await agencies.Second.Of(session.SessionId);
            // Those of the slow one are still under way, a few at a time.
            Assert.Contains(await Outbox.List(1000), delivery => delivery is { ClientId: "first", State: LogoutDeliveryState.Pending });
        }
        finally
        {
            agencies.First.Answer = static _ => Task.CompletedTask;
            await hold.CancelAsync();
        }

        foreach (var session in sessions)
            Assert.All(await Settled(session.SessionId, 2), delivery => Assert.Equal(LogoutDeliveryState.Delivered, delivery.State));
    }

    // Between the end of the session and the telling the process dies; another one finds what is left.
    [Fact]
    public async Task An_end_that_was_begun_is_finished_by_whoever_comes_next()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var tokens = await agencies.Tokens(browser, "first");
        await Provider.Services.GetRequiredService<SessionRegister>().Close(session.SessionId, "signed_out", TimeSpan.Zero);
        Assert.False(await browser.IsSignedIn());
        Assert.Single(await agencies.First.Of(session.SessionId));
        await Settled(session.SessionId, 1);
        using var agency = agencies.Agency("first");
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)tokens.Json["access_token"]!)).Status);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Provider.Redis.Endpoint);
        for (var attempt = 0; redis.GetServers()[0].Keys(pattern: $"provider:*{session.SessionId}*").Any(key => !key.ToString().Contains("session-ending", StringComparison.Ordinal)); attempt++)
        {
            Assert.True(attempt < 200, "something of the session is left");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task An_answer_for_a_session_that_has_just_ended_is_refused()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var register = Provider.Services.GetRequiredService<SessionRegister>();
        Assert.True(await register.AddClient(session.SessionId, new SessionClient("first", "subject", "one")));
        Assert.True(await register.Extend(session.SessionId));
        await End(session);
        Assert.False(await register.AddClient(session.SessionId, new SessionClient("first", "subject", "two")));
        Assert.False(await register.Extend(session.SessionId));
        Assert.False(await register.Extend("never-was"));
    }

    [Fact]
    public async Task Ends_at_one_moment_tell_once()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        await agencies.LogIn(browser, "first");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => End(session)));
        await Settled(session.SessionId, 1);
        Assert.Single(await agencies.First.Of(session.SessionId));
    }

    [Fact]
    public async Task What_waits_in_Redis_names_nobody()
    {
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var subject = (string)Jwt.Payload(await agencies.LogIn(browser, "first"))["sub"]!;
        await End(session);
        await Settled(session.SessionId, 1);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Provider.Redis.Endpoint);
        foreach (var key in redis.GetServers()[0].Keys(pattern: "provider:*").Where(key => key.ToString().Contains("logout-", StringComparison.Ordinal) || key.ToString().Contains("session", StringComparison.Ordinal)))
        {
            var value = await redis.GetDatabase().KeyDumpAsync(key);
            var text = key.ToString() + System.Text.Encoding.Latin1.GetString(value ?? []);
            Assert.DoesNotContain(subject, text, StringComparison.Ordinal);
            Assert.DoesNotContain(session.PersonId, text, StringComparison.Ordinal);
        }
    }

    private static Func<HttpContext, Task> Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private Task<bool> End(PersonSession session) => Provider.Services.GetRequiredService<SessionEnds>().End(session.SessionId, SessionEndReason.SignedOut);

    // The deliveries of a session, once none waits.
    private async Task<LogoutDelivery[]> Settled(string sid, int count)
    {
        for (var attempt = 0; attempt < 400; attempt++)
        {
            var found = (await Outbox.List(1000)).Where(delivery => delivery.SessionId == sid).ToArray();
            if (found.Length == count && found.All(delivery => delivery.State != LogoutDeliveryState.Pending))
                return found;
            await Task.Delay(50);
        }

        throw new TimeoutException("The deliveries did not come to an end.");
    }

    // What the suite checks of a logout token (Back-Channel Logout 2.4), with the keys that everybody can fetch.
    private async Task Check(ReceivedLogout logout, string idToken, string clientId, string algorithm)
    {
        Assert.Equal("POST", logout.Method);
        Assert.StartsWith("application/x-www-form-urlencoded", logout.ContentType, StringComparison.Ordinal);
        Assert.Equal(["logout_token"], logout.Fields);
        using var agency = agencies.Agency(clientId);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks");
        var keys = new JsonWebKeySet((await agency.Send(request)).Body);
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(logout.Token, new TokenValidationParameters
        {
            ValidIssuer = Provider.Issuer.AbsoluteUri, ValidAudience = clientId, IssuerSigningKeys = keys.Keys, ValidAlgorithms = [algorithm], ValidTypes = ["logout+jwt"],
        });
        Assert.True(result.IsValid, result.Exception?.Message);
        var claims = Jwt.Payload(logout.Token);
        Assert.Equal(["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"], claims.Select(claim => claim.Key).Order(StringComparer.Ordinal));
        Assert.True(JsonNode.DeepEquals(claims["events"], JsonNode.Parse("""{"http://schemas.openid.net/event/backchannel-logout":{}}""")));
        Assert.Equal(120, (long)claims["exp"]! - (long)claims["iat"]!);
        Assert.InRange((long)claims["iat"]!, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 60, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var id = Jwt.Payload(idToken);
        Assert.Equal((string)id["sub"]!, (string)claims["sub"]!);
        Assert.Equal((string)id["sid"]!, (string)claims["sid"]!);
        Assert.Equal((string)Jwt.Header(idToken)["kid"]!, (string)Jwt.Header(logout.Token)["kid"]!);
    }
}
