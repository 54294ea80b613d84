using System.Globalization;
using System.Text;
using Identity.Provider.Storage;

namespace Identity.Provider.Clients;

/// <summary>
/// RFC 7523 3 (7): each assertion once, whichever instance it comes to. Redis remembers the identifiers for as long as the assertions are good. It also
/// remembers since when it remembers: an assertion from before that may have been used, so after Redis was emptied it is refused.
/// Redis gone: <c>StoreUnavailableException</c>.
/// </summary>
internal sealed class AssertionUses(RedisStore redis, TimeProvider time)
{
    private const string Since = "assertions-since";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(3650);

    /// <summary>On the way, and by clocks that are behind: what is younger than this when Redis is found empty is accepted.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <param name="client">The client whose signature has been verified.</param>
    /// <param name="id">Its <c>jti</c>.</param>
    /// <param name="issued">Its <c>iat</c>; null when it says none, which is allowed and then not compared.</param>
    /// <param name="remaining">For how long it could be shown again.</param>
    public async Task<AssertionUse> Take(string client, string id, DateTimeOffset? issued, TimeSpan remaining)
    {
        if (issued + Grace < await RemembersSince())
            return AssertionUse.BeforeMemory;
        return await redis.UseOnce($"assertion:{client}:{id}", remaining) ? AssertionUse.First : AssertionUse.Repeated;
    }

    // In whole seconds, as iat is.
    private async Task<DateTimeOffset> RemembersSince()
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (await redis.Get(Since) is not { } since)
        {
            // Of instances that come at once, one sets it and all read that.
            await redis.PutOnce(Since, Encoding.ASCII.GetBytes(now.ToString(CultureInfo.InvariantCulture)), Kept);
            since = await redis.Get(Since) ?? throw new InvalidOperationException("Redis forgets at once what it is told.");
        }

        return DateTimeOffset.FromUnixTimeSeconds(long.Parse(Encoding.ASCII.GetString(since), CultureInfo.InvariantCulture));
    }
}

/// <summary>What became of the use of an assertion.</summary>
internal enum AssertionUse
{
    First,
    Repeated,

    /// <summary>Issued before Redis began to remember.</summary>
    BeforeMemory,
}
