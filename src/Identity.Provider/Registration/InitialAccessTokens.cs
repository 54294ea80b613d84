using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Registration;

/// <summary>Initial access tokens: made by the operator, presented by whoever registers, each good for a number of clients and for a while.</summary>
public sealed class InitialAccessTokens(ProviderDatabase database, TimeProvider time)
{
    private const int TokenBytes = 32;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>A valid one, or null. Its use is taken by <see cref="Take"/>.</summary>
    public async Task<InitialAccessToken?> Find(string token, CancellationToken cancellation)
    {
        var (hash, now) = (HashOf(token), time.GetUtcNow());
        return await database.InitialAccessTokens.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Hash == hash && row.Expires > now && row.UsesLeft > 0, cancellation);
    }

    /// <summary>Takes one use, in one statement of the database, so that as many callers win as there are uses. False: none is left.</summary>
    public async Task<bool> Take(InitialAccessToken token, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return await database.InitialAccessTokens
            .Where(row => row.Hash == token.Hash && row.Expires > now && row.UsesLeft > 0)
            .ExecuteUpdateAsync(row => row.SetProperty(taken => taken.UsesLeft, taken => taken.UsesLeft - 1), cancellation) == 1;
    }
}
