using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Provider.People;
using Identity.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Identity.Provider.Sessions;

/// <summary>The cookie scheme "session": what makes a browser the browser of a person.</summary>
public static class SessionCookie
{
    private const int SessionIdBytes = 16;

    /// <summary>RFC 8176: proof of possession of a key, user presence, and, as the passkey verified the user itself, two factors.</summary>
    private static readonly string[] PasskeyMethods = ["pop", "user", "mfa"];

    public static void AddSessions(this IServiceCollection services, Uri issuer, SessionLimits limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton<SealedValues>();
        services.AddSingleton<SessionStore>();
        services.AddAuthentication(PersonSession.Scheme).AddCookie(PersonSession.Scheme, cookie =>
        {
            cookie.Cookie.Name = CookieNames.For(issuer, "provider", "session");
            cookie.Cookie.Path = "/";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.IsEssential = true;
            // Lax: a person arrives from an agency's site and is to be recognised.
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = issuer.Scheme == Uri.UriSchemeHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = limits.Absolute;
            cookie.SlidingExpiration = false;
        });
        services.AddOptions<CookieAuthenticationOptions>(PersonSession.Scheme).Configure<SessionStore>((cookie, store) => cookie.SessionStore = store);
    }

    /// <summary>Begins a new session with a new key for a person whose passkey has just been verified; the one before ends.</summary>
    public static async Task<PersonSession> SignIn(HttpContext context, Person person)
    {
        var services = context.RequestServices;
        // OWASP ASVS 5.0 7.2.4: a new session at each authentication. The cookie handler would keep the key that it has read for this request,
        // so the old session is removed first and another handler, which then reads none, signs in.
        await services.GetRequiredService<SessionStore>().End(context);
        var handler = ActivatorUtilities.CreateInstance<CookieAuthenticationHandler>(services);
        var scheme = await services.GetRequiredService<IAuthenticationSchemeProvider>().GetSchemeAsync(PersonSession.Scheme)
            ?? throw new InvalidOperationException("AddSessions has not been called.");
        await handler.InitializeAsync(scheme, context);

        var session = new PersonSession(
            person.Id,
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SessionIdBytes)),
            services.GetRequiredService<TimeProvider>().GetUtcNow(),
            PasskeyMethods,
            PersonSession.Substantial);
        await handler.SignInAsync(session.ToPrincipal(), new AuthenticationProperties { IsPersistent = false });
        return session;
    }

    /// <summary>Ends the session of this browser.</summary>
    public static Task SignOut(HttpContext context) => context.SignOutAsync(PersonSession.Scheme);
}
