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
