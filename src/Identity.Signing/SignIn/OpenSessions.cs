using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Signing.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.SignIn;

/// <summary>A session that has not been ended: its cookie is good until then. Nothing of the person is kept here, and without the cookie's keys the identifier opens nothing.</summary>
public sealed class OpenSession
{
    public required string Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>
/// Which sessions are open. The cookie says who it is; this says that it still counts, in all copies of the service: sign-out removes the row, and a lost
/// row is a person who signs in again.
/// </summary>
public sealed class OpenSessions(IDbContextFactory<SigningDatabase> databases, SigningSettings settings, TimeProvider time)
{
    private const int IdBytes = 16;
    private const string IdItem = "session";

    /// <summary>A new session at each sign-in; the one that this browser had before ends.</summary>
    public async Task Begin(CookieSigningInContext context)
    {
        await End(context.HttpContext);
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        await using var database = await databases.CreateDbContextAsync();
        database.Sessions.Add(new OpenSession { Id = id, ExpiresAt = time.GetUtcNow() + settings.SessionLifetime });
        await database.SaveChangesAsync();
        context.Properties.Items[IdItem] = id;
    }

    /// <summary>A cookie without an open session is nobody's.</summary>
    public async Task Check(CookieValidatePrincipalContext context)
    {
        if (context.Properties.Items.TryGetValue(IdItem, out var id) && id is not null && await IsOpen(id, context.HttpContext.RequestAborted))
            return;
        context.RejectPrincipal();
    }

    /// <summary>Ends the session of this browser, if it has one. When it returns, a copy of the cookie is worth nothing.</summary>
    public async Task End(HttpContext context)
    {
        var session = await context.AuthenticateAsync(SignInSchemes.Session);
        if (session.Properties?.Items.TryGetValue(IdItem, out var id) != true || id is null)
            return;
        await using var database = await databases.CreateDbContextAsync();
        // A browser that goes away stops nothing.
        await database.Sessions.Where(open => open.Id == id).ExecuteDeleteAsync(CancellationToken.None);
    }

    /// <summary>Removes the rows of sessions whose time is over.</summary>
    public async Task RemoveExpired(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Sessions.Where(open => open.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
    }

    private async Task<bool> IsOpen(string id, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Sessions.AnyAsync(open => open.Id == id && open.ExpiresAt > now, cancellation);
    }
}
