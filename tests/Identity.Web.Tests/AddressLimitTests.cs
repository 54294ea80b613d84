using System.Net;

namespace Identity.Web.Tests;

/// <summary>What one address may ask in a minute.</summary>
public sealed class AddressLimitTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");

    [Fact]
    public void The_limit_passes_and_one_past_it_waits_for_the_next_minute()
    {
        var clock = new Clock();
        var limit = new AddressLimit(3, clock);
        for (var count = 0; count < 3; count++)
            Assert.Null(limit.Add(One));
        Assert.Equal(TimeSpan.FromSeconds(50), limit.Add(One));
        Assert.Null(limit.Add(IPAddress.Parse("192.0.2.2")));
        clock.Now += TimeSpan.FromSeconds(49);
        Assert.Equal(TimeSpan.FromSeconds(1), limit.Add(One));
        clock.Now += TimeSpan.FromSeconds(1);
        Assert.Null(limit.Add(One));
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData(null, null, true)]
    public void A_network_of_IPv6_is_one_address(string? first, string? second, bool same)
    {
        var limit = new AddressLimit(1, new Clock());
        Assert.Null(limit.Add(first is null ? null : IPAddress.Parse(first)));
        Assert.Equal(same, limit.Add(second is null ? null : IPAddress.Parse(second)) is not null);
    }

    [Fact]
    public void More_addresses_than_are_kept_are_not_held_and_those_that_are_kept_still_are()
    {
        var limit = new AddressLimit(1, new Clock());
        for (var number = 0; number < AddressLimit.MostAddresses; number++)
            Assert.Null(limit.Add(new IPAddress(number)));
        Assert.Null(limit.Add(One));
        Assert.Null(limit.Add(One));
        Assert.NotNull(limit.Add(new IPAddress(7)));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 24, 12, 0, 10, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
