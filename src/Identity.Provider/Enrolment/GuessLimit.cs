using System.Globalization;
using System.Net;
using Identity.Provider.RateLimits;
using Identity.Provider.Storage;
using Identity.Web;

namespace Identity.Provider.Enrolment;

/// <summary>
/// How many wrong codes may be tried: per address, and by everybody together. Counted in Redis, so that all instances count together, in windows
/// whose number is part of the key: a counter that lost its lifetime blocks nobody beyond its window.
/// </summary>
/// <param name="what">The codes that are guessed at; each kind is counted by itself.</param>
public sealed class GuessLimit(RedisStore redis, TimeProvider time, string what = "enrol")
{
    public const int PerAddress = 10;
    public const int ByEverybody = 500;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>Counts one try before the code is looked at. Not null: refused, and how long to wait.</summary>
    public async Task<TimeSpan?> Begin(IPAddress? address)
    {
        var (mine, all, left) = Keys(address);
        // Both are counted even when the first refuses: a flood from one address is still a flood.
        var byAddress = await Change(mine, +1);
        var byEverybody = await Change(all, +1);
        return byAddress > PerAddress || byEverybody > ByEverybody ? left : null;
    }

    /// <summary>The code was right: the try does not count.</summary>
    public async Task Succeeded(IPAddress? address)
    {
        var (mine, all, _) = Keys(address);
        await Change(mine, -1);
        await Change(all, -1);
    }

    private Task<long> Change(string key, long by) => redis.Run(async database =>
    {
        var redisKey = redis.Key(key);
        var count = await database.StringIncrementAsync(redisKey, by);
        await database.KeyExpireAsync(redisKey, Window + Window);
        return count;
    });

    private (string Mine, string All, TimeSpan Left) Keys(IPAddress? address)
    {
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var length = (long)Window.TotalSeconds;
        var window = (seconds / length).ToString(CultureInfo.InvariantCulture);
        return ($"{what}:{window}:{Network.Of(address)}", $"{what}:{window}:all", TimeSpan.FromSeconds(length - seconds % length));
    }
}
