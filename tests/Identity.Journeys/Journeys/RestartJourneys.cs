using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>A person whose agencies and Provider are restarted between two visits. In a system of its own: it leaves consents behind.</summary>
[Collection("whole system")]
public sealed class RestartJourneys(WholeSystem browsers, FreshSystem system) : IClassFixture<FreshSystem>
{
    [Fact]
    public async Task Who_signed_in_at_one_agency_needs_no_login_at_another_after_a_restart()
    {
        var (provider, tax, health) = (system.Host.Address(0), system.Host.Address(401), system.Host.Address(402));
        await using var visitor = await browsers.Visit();
        await visitor.Go(tax + "sign-in");
        await visitor.Enrol(DemoCodes.Liis);
        await visitor.ConsentIfAsked(tax);
        var number = await visitor.Text(".id-summary dd code");

        await system.Restart();
        await visitor.Go(tax + "me");
        Assert.Equal(number, await visitor.Text(".id-summary dd code"));
        var before = visitor.PagesSeen.Count;
        await visitor.Go(health + "sign-in");
        await visitor.ConsentIfAsked(health);
        await visitor.Arrive(health + "me");
        Assert.DoesNotContain(visitor.PagesSeen.Skip(before), page => page.StartsWith(provider + "login", StringComparison.Ordinal) || page.StartsWith(provider + "enrol", StringComparison.Ordinal));
    }
}
