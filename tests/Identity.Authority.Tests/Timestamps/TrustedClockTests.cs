using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Identity.Authority.Storage;
using Identity.Authority.Timestamps;
using Identity.Pkix.Timestamps;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Identity.Authority.Tests.Timestamps;

/// <summary>No stamp tells a time that nobody vouches for. Apart from the other tests: the clock moves.</summary>
public sealed class TrustedClockTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    private string ClockFile => system.Pki.PathOf("clock.json");

    [Fact]
    public async Task Stamps_follow_what_the_kernel_says_of_its_clock()
    {
        system.Time.Offset = TimeSpan.Zero;
        await system.RestartWith("--Authority:TrustedClock=Kernel");
        // By another program: adjtimex(2), whose state 5 is TIME_ERROR and whose status bit 64 is STA_UNSYNC.
        const string Ask =
            """
            import ctypes
            class Timex(ctypes.Structure):
                _fields_ = [('modes', ctypes.c_uint), ('offset', ctypes.c_long), ('freq', ctypes.c_long), ('maxerror', ctypes.c_long), ('esterror', ctypes.c_long),
                            ('status', ctypes.c_int), ('rest', ctypes.c_char * 512)]
            timex = Timex()
            state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
            print(state, timex.status & 64, timex.maxerror)
            """;
        Tool.Require("python3");
        var said = Tool.Run("python3", "-c", Ask).Output.Trim().Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange(said[0], 0, 5);
        var isSynchronised = said[0] != 5 && said[1] == 0;
        var read = Assert.IsType<KernelClock>(KernelClock.Read());
        Assert.Equal(isSynchronised, read.IsSynchronised);
        // It grows by half a millisecond a second meanwhile.
        Assert.InRange(read.MaxError.TotalMicroseconds, Math.Min(said[2], int.MaxValue), said[2] + 1_000_000.0);
        Assert.Equal(isSynchronised && said[2] <= 1_000_000, await Stamps());
    }

    [Theory]
    [InlineData(0, 0, 500, true)]
    [InlineData(0, 0x2001, 500, true)]
    [InlineData(5, 0, 500, false)]
    [InlineData(0, 0x40, 500, false)]
    [InlineData(5, 0x40, 16_000_000, false)]
    public void The_kernels_words_are_read(int state, int status, long microseconds, bool synchronised)
    {
        var structure = new byte[256];
        BinaryPrimitives.WriteInt64LittleEndian(structure.AsSpan(24), microseconds);
        BinaryPrimitives.WriteInt32LittleEndian(structure.AsSpan(40), status);
        Assert.Equal(new KernelClock(synchronised, TimeSpan.FromMicroseconds(microseconds)), KernelClock.From(state, structure));
    }

    [Theory]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":0.4}""", 0, true)]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":-1000}""", 0, true)]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":1001}""", 0, false)]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":-1001}""", 0, false)]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":0}""", -290, true)]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":0}""", -310, false)]
    [InlineData("""{"checked":"NOW","offsetMilliseconds":0}""", 310, false)]
    [InlineData("""{"checked":"NOW"}""", 0, false)]
    [InlineData("""{"checked":null,"offsetMilliseconds":0}""", 0, false)]
    [InlineData("""{"checked":"yesterday","offsetMilliseconds":0}""", 0, false)]
    [InlineData("garbage", 0, false)]
    [InlineData("", 0, false)]
    [InlineData(null, 0, false)]
    public async Task Stamps_follow_what_the_monitor_writes(string? content, int ageSeconds, bool stamps)
    {
        await system.RestartWith("--Authority:TrustedClock=File", $"--Authority:ClockFile={ClockFile}");
        system.Time.Offset = TimeSpan.Zero;
        Monitor(content, ageSeconds);
        Assert.Equal(stamps, await Stamps());
    }

    [Fact]
    public async Task A_file_over_the_cap_is_not_read()
    {
        await system.RestartWith("--Authority:TrustedClock=File", $"--Authority:ClockFile={ClockFile}");
        var good = """{"checked":"NOW","offsetMilliseconds":0}""".Replace("NOW", system.Time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), StringComparison.Ordinal);
        File.WriteAllText(ClockFile, good.PadRight(4096));
        Assert.True(await Stamps());
        File.WriteAllText(ClockFile, good.PadRight(4097));
        Assert.False(await Stamps());
    }

    [Fact]
    public async Task A_clock_that_was_set_back_stamps_nothing_until_it_has_caught_up_also_after_a_restart()
    {
        await system.RestartWith("--Authority:TrustedClock=File", $"--Authority:ClockFile={ClockFile}");
        system.Time.Offset = TimeSpan.FromSeconds(60);
        Monitor("""{"checked":"NOW","offsetMilliseconds":0}""", 0);
        Assert.True(await Stamps());
        system.Time.Offset = TimeSpan.FromSeconds(30);
        Assert.False(await Stamps());
        // What was told is in the database, where the next start and other instances find it.
        await system.Restart();
        Assert.False(await Stamps());
        system.Time.Offset = TimeSpan.FromSeconds(62);
        Assert.True(await Stamps());
        system.Time.Offset = TimeSpan.Zero;
        await using var database = system.Database();
        database.RemoveRange(database.ClockMarks);
        await database.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task While_the_first_still_asks_what_others_have_told_nobody_else_is_told_a_time()
    {
        var clock = await Behind(out var gate);
        var first = clock.Now(TestContext.Current.CancellationToken);
        await gate.Asked.Task;
        var others = Enumerable.Range(0, 20).Select(_ => Task.Run(() => clock.Now(TestContext.Current.CancellationToken))).ToList();
        Assert.All(others, other => Assert.False(other.IsCompleted));
        gate.Open.SetResult();
        Assert.Null(await first);
        Assert.All(await Task.WhenAll(others), Assert.Null);
        await Caught();
    }

    [Fact]
    public async Task Who_goes_away_or_a_database_that_fails_leaves_no_clock_that_counts_as_looked_at()
    {
        var clock = await Behind(out var gate);
        using var leaving = new CancellationTokenSource();
        var gone = clock.Now(leaving.Token);
        await gate.Asked.Task;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        var next = clock.Now(TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        gate.Open.SetException(new IOException("the database is away"));
        await Assert.ThrowsAsync<IOException>(() => next);

        gate.Open = new TaskCompletionSource();
        var after = clock.Now(TestContext.Current.CancellationToken);
        Assert.False(after.IsCompleted);
        gate.Open.SetResult();
        Assert.Null(await after);
        await Caught();
        Assert.NotNull(await clock.Now(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public async Task No_time_is_told_that_is_far_beyond_what_is_on_record(int seconds, bool told)
    {
        var clock = await Behind(out var gate);
        await Caught();
        var frozen = new Frozen { Now = DateTimeOffset.FromUnixTimeSeconds(system.Time.GetUtcNow().ToUnixTimeSeconds()) };
        clock = new TrustedClock(gate, system.Services.GetRequiredService<AuthoritySettings>(), frozen, NullLogger<TrustedClock>.Instance);
        var slow = clock.Now(TestContext.Current.CancellationToken);
        await gate.Asked.Task;
        frozen.Now += TimeSpan.FromSeconds(seconds);
        gate.Open.SetResult();
        Assert.Equal(told ? frozen.Now : null, await slow);
        await Caught();
    }

    private sealed class Frozen : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>Another instance has told a time an hour ahead.</summary>
    private Task<TrustedClock> Behind(out Gate gate)
    {
        gate = new Gate(system);
        return Start(gate);

        async Task<TrustedClock> Start(Gate databases)
        {
            await system.RestartWith("--Authority:TrustedClock=File", $"--Authority:ClockFile={ClockFile}");
            system.Time.Offset = TimeSpan.Zero;
            Monitor("""{"checked":"NOW","offsetMilliseconds":0}""", 0);
            await Caught();
            await using var database = system.Database();
            database.Add(new ClockMark { Name = "timestamps", Latest = system.Time.GetUtcNow().AddHours(1) });
            await database.SaveChangesAsync(TestContext.Current.CancellationToken);
            return new TrustedClock(databases, system.Services.GetRequiredService<AuthoritySettings>(), system.Time, NullLogger<TrustedClock>.Instance);
        }
    }

    private async Task Caught()
    {
        await using var database = system.Database();
        database.RemoveRange(database.ClockMarks);
        await database.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A database that answers when the test says so.</summary>
    private sealed class Gate(AuthoritySystem system) : IDbContextFactory<AuthorityDatabase>
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public AuthorityDatabase CreateDbContext() => system.Database();

        public async Task<AuthorityDatabase> CreateDbContextAsync(CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult();
            await Open.Task;
            return system.Database();
        }
    }

    private void Monitor(string? content, int ageSeconds)
    {
        if (content is null) File.Delete(ClockFile);
        else File.WriteAllText(ClockFile, content.Replace("NOW", system.Time.GetUtcNow().AddSeconds(ageSeconds).ToString("O", CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private async Task<bool> Stamps()
    {
        var (_, body, _) = await system.Post("tsa", TimestampRequest.For(HashAlgorithmName.SHA256, SHA256.HashData("data"u8), 1).Encode(), "application/timestamp-query");
        var response = TimestampResponse.Parse(body);
        if (response is TimestampResponse.Refused refused) Assert.Equal((2, TimestampFailures.TimeNotAvailable), (refused.Status, refused.Failures));
        return response is TimestampResponse.TokenGranted;
    }
}
