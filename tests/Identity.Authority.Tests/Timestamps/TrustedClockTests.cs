using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Identity.Authority.Timestamps;
using Identity.Pkix.Timestamps;

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
        var trusted = KernelClock.Read() is { IsSynchronised: true } clock && clock.MaxError <= TimeSpan.FromSeconds(1);
        Assert.Equal(trusted, await Stamps());
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
