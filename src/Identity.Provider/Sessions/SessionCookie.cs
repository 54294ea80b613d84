using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Provider.Logout;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Identity.Provider.Sessions;

/// <summary>The cookie scheme "session": what makes a browser the browser of a person.</summary>
public static class SessionCookie
{
    private const int SessionIdBytes = 16;

    /// <summary>Sessions as records: what commands work with too.</summary>
    internal static void AddSessionRegister(this IServiceCollection services, SessionLimits limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton<SealedValues>();
        services.AddSingleton<SessionRegister>();
        services.AddSingleton<LogoutOutbox>();
        services.AddSingleton<SessionEnds>();
    }

    public static void AddSessions(this IServiceCollection services, Uri issuer, SessionLimits limits)
    {
        services.AddSessionRegister(limits);
        services.AddSingleton<SessionStore>();
        services.AddHostedService<SessionEndsWorker>();
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

    /// <summary>
    /// Makes this the browser of a person whose passkey has just been verified. The session of somebody else that was there ends; one of the same person goes
    /// on (its sid, which agencies know it by, stays) with a new key in the cookie: OWASP ASVS 5.0 7.2.4.
    /// </summary>
    public static async Task<PersonSession> SignIn(HttpContext context, Person person, PasskeyAssurance assurance)
    {
        var services = context.RequestServices;
        var register = services.GetRequiredService<SessionRegister>();
        var ends = services.GetRequiredService<SessionEnds>();
        var limits = services.GetRequiredService<SessionLimits>();
        var before = await PersonSession.Read(context);
        if (before is not null && before.PersonId != person.Id)
            await ends.End(before.SessionId, SessionEndReason.Replaced);

        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var sid = before?.PersonId == person.Id ? before.SessionId : NewSid();
        var session = new PersonSession(person.Id, sid, now, assurance.Methods, assurance.Level);
        var device = Device.Of(context.Request.Headers.UserAgent);
        var key = before?.PersonId == person.Id ? await register.Renew(session, device, now + limits.Absolute) : null;
        if (key is null)
        {
            session = session with { SessionId = NewSid() };
            key = await register.Begin(session, device, now + limits.Absolute);
        }

        await ends.KeepBounded(person.Id);
        await Give(context, session, key);
        return session;
    }

    /// <summary>Ends the session of this browser, if there is one.</summary>
    public static async Task SignOut(HttpContext context, SessionEndReason why)
    {
        if (await PersonSession.Read(context) is { } session)
            await context.RequestServices.GetRequiredService<SessionEnds>().End(session.SessionId, why);
        await context.SignOutAsync(PersonSession.Scheme);
    }

    // The cookie handler of this request has read the session that the browser came with, and would write that one's key again. Another handler, to which
    // the store shows the new session alone, writes the new one's.
    private static async Task Give(HttpContext context, PersonSession session, string key)
    {
        context.Items[typeof(SessionStore)] = key;
        var handler = ActivatorUtilities.CreateInstance<CookieAuthenticationHandler>(context.RequestServices);
        var scheme = await context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>().GetSchemeAsync(PersonSession.Scheme)
            ?? throw new InvalidOperationException("AddSessions has not been called.");
        await handler.InitializeAsync(scheme, context);
        await handler.SignInAsync(session.ToPrincipal(), new AuthenticationProperties { IsPersistent = false });
    }

    private static string NewSid() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SessionIdBytes));
}
