using Identity.Authority.Issuers;
using Identity.Authority.RevocationLists;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Issuance;

public sealed class EndWatchTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    [Fact]
    public void What_ends_within_a_month_is_named()
    {
        var (keys, lists) = (system.Services.GetRequiredService<AuthorityKeys>(), system.Services.GetRequiredService<RevocationListPublisher>());
        var end = keys.Timestamps.Certificate.NotAfter;
        Assert.Empty(EndWatch.Within(keys, lists, end.AddDays(-31)));
        // The fixture makes all for the same ten years, one after another.
        Assert.Contains(new Ending("tsa", end), EndWatch.Within(keys, lists, end.AddDays(-29)));
        Assert.Equal(4, EndWatch.Within(keys, lists, end.AddDays(-29)).Count);
    }
}
