using System.Net;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.SignIn;

/// <summary>Signed out here is signed out at the Provider (OpenID Connect RP-Initiated Logout 1.0).</summary>
public sealed class SignOutTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private StandInProvider Provider => system.Provider;

    [Fact]
    public async Task Sign_out_goes_to_the_Provider_with_the_sessions_ID_token_and_ends_on_the_first_page()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        var page = await browser.Get("sign-in");
        Assert.Contains("form-action 'self' " + Provider.Issuer.TrimEnd('/'), page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var left = await browser.Post("sign-out", await Browser.Fields(page));
        var text = await left.Content.ReadAsStringAsync(SigningSystem.Cancellation);
        Assert.Equal((HttpStatusCode.OK, system.Address), (left.StatusCode, left.RequestMessage!.RequestUri!.AbsoluteUri));
        Assert.Contains("href=\"/sign-in\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Liis Tamm", text, StringComparison.Ordinal);
        Assert.Equal(
            (Provider.LastIdToken, system.Address + "signout-callback-oidc"),
            (Provider.LastLogout!["id_token_hint"], Provider.LastLogout["post_logout_redirect_uri"]));
        Assert.False(await IsSignedIn(browser));
    }

    [Fact]
    public async Task The_ID_token_is_neither_in_the_cookie_nor_readable_in_the_database()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        Assert.InRange(browser.Cookies.GetAllCookies().Single(c => c.Name.StartsWith("identity-signing-session-", StringComparison.Ordinal)).Value.Length, 1, 1000);
        await using var database = await Database();
        var stored = await database.Sessions.SingleAsync(session => session.ProviderSession == Provider.Session, SigningSystem.Cancellation);
        Assert.Equal(StandInPerson.Liis.Subject, stored.Subject);
        Assert.DoesNotContain(Provider.LastIdToken!.Split('.')[1], stored.IdToken, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sign_out_of_a_session_that_is_over_needs_nothing_and_goes_nowhere()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        var fields = await Browser.Fields(await browser.Get("sign-in"));
        using (var client = new HttpClient())
        using (var form = new FormUrlEncodedContent([new("logout_token", Provider.LogoutToken())]))
        using (var told = await client.PostAsync(system.Address + "backchannel-logout", form, SigningSystem.Cancellation))
            Assert.Equal(HttpStatusCode.OK, told.StatusCode);
        using var left = await browser.Post("sign-out", fields);
        Assert.Equal((HttpStatusCode.OK, system.Address), (left.StatusCode, left.RequestMessage!.RequestUri!.AbsoluteUri));
        Assert.Null(Provider.LastLogout);
    }

    [Fact]
    public async Task When_the_Provider_cannot_end_its_session_ours_ends_all_the_same()
    {
        system.Reset();
        Provider.WithoutLogout = true;
        try
        {
            await using var other = await system.StartAnotherOn(system.Pki.PathOf("no-logout"));
            using var browser = other.NewBrowser();
            using var left = await browser.Post("sign-out", await Browser.Fields(await browser.Get("sign-in")));
            Assert.Equal((HttpStatusCode.OK, other.Address), (left.StatusCode, left.RequestMessage!.RequestUri!.AbsoluteUri));
            Assert.False(await IsSignedIn(browser));
        }
        finally
        {
            Provider.WithoutLogout = false;
        }
    }

    [Theory]
    [InlineData("signout-callback-oidc")]
    [InlineData("signout-callback-oidc?state=forged")]
    public async Task Who_comes_back_from_nowhere_sees_the_first_page_and_is_still_signed_in(string address)
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var back = await browser.GetOnce(address);
        Assert.Equal((HttpStatusCode.Redirect, "/"), (back.StatusCode, back.Headers.Location!.OriginalString));
        Assert.True(await IsSignedIn(browser));
    }

    // The handler's front-channel address would sign out whoever is sent there.
    [Fact]
    public async Task No_address_signs_anybody_out_by_being_visited()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        foreach (var address in new[] { "signout-oidc", $"signout-oidc?sid={Provider.Session}&iss={Uri.EscapeDataString(Provider.Issuer)}", "sign-out", "backchannel-logout" })
            Assert.Contains((await browser.GetOnce(address)).StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed });
        Assert.True(await IsSignedIn(browser));
    }

    [Fact]
    public async Task A_sign_in_without_a_session_of_the_Provider_is_none()
    {
        system.Reset();
        Provider.Session = null;
        using var browser = system.NewBrowser();
        using var answer = await browser.Get("sign-in");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.False(await IsSignedIn(browser));
    }

    private async Task<SigningDatabase> Database() =>
        await system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);

    private static async Task<bool> IsSignedIn(Browser browser, string name = "Liis Tamm")
    {
        using var answer = await browser.GetOnce("/");
        return (await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation)).Contains(name, StringComparison.Ordinal);
    }
}
