using System.Net;
using System.Security.Claims;
using Identity.Provider.Consent;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Identity.Provider;

/// <summary>
/// Makes a browser the browser of a person without passing the login page: a ticket is written through the running Provider's own session store and
/// cookie format, as the login page does after it has verified a passkey. It is a test's means; the service has no such door.
/// </summary>
public static class SignedIn
{
    public const string Liis = "PNOXX-48504210018";
    public const string Wei = "PNOXX-37911030025";

    public static async Task<PersonSession> SignIn(this Browser browser, string identifier = Liis, TimeSpan? ago = null, TimeSpan? left = null)
    {
        var services = browser.Provider.Services;
        var session = new PersonSession(
            await browser.Provider.PersonId(identifier), Agency.Random(16), TimeProvider.System.GetUtcNow() - (ago ?? TimeSpan.Zero), ["pop", "user", "mfa"], AssuranceLevel.Substantial);
        var now = TimeProvider.System.GetUtcNow();
        var properties = new AuthenticationProperties { IssuedUtc = now, ExpiresUtc = now + (left ?? TimeSpan.FromHours(1)) };
        var key = await services.GetRequiredService<SessionStore>().StoreAsync(new AuthenticationTicket(session.ToPrincipal(), properties, PersonSession.Scheme));

        var cookie = services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(PersonSession.Scheme);
        var pointer = new ClaimsIdentity([new Claim("Microsoft.AspNetCore.Authentication.Cookies-SessionId", key)], PersonSession.Scheme);
        var value = cookie.TicketDataFormat.Protect(new AuthenticationTicket(new ClaimsPrincipal(pointer), properties, PersonSession.Scheme));
        browser.Cookies.Add(browser.Provider.Issuer, new Cookie(cookie.Cookie.Name!, value, "/"));
        return session;
    }

    public static async Task Consent(this RunningProvider provider, string clientId, string identifier = Liis, params string[] claims)
    {
        await using var scope = provider.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ConsentStore>().Grant(
            await provider.PersonId(identifier), clientId, claims.Length > 0 ? claims : ["name", "given_name", "family_name", "birthdate", "person_identifier"], CancellationToken.None);
    }

    /// <summary>A code for a person who has consented: the parameters of the redirect back.</summary>
    public static async Task<Dictionary<string, string>> Authorize(this Browser browser, Agency agency, Action<Dictionary<string, string>>? change = null, string scope = "openid profile")
    {
        var page = await browser.Get(await agency.Pushed(change, scope));
        Assert.True(page.Status is HttpStatusCode.Redirect or HttpStatusCode.SeeOther, $"{page.Status}: {page.Body}");
        Assert.StartsWith(agency.RedirectUri + "?", page.Location, StringComparison.Ordinal);
        return Query(page.Location!);
    }

    public static Dictionary<string, string> Query(string address) =>
        Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(address).Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
}
