using System.Net;
using Microsoft.Extensions.Configuration;

namespace Identity.Web.Tests;

/// <summary>Whose address a request has: the connection's, unless a proxy that the settings name says otherwise.</summary>
public sealed class ProxiesTests
{
    private const string Own = "127.0.0.1";

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.0/8")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task A_listed_proxy_is_believed(string proxy)
    {
        await using var service = await SampleService.Start(settings: $"--Web:Proxies:0={proxy}");
        Assert.Equal("198.51.100.7", await Seen(service, "198.51.100.7"));
        Assert.Equal("2001:db8::1", await Seen(service, "2001:db8::1"));
    }

    [Theory]
    [InlineData]
    [InlineData("--Web:Proxies:0=192.0.2.1")]
    [InlineData("--Web:Proxies:0=10.0.0.0/8", "--Web:Proxies:1=2001:db8::/32")]
    [InlineData("--ForwardedHeaders_Enabled=true")]
    public async Task Anybody_else_is_not(params string[] settings)
    {
        await using var service = await SampleService.Start(settings: settings);
        Assert.Equal(Own, await Seen(service, "198.51.100.7"));
    }

    [Fact]
    public async Task What_a_visitor_writes_before_the_proxy_does_not_count()
    {
        await using var service = await SampleService.Start(settings: $"--Web:Proxies:0={Own}");
        Assert.Equal("198.51.100.7", await Seen(service, "203.0.113.9, 198.51.100.7"));
        Assert.Equal("198.51.100.7", await Seen(service, $"203.0.113.9, {Own}, 198.51.100.7"));
    }

    [Fact]
    public async Task A_chain_is_followed_as_far_as_its_proxies_are_listed()
    {
        await using var one = await SampleService.Start(settings: ["--Web:Proxies:0=127.0.0.1"]);
        Assert.Equal("10.0.0.2", await Seen(one, "203.0.113.9, 198.51.100.7, 10.0.0.2"));
        await using var two = await SampleService.Start(settings: ["--Web:Proxies:0=127.0.0.1", "--Web:Proxies:1=10.0.0.2"]);
        Assert.Equal("198.51.100.7", await Seen(two, "203.0.113.9, 198.51.100.7, 10.0.0.2"));
        // No more hops than proxies, even when a visitor claims to be one.
        Assert.Equal("10.0.0.2", await Seen(two, "203.0.113.9, 10.0.0.2, 10.0.0.2"));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("198.51.100.7, nonsense")]
    [InlineData("")]
    public async Task What_is_no_address_leaves_the_proxys_own(string header)
    {
        await using var service = await SampleService.Start(settings: $"--Web:Proxies:0={Own}");
        Assert.Equal(Own, await Seen(service, header));
    }

    [Fact]
    public async Task A_listed_proxy_changes_neither_scheme_nor_host()
    {
        await using var service = await SampleService.Start("https://id.example:8443/", settings: $"--Web:Proxies:0={Own}");
        using var answer = await service.Get("/host", ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Prefix", "/x"), ("X-Forwarded-For", "198.51.100.7"));
        Assert.Equal("https://id.example:8443", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10")]
    [InlineData("010.0.0.1")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("10.0.0.0/33")]
    public void A_refusal_names_the_setting(string proxy)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Web:Proxies:0", "192.0.2.1"), new("Web:Proxies:1", proxy)]).Build();
        var refused = Assert.Throws<WebSettingsException>(() => Proxies.Read(settings));
        Assert.StartsWith("Web:Proxies:1: ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Proxies.Most, true)]
    [InlineData(Proxies.Most + 1, false)]
    public void There_is_a_most(int count, bool accepted)
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(Enumerable.Range(0, count).Select(index => KeyValuePair.Create($"Web:Proxies:{index}", (string?)$"192.0.2.{index}"))).Build();
        if (accepted)
            Assert.Equal(count, Proxies.Read(settings).Count);
        else
            Assert.StartsWith("Web:Proxies: ", Assert.Throws<WebSettingsException>(() => Proxies.Read(settings)).Message, StringComparison.Ordinal);
    }

    private static async Task<string> Seen(SampleService service, string forwardedFor)
    {
        using var answer = await service.Get("/address", ("X-Forwarded-For", forwardedFor));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
