using System.Collections.Concurrent;
using System.Globalization;
using Identity.Provider.Storage;

namespace Identity.Provider.RateLimits;

/// <summary>
/// Counts by minute, in Redis, so that all instances count together. An instance sends what it has counted in parts of a twentieth of the limit, or
/// when it last heard the sum two seconds ago, so a busy name costs no round trip for each request; so many more than the limit can pass at most, for
/// each instance. The minute is part of the key: a counter that lost its lifetime blocks nobody beyond it. Redis gone: <c>StoreUnavailableException</c>.
/// </summary>
public sealed class RateCounter(RedisStore redis, TimeProvider time)
{
    /// <summary>Names of which an instance keeps its own count; those beyond ask Redis each time.</summary>
    internal const int MostNames = 100_000;

    private const int Parts = 20;
    private const int WindowSeconds = 60;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(2 * WindowSeconds);
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Tally> tallies = new(StringComparer.Ordinal);
    private long window;

    /// <summary>Counts one. Not null: that is more than the limit, and how long it takes until counting begins anew.</summary>
    public async ValueTask<TimeSpan?> Add(string name, int limit)
    {
        var (current, left) = Window();
        var tally = TallyOf(name, current);
        long unsent;
        lock (tally)
        {
            tally.Unsent++;
            var due = tally.Heard is not { } heard || tally.Unsent >= Math.Max(1, limit / Parts) || time.GetElapsedTime(heard) > Fresh;
            if (!due)
                return tally.Sum > limit ? left : null;
            unsent = tally.Unsent;
            (tally.Unsent, tally.Underway) = (0, tally.Underway + unsent);
        }

        try
        {
            var sum = await Send(name, current, unsent);
            lock (tally)
            {
                tally.Known = Math.Max(tally.Known, sum);
                tally.Heard = time.GetTimestamp();
            }

            return sum > limit ? left : null;
        }
        finally
        {
            lock (tally)
                tally.Underway -= unsent;
        }
    }

    /// <summary>What this instance knows, without counting. Not null: the limit has been passed.</summary>
    public TimeSpan? Passed(string name, int limit)
    {
        var (current, left) = Window();
        if (!tallies.TryGetValue(name, out var tally))
            return null;
        lock (tally)
            return tally.Window == current && tally.Sum > limit ? left : null;
    }

    private (long Number, TimeSpan Left) Window()
    {
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var current = seconds / WindowSeconds;
        // Whoever comes first in a new minute forgets the one before.
        if (Interlocked.Exchange(ref window, current) != current)
        {
            foreach (var (name, tally) in tallies)
            {
                if (tally.Window != current)
                    tallies.TryRemove(name, out _);
            }
        }

        return (current, TimeSpan.FromSeconds(WindowSeconds - seconds % WindowSeconds));
    }

    private Tally TallyOf(string name, long current)
    {
        if (tallies.TryGetValue(name, out var known) && known.Window == current)
            return known;
        var tally = new Tally(current);
        return tallies.Count >= MostNames ? tally : tallies.AddOrUpdate(name, tally, (_, other) => other.Window == current ? other : tally);
    }

    private Task<long> Send(string name, long current, long unsent) => redis.Run(async database =>
    {
        var key = redis.Key($"rate:{name}:{current.ToString(CultureInfo.InvariantCulture)}");
        var sum = database.StringIncrementAsync(key, unsent);
        var kept = database.KeyExpireAsync(key, Kept);
        await kept;
        return await sum;
    });

    private sealed class Tally(long window)
    {
        public long Window { get; } = window;

        /// <summary>The sum of all instances, when last heard.</summary>
        public long Known { get; set; }

        public long Unsent { get; set; }

        /// <summary>Sent, and the new sum not heard yet: some of it may be in <see cref="Known"/> already. Too much for a moment, never too little.</summary>
        public long Underway { get; set; }

        public long Sum => Known + Underway + Unsent;

        public long? Heard { get; set; }
    }
}
