using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Identity.TestKit;

namespace Identity.Audit.Tests;

/// <summary>What a record costs does not depend on how many came before.</summary>
public sealed class LogGrowthTests : IDisposable
{
    private const int Many = 100_000;
    private readonly string folder = Directory.CreateTempSubdirectory("identity-audit-").FullName;

    private string LogPath => Path.Combine(folder, "provider.jsonl");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Behind_a_hundred_thousand_records_one_more_is_written_and_nothing_is_read()
    {
        using (var log = AuditLog.Open(LogPath, "provider", TimeProvider.System))
            log.Append(new SignOut("p-1"));
        Grow();
        using (var log = AuditLog.Open(LogPath, "provider", TimeProvider.System))
        {
            Assert.Equal(Many + 1, log.Head.Count);
            log.Append(new SignOut("p-1"));
            var nothing = Counted(() => { }).Read;
            var before = new FileInfo(LogPath).Length;
            var (read, written) = Counted(() => log.Append(new SignOut("p-1")));

            // What is read meanwhile are the counters themselves, whose text may be a few digits longer the second time.
            Assert.InRange(read - nothing, -64, 64);
            Assert.Equal(new FileInfo(LogPath).Length - before, written);
            Assert.InRange(written, 1, 1024);
        }

        Assert.Equal(0, Tool.Run("dotnet", typeof(AuditLog).Assembly.Location, "verify", LogPath).ExitCode);
    }

    [Fact]
    public void Opening_a_log_of_a_hundred_thousand_records_reads_its_end_alone()
    {
        using (var log = AuditLog.Open(LogPath, "provider", TimeProvider.System))
            log.Append(new SignOut("p-1"));
        Grow();
        AuditLog? opened = null;
        var (read, _) = Counted(() => opened = AuditLog.Open(LogPath, "provider", TimeProvider.System));
        opened!.Dispose();

        Assert.InRange(new FileInfo(LogPath).Length, 20_000_000, long.MaxValue);
        Assert.InRange(read, 1, 128 * 1024);
    }

    // The last line again and again, with its number and hashes: by the description of the form, not by the product.
    private void Grow()
    {
        var last = File.ReadAllLines(LogPath)[^1];
        var number = int.Parse(last["{\"seq\":".Length..last.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        var middle = last[last.IndexOf(',', StringComparison.Ordinal)..(last.IndexOf("\"prev\":\"", StringComparison.Ordinal) + "\"prev\":\"".Length)];
        var hash = last[^66..^2];
        using var file = new StreamWriter(LogPath, append: true);
        while (number < Many)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"{{\"seq\":{++number}{middle}{hash}\"");
            hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
            file.Write(line + ",\"this\":\"" + hash + "\"}\n");
        }
    }

    /// <summary>Bytes that this thread has the system read and write: proc(5), /proc/thread-self/io, rchar and wchar.</summary>
    private static (long Read, long Written) Counted(Action act)
    {
        var before = Counters();
        act();
        var after = Counters();
        return (after.Read - before.Read, after.Written - before.Written);

        static (long Read, long Written) Counters()
        {
            var lines = File.ReadAllLines("/proc/thread-self/io");
            return (long.Parse(lines[0]["rchar: ".Length..], CultureInfo.InvariantCulture), long.Parse(lines[1]["wchar: ".Length..], CultureInfo.InvariantCulture));
        }
    }
}
