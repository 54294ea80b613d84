using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Identity.Signing.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.SignIn;

/// <summary>
/// A session that has not been ended: its cookie is good until then. It names the person by the pairwise subject alone, and without the cookie's keys its
/// identifier opens nothing.
/// </summary>
public sealed class OpenSession
{
    public required string Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The Provider's session that it came of: <c>sid</c>.</summary>
    public required string ProviderSession { get; init; }

    /// <summary>Pairwise: <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Encrypted. It says at sign-out which session is meant, and is used for nothing else.</summary>
    public required string IdToken { get; init; }
}

/// <summary>What a logout token has settled, for as long as something could say otherwise: that the token was used, that the Provider's session is over.</summary>
public sealed class SettledLogout
{
    public required string What { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>
/// Which sessions are open. The cookie says who it is; this says that it still counts, in all copies of the service: sign-out here or at the Provider removes
/// the row, and a lost row is a person who signs in again.
/// </summary>
public sealed class OpenSessions(IDbContextFactory<SigningDatabase> databases, SigningSettings settings, IDataProtectionProvider protection, TimeProvider time)
{
    private const int IdBytes = 16;
    private const string IdItem = "session";
    private const string ProviderSessionItem = "provider-session";
    private const string IdTokenItem = "id-token";
    private const string TokenMark = "jti-";
    private const string SessionMark = "sid-";

    private readonly IDataProtector protector = protection.CreateProtector("Identity.Signing.SignIn.IdToken");

    /// <summary>For <see cref="Begin"/>: what the Provider said that the cookie does not hold.</summary>
    public static void Tell(AuthenticationProperties properties, string providerSession, string idToken)
    {
        properties.Items[ProviderSessionItem] = providerSession;
        properties.Items[IdTokenItem] = idToken;
    }

    /// <summary>A new session at each sign-in; the one that this browser had before ends. None begins of a Provider's session that is over: its cookie is nobody's.</summary>
    public async Task Begin(CookieSigningInContext context)
    {
        await End(context.HttpContext);
        var session = new OpenSession
        {
            Id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)),
            ExpiresAt = time.GetUtcNow() + settings.SessionLifetime,
            ProviderSession = Take(context.Properties, ProviderSessionItem),
            Subject = context.Principal?.FindFirstValue(SignedInPerson.SubjectClaim) ?? throw new InvalidOperationException("A session is somebody's."),
            IdToken = protector.Protect(Take(context.Properties, IdTokenItem)),
        };
        context.Properties.Items[IdItem] = session.Id;
        await using var database = await databases.CreateDbContextAsync();
        // SQLite has one writer at a time, from here to the commit: a logout comes before, and is seen, or after, and sees the session.
        await using var transaction = await database.Database.BeginTransactionAsync();
        var over = Settled(SessionMark, session.ProviderSession);
        if (await database.SettledLogouts.AnyAsync(settled => settled.What == over))
            return;
        database.Sessions.Add(session);
        await database.SaveChangesAsync();
        await transaction.CommitAsync();
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
        if (await IdOf(context) is not { } id)
            return;
        await using var database = await databases.CreateDbContextAsync();
        // A browser that goes away stops nothing.
        await database.Sessions.Where(open => open.Id == id).ExecuteDeleteAsync(CancellationToken.None);
    }

    /// <summary>Ends every session that the token speaks of, or nothing at all. Durable when it returns.</summary>
    /// <returns>How many; null: the token was used before.</returns>
    public async Task<int?> End(VerifiedLogout logout)
    {
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var used = Settled(TokenMark, logout.TokenId);
        if (await database.SettledLogouts.AnyAsync(settled => settled.What == used))
            return null;
        database.SettledLogouts.Add(new SettledLogout { What = used, ExpiresAt = logout.GoodUntil });
        if (logout.ProviderSession is { } sid)
            await MarkOver(database, sid);
        await database.SaveChangesAsync();
        // Back-Channel Logout 2.4: without sid, all sessions of the person.
        var ended = await database.Sessions
            .Where(open => logout.ProviderSession != null ? open.ProviderSession == logout.ProviderSession : open.Subject == logout.Subject)
            .ExecuteDeleteAsync();
        await transaction.CommitAsync();
        return ended;
    }

    /// <summary>The ID token of this browser's session, for the Provider to know which one is meant. Null: no session, or one that a copy of the version before began.</summary>
    public async Task<string?> IdTokenOf(HttpContext context)
    {
        if (await IdOf(context) is not { } id)
            return null;
        await using var database = await databases.CreateDbContextAsync();
        return await database.Sessions.Where(open => open.Id == id).Select(open => open.IdToken).SingleOrDefaultAsync(context.RequestAborted) is { Length: > 0 } sealedToken
            ? protector.Unprotect(sealedToken)
            : null;
    }

    /// <summary>Removes the rows whose time is over.</summary>
    public async Task RemoveExpired(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Sessions.Where(open => open.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
        await database.SettledLogouts.Where(settled => settled.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
    }

    // For as long as a session that began just before could last.
    private async Task MarkOver(SigningDatabase database, string sid)
    {
        var over = Settled(SessionMark, sid);
        if (!await database.SettledLogouts.AnyAsync(settled => settled.What == over))
            database.SettledLogouts.Add(new SettledLogout { What = over, ExpiresAt = time.GetUtcNow() + settings.SessionLifetime });
    }

    // One short word, whatever it is made of.
    private static string Settled(string mark, string text) => mark + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Take(AuthenticationProperties properties, string item) =>
        properties.Items.Remove(item, out var value) && value is not null ? value : throw new InvalidOperationException($"A sign-in without {item}.");

    private static async Task<string?> IdOf(HttpContext context)
    {
        var session = await context.AuthenticateAsync(SignInSchemes.Session);
        return session.Properties?.Items.TryGetValue(IdItem, out var id) == true ? id : null;
    }

    private async Task<bool> IsOpen(string id, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Sessions.AnyAsync(open => open.Id == id && open.ExpiresAt > now, cancellation);
    }
}
