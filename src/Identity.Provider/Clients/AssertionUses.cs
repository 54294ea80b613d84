using Identity.Provider.Storage;
using StackExchange.Redis;

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
        // One round trip for both questions.
        var (since, first) = await redis.Confirm(async database =>
        {
            var known = database.StringGetAsync(redis.Key(Since), RedisStore.Primary);
            var taken = database.StringSetAsync(redis.Key($"assertion:{client}:{id}"), 1, remaining, When.NotExists);
            return (await known, await taken);
        });
        var remembers = since.HasValue ? (long)since : await BeginToRemember();
        return issued + Grace < DateTimeOffset.FromUnixTimeSeconds(remembers) ? AssertionUse.BeforeMemory : first ? AssertionUse.First : AssertionUse.Repeated;
    }

    // In whole seconds, as iat is. Of instances that come at once, one sets it and all read that.
    private async Task<long> BeginToRemember() => (long)await redis.Run(async database =>
    {
        await database.StringSetAsync(redis.Key(Since), time.GetUtcNow().ToUnixTimeSeconds(), Kept, When.NotExists);
        var since = await database.StringGetAsync(redis.Key(Since), RedisStore.Primary);
        return since.HasValue ? since : throw new InvalidOperationException("Redis forgets at once what it is told.");
    });
}

/// <summary>What became of the use of an assertion.</summary>
internal enum AssertionUse
{
    First,
    Repeated,

    /// <summary>Issued before Redis began to remember.</summary>
    BeforeMemory,
}
