using Identity.TestKit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using System.Net;
using StackExchange.Redis;

namespace Identity.Provider.Authorize;

/// <summary>Redis stopped or emptied in the middle: 503 or a refusal, never a login and never a token.</summary>
public sealed class StoreOutageTests
{
    [Fact]
    public async Task Redis_stopped_in_the_middle_of_a_flow_is_503_everywhere_and_quickly()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var address = await agency.Pushed();
        var code = (await browser.Authorize(agency))["code"];
        var access = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["access_token"]!;
        provider.Redis.Stop();

        var began = TimeProvider.System.GetTimestamp();
        var page = await browser.Get(address);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        Assert.Null(page.Location);
        Assert.True(page.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        foreach (var reply in new[] { await agency.Push(agency.Request()), await agency.Redeem(code), await agency.UserInfo(access) })
        {
            Assert.True(reply is { Status: HttpStatusCode.ServiceUnavailable, Error: "temporarily_unavailable" }, $"{reply.Status} {reply.Body}");
            Assert.True(reply.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Health("ready"));
        Assert.Equal(HttpStatusCode.OK, await Health("live"));
        async Task<HttpStatusCode> Health(string which)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/health/{which}");
            return (await agency.Send(request)).Status;
        }

        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "an outage must not hang requests");

        // Back and empty: what was waiting is refused, nothing is taken for valid.
        await provider.Redis.Run();
        Reply redeemed;
        do
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            redeemed = await agency.Redeem(code);
        }
        while (redeemed.Status == HttpStatusCode.ServiceUnavailable && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(120));

        Assert.Equal("invalid_grant", redeemed.Error);
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo(access)).Status);
        RedirectUriTests.Stays(await browser.Get(address));
    }

    [Fact]
    public async Task A_database_that_cannot_be_read_is_503_everywhere_and_never_an_answer()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var address = await agency.Pushed();
        var code = (await browser.Authorize(agency))["code"];
        var access = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["access_token"]!;
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(provider.DatabaseFile)!, Path.GetFileName(provider.DatabaseFile) + "*"))
            File.Move(file, file + ".away");
        Directory.CreateDirectory(provider.DatabaseFile);

        foreach (var path in new[] { address, "/" })
        {
            var page = await browser.Get(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
            Assert.True(page.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            Assert.DoesNotContain("SQLite", page.Body, StringComparison.OrdinalIgnoreCase);
        }

        foreach (var reply in new[] { await agency.Push(agency.Request()), await agency.Redeem(code), await agency.UserInfo(access) })
            Assert.True(reply is { Status: HttpStatusCode.ServiceUnavailable, Error: "temporarily_unavailable" }, $"{reply.Status} {reply.Body}");
        using var ready = new HttpRequestMessage(HttpMethod.Get, "/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await agency.Send(ready)).Status);
    }

    [Fact]
    public async Task Without_its_audit_log_nothing_irreversible_happens()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using (var before = new Browser(provider))
            await before.Enrol("LIIS-7KQ4-M2XD", authenticator);
        using var consenting = new Browser(provider);
        await consenting.SignIn();
        var consent = (await consenting.Get(await agency.Pushed())).Location!;
        var consentPage = await consenting.Get(consent);
        using var ready = new Browser(provider);
        await ready.SignIn(SignedIn.Wei);
        await provider.Consent("tax-portal", SignedIn.Wei);
        var code = (await ready.Authorize(agency))["code"];
        provider.Services.GetRequiredService<Audit.AuditLog>().Dispose();

        using var browser = new Browser(provider);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.SignIn(authenticator)).Status);
        Assert.Null(browser.SessionCookie);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await consenting.Post(consent + "&handler=Allow", consentPage)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await agency.Redeem(code)).Status);
        using var newcomer = new VirtualAuthenticator(provider.Origin);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.Enrol("AMIR-9FW5-J4VB", newcomer)).Status);
        Assert.Null(browser.SessionCookie);
        var liis = await provider.PersonId(SignedIn.Liis);
        await provider.InDatabase(async database =>
        {
            Assert.False(await database.Consents.AnyAsync(row => row.PersonId == liis, TestContext.Current.CancellationToken));
            Assert.Equal(1, await database.UserPasskeys.CountAsync(TestContext.Current.CancellationToken));
        });
    }

    [Fact]
    public async Task FLUSHALL_ends_codes_requests_and_sessions_and_asks_for_login()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var address = await agency.Pushed();
        var code = (await browser.Authorize(agency))["code"];
        using (var redis = await ConnectionMultiplexer.ConnectAsync($"{provider.Redis.Endpoint},allowAdmin=true"))
            await redis.GetServers()[0].FlushAllDatabasesAsync();
        Assert.Equal("invalid_grant", (await agency.Redeem(code)).Error);
        RedirectUriTests.Stays(await browser.Get(address));
        Assert.StartsWith("/login?", (await browser.Get(await agency.Pushed())).Location, StringComparison.Ordinal);
    }

    // The used identifiers are gone with the rest: what was signed before must not count once more.
    [Fact]
    public async Task After_FLUSHALL_an_assertion_from_before_is_refused_and_a_new_one_is_good()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        var old = agency.Assertion(claims => claims["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 20);
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.Push(agency.Request(), old)).Status);
        var used = agency.Assertion(claims => claims["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 2);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request(), used)).Status);
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        using (var redis = await ConnectionMultiplexer.ConnectAsync($"{provider.Redis.Endpoint},allowAdmin=true"))
            await redis.GetServers()[0].FlushAllDatabasesAsync();
        Assert.Equal("invalid_client", (await agency.Push(agency.Request(), used)).Error);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
    }

    [Fact]
    public async Task A_restart_keeps_requests_codes_and_sessions()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var address = await agency.Pushed();
        var code = (await browser.Authorize(agency))["code"];
        await provider.Stop();
        await provider.Start();
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem(code)).Status);
        Assert.Contains("code=", (await browser.Get(address)).Location, StringComparison.Ordinal);
    }
}
