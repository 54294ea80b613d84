using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Identity.Provider.Sessions;

/// <summary>
/// What the cookie handler asks of the <see cref="SessionRegister"/>. The browser's cookie holds a sid and a random 256-bit secret, Redis the session
/// under the sid with the secret's SHA-256: deleting it there ends the session on every node at the next request.
/// </summary>
public sealed class SessionStore(SessionRegister register, TimeProvider time, SessionLimits limits) : ITicketStore
{
    public async Task<string> StoreAsync(AuthenticationTicket ticket) =>
        await register.Begin(PersonSession.From(ticket.Principal), "", ticket.Properties.ExpiresUtc ?? time.GetUtcNow() + limits.Absolute);

    /// <summary>The session that <see cref="SessionCookie.SignIn"/> has begun in this request.</summary>
    public Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        httpContext.Items[typeof(SessionStore)] is string key ? Task.FromResult(key) : StoreAsync(ticket);

    public Task RenewAsync(string key, AuthenticationTicket ticket) =>
        throw new NotSupportedException("A session goes on by a new login alone; its cookie does not slide.");

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        if (await register.Open(key) is not var (sid, record))
            return null;
        var properties = new AuthenticationProperties { IssuedUtc = record.AuthenticatedAt, ExpiresUtc = record.End };
        return new AuthenticationTicket(record.ToSession(sid).ToPrincipal(), properties, PersonSession.Scheme);
    }

    /// <summary>Nothing, while another session begins in this request: the handler would go on with the one that the browser came with.</summary>
    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken) =>
        httpContext.Items.ContainsKey(typeof(SessionStore)) ? null : await RetrieveAsync(key);

    /// <summary>The handler takes the cookie away; <see cref="SessionEnds"/> is who ends sessions, before.</summary>
    public Task RemoveAsync(string key) => Task.CompletedTask;
}
