using System.Net;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Sessions;

/// <summary>A disabled person is as if there were none, at the next request, whatever they hold.</summary>
public sealed class DisabledPersonTests
{
    [Fact]
    public async Task Session_code_token_passkey_and_enrolment_code_stop_at_once_and_work_again_afterwards()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        await provider.Consent("tax-portal");
        var access = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["access_token"]!;
        var code = (await browser.Authorize(agency))["code"];

        await Disable(provider, TimeProvider.System.GetUtcNow().AddDays(1));
        Assert.False(await browser.IsSignedIn());
        Assert.StartsWith("/login?", (await browser.Get(await agency.Pushed())).Location, StringComparison.Ordinal);
        Assert.Equal("invalid_grant", (await agency.Redeem(code)).Error);
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo(access)).Status);
        using var other = new Browser(provider);
        Assert.Equal(HttpStatusCode.BadRequest, (await other.SignIn(authenticator)).Status);
        Assert.Null(other.SessionCookie);
        Assert.Equal(HttpStatusCode.BadRequest, (await other.GiveCode("LIIS-7KQ4-M2XD")).Status);

        await Disable(provider, TimeProvider.System.GetUtcNow().AddDays(-1));
        Assert.Equal(HttpStatusCode.SeeOther, (await other.SignIn(authenticator)).Status);
    }

    private static Task Disable(RunningProvider provider, DateTimeOffset until) => provider.InDatabase(database =>
        database.Users.Where(person => person.Identifier == SignedIn.Liis).ExecuteUpdateAsync(person => person.SetProperty(row => row.LockoutEnd, until)));
}
