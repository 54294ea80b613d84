using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Storage;

/// <summary>
/// Refresh tokens in the database: they outlive a restart of Redis. Each change is one conditional update, so of any number of instances that redeem one
/// token at a time exactly one goes on. Durable when a method returns.
/// </summary>
public sealed class RefreshTokenTable(ProviderDatabase database, TimeProvider time)
{
    private const string Prefix = "refresh-";
    private const int IdBytes = 16;

    public static bool Holds(string id) => id.StartsWith(Prefix, StringComparison.Ordinal);

    public static string NewId() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    public async Task Create(TokenEntry token, CancellationToken cancellation)
    {
        if (token.Payload is not null || token.ReferenceId is not null)
            throw new NotSupportedException("The content of a refresh token is with its client.");
        var row = new RefreshTokenRow
        {
            Id = token.Id,
            Subject = Required(token.Subject, "subject"),
            ApplicationId = Required(token.ApplicationId, "client"),
            AuthorizationId = Required(token.AuthorizationId, "authorization"),
            Created = token.Created ?? time.GetUtcNow(),
            Expires = token.Expires ?? throw new InvalidOperationException("A refresh token without an end."),
        };
        database.RefreshTokens.Add(row);
        await database.SaveChangesAsync(cancellation);
        database.Entry(row).State = EntityState.Detached;
    }

    public async Task<TokenEntry?> Find(string id, CancellationToken cancellation) =>
        await database.RefreshTokens.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellation) is { } row ? Read(row) : null;

    /// <summary>False: somebody else was first, or it is revoked or gone.</summary>
    public async Task<bool> Redeem(string id, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return await database.RefreshTokens
            .Where(row => row.Id == id && row.Redeemed == null && row.Revoked == null)
            .ExecuteUpdateAsync(row => row.SetProperty(column => column.Redeemed, now), cancellation) == 1;
    }

    public async Task Revoke(string id, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await database.RefreshTokens.Where(row => row.Id == id && row.Revoked == null)
            .ExecuteUpdateAsync(row => row.SetProperty(column => column.Revoked, now), cancellation);
    }

    /// <summary>How many of one login were ended by this call.</summary>
    public async Task<long> RevokeAuthorization(string authorizationId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return await database.RefreshTokens.Where(row => row.AuthorizationId == authorizationId && row.Revoked == null)
            .ExecuteUpdateAsync(row => row.SetProperty(column => column.Revoked, now), cancellation);
    }

    /// <summary>An expired token is refused for what it says itself, so its row is of no use.</summary>
    public async Task<long> RemoveExpired(DateTimeOffset before, CancellationToken cancellation) =>
        await database.RefreshTokens.Where(row => row.Expires < before).ExecuteDeleteAsync(cancellation);

    private static string Required(string? value, string what) =>
        value ?? throw new InvalidOperationException($"A refresh token without {what}.");

    private static TokenEntry Read(RefreshTokenRow row)
    {
        var status = row.Revoked is not null ? Statuses.Revoked : row.Redeemed is not null ? Statuses.Redeemed : Statuses.Valid;
        return new TokenEntry
        {
            Id = row.Id,
            Type = TokenTypeIdentifiers.RefreshToken,
            Subject = row.Subject,
            ApplicationId = row.ApplicationId,
            AuthorizationId = row.AuthorizationId,
            Created = row.Created,
            Expires = row.Expires,
            Redeemed = row.Redeemed,
            Status = status,
            StoredStatus = status,
        };
    }
}
