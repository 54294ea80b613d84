using System.Net;
using Identity.Provider.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Enrolment;

public sealed class GuessLimitTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task The_eleventh_wrong_code_of_an_address_is_not_looked_at_and_is_told_when_to_come_back()
    {
        using var browser = new Browser(provider);
        for (var i = 0; i < GuessLimit.PerAddress; i++)
            Assert.Equal(HttpStatusCode.BadRequest, (await browser.GiveCode($"AAAA-AAAA-AA{i:00}")).Status);
        var refused = await browser.GiveCode("LIIS-7KQ4-M2XD");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), GuessLimit.Window);
        Assert.Contains("Too many attempts.", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Liis", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_listed_proxy_each_visitor_counts_alone()
    {
        await using var own = await RunningProvider.With("--Web:Proxies:0=127.0.0.1", "--Web:Proxies:1=::1");
        using var guesser = new Browser(own) { ForwardedFor = "198.51.100.7" };
        for (var i = 0; i < GuessLimit.PerAddress; i++)
            Assert.Equal(HttpStatusCode.BadRequest, (await guesser.GiveCode($"AAAA-AAAA-AA{i:00}")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await guesser.GiveCode("LIIS-7KQ4-M2XD")).Status);
        using var other = new Browser(own) { ForwardedFor = "198.51.100.8" };
        Assert.Equal(HttpStatusCode.OK, (await other.GiveCode("LIIS-7KQ4-M2XD")).Status);
    }

    [Fact]
    public async Task Anybody_who_is_no_listed_proxy_counts_whatever_a_header_says()
    {
        await using var own = await RunningProvider.With("--Web:Proxies:0=192.0.2.1");
        for (var i = 0; i < GuessLimit.PerAddress; i++)
        {
            using var guesser = new Browser(own) { ForwardedFor = $"198.51.100.{i}" };
            Assert.Equal(HttpStatusCode.BadRequest, (await guesser.GiveCode($"AAAA-AAAA-AA{i:00}")).Status);
        }

        using var last = new Browser(own) { ForwardedFor = "198.51.100.99" };
        Assert.Equal(HttpStatusCode.TooManyRequests, (await last.GiveCode("LIIS-7KQ4-M2XD")).Status);
    }

    [Fact]
    public async Task Right_codes_do_not_count()
    {
        var limit = Limit();
        var address = IPAddress.Parse("192.0.2.7");
        for (var i = 0; i < 3 * GuessLimit.PerAddress; i++)
        {
            Assert.Null(await limit.Begin(address));
            await limit.Succeeded(address);
        }
    }

    [Fact]
    public async Task Addresses_of_one_household_count_together()
    {
        var limit = Limit();
        for (var i = 1; i <= GuessLimit.PerAddress; i++)
            Assert.Null(await limit.Begin(IPAddress.Parse($"2001:db8:1:2::{i:x}")));
        Assert.NotNull(await limit.Begin(IPAddress.Parse("2001:db8:1:2:ffff::1")));
        Assert.Null(await limit.Begin(IPAddress.Parse("2001:db8:1:3::1")));
    }

    [Fact]
    public async Task Everybody_together_is_limited_too()
    {
        await using var own = await RunningProvider.With();
        var limit = own.Services.GetRequiredService<GuessLimit>();
        for (var i = 0; i < GuessLimit.ByEverybody; i++)
            Assert.Null(await limit.Begin(IPAddress.Parse($"198.51.{i / 250}.{i % 250}")));
        Assert.NotNull(await limit.Begin(IPAddress.Parse("203.0.113.1")));
    }

    private GuessLimit Limit() => new(provider.Services.GetRequiredService<RedisStore>(), TimeProvider.System);
}
