using System.Net;
using Microsoft.EntityFrameworkCore;
using static Identity.Provider.RefreshTokens.RefreshingProvider;

namespace Identity.Provider.RefreshTokens;

/// <summary>A refresh token stands for a login; when person or client is gone, it is over.</summary>
public sealed class EndedRefreshTokenTests
{
    [Fact]
    public async Task A_disabled_person_and_a_client_registered_anew_get_nothing()
    {
        await using var parties = new RefreshingProvider();
        await parties.InitializeAsync();
        var provider = parties.Provider;
        using var agency = parties.Agency("steady");
        using var browser = new Browser(provider);
        await browser.SignIn();
        var token = await parties.RefreshToken(agency, browser);

        await Disable(provider, TimeProvider.System.GetUtcNow().AddDays(1));
        var disabled = await Refresh(agency, token);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (disabled.Status, disabled.Error));
        await Disable(provider, TimeProvider.System.GetUtcNow().AddDays(-1));
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, token)).Status);

        // A restart with the same settings keeps it: it is in the database.
        var settings = provider.Settings;
        await provider.Restart(settings);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, token)).Status);

        await provider.Restart();
        await provider.Restart(settings);
        var renewed = await Refresh(agency, token);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (renewed.Status, renewed.Error));
    }

    [Fact]
    public async Task A_client_that_is_registered_for_less_than_was_granted_gets_nothing()
    {
        await using var parties = new RefreshingProvider();
        await parties.InitializeAsync();
        var provider = parties.Provider;
        using var agency = parties.Agency("steady");
        using var browser = new Browser(provider);
        await browser.SignIn();
        var wide = await parties.RefreshToken(agency, browser, "openid profile birthdate");
        var narrow = await parties.RefreshToken(agency, browser);
        await provider.Restart([.. provider.Settings.Where(setting => !setting.EndsWith("=birthdate", StringComparison.Ordinal))]);
        var refused = await Refresh(agency, wide);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (refused.Status, refused.Error));
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, narrow)).Status);
    }

    private static Task Disable(RunningProvider provider, DateTimeOffset until) => provider.InDatabase(database =>
        database.Users.Where(person => person.Identifier == SignedIn.Liis).ExecuteUpdateAsync(person => person.SetProperty(row => row.LockoutEnd, until)));
}
