using Identity.Provider.Storage;
using Identity.TestKit;

namespace Identity.Provider.RateLimits;

/// <summary>Counting by minute, by several instances, in a real Redis.</summary>
public sealed class RateCounterTests : IAsyncLifetime
{
    private const int Limit = 40;
    private RedisServer server = null!;
    private RedisStore redis = null!;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.Start();
        redis = new RedisStore(server.Endpoint, "test:");
    }

    public async ValueTask DisposeAsync()
    {
        await redis.DisposeAsync();
        server.Dispose();
    }

    [Fact]
    public async Task The_limit_passes_and_one_past_it_waits_for_the_next_minute()
    {
        var clock = new Clock();
        var counter = new RateCounter(redis, clock);
        for (var count = 0; count < Limit; count++)
            Assert.Null(await counter.Add("one", Limit));
        Assert.Null(counter.Passed("one", Limit));
        Assert.Equal(TimeSpan.FromSeconds(50), await counter.Add("one", Limit));
        Assert.Equal(TimeSpan.FromSeconds(50), counter.Passed("one", Limit));
        Assert.Null(await counter.Add("another", Limit));
        clock.Now += TimeSpan.FromSeconds(50);
        Assert.Null(counter.Passed("one", Limit));
        Assert.Null(await counter.Add("one", Limit));
    }

    [Fact]
    public async Task Instances_count_together_and_overshoot_by_a_twentieth_each_at_most()
    {
        var clock = new Clock();
        RateCounter[] instances = [new(redis, clock), new(redis, clock), new(redis, clock)];
        var passed = 0;
        for (var count = 0; count < 3 * Limit; count++)
        {
            if (await instances[count % 3].Add("shared", Limit) is null)
                passed++;
        }

        Assert.InRange(passed, Limit, Limit + 3 * Limit / 20);
    }

    [Fact]
    public async Task An_instance_that_was_silent_hears_the_sum_before_it_lets_the_next_pass()
    {
        var clock = new Clock();
        var busy = new RateCounter(redis, clock);
        var silent = new RateCounter(redis, clock);
        Assert.Null(await silent.Add("name", Limit));
        for (var count = 0; count < Limit; count++)
            await busy.Add("name", Limit);
        clock.Now += TimeSpan.FromSeconds(3);
        Assert.NotNull(await silent.Add("name", Limit));
    }

    [Fact]
    public async Task Parallel_counting_loses_nothing()
    {
        var counter = new RateCounter(redis, new Clock());
        var results = await Task.WhenAll(Enumerable.Range(0, 10 * Limit).Select(_ => counter.Add("many", Limit).AsTask()));
        Assert.InRange(results.Count(result => result is null), 1, Limit);
        Assert.NotNull(await new RateCounter(redis, new Clock()).Add("many", Limit));
    }

    [Fact]
    public async Task Without_Redis_nothing_passes()
    {
        server.Stop();
        await Assert.ThrowsAsync<Identity.Web.StoreUnavailableException>(async () => await new RateCounter(redis, new Clock()).Add("one", Limit));
    }

    private sealed class Clock : TimeProvider
    {
        // Ten seconds into a minute.
        public DateTimeOffset Now { get; set; } = DateTimeOffset.FromUnixTimeSeconds(1_800_000_010);

        public override DateTimeOffset GetUtcNow() => Now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
