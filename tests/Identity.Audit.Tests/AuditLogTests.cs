using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.TestKit;

namespace Identity.Audit.Tests;

public sealed class AuditLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("identity-audit-").FullName;

    private string LogPath => Path.Combine(_folder, "provider.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_line_holds_number_time_event_and_the_hash_of_the_one_before()
    {
        using (var log = Open())
        {
            Assert.Equal(2, log.Append(new SignIn("p-1", "c-1", "substantial")));
            log.Begin(new CertificateIssue("a-1", "0f", "issuing-ca")).Complete(AuditOutcome.Failed, "lint_failed");
        }

        var lines = File.ReadAllLines(LogPath);
        Assert.Equal(4, lines.Length);
        Assert.StartsWith(
            """{"seq":2,"time":"2026-11-23T10:00:00.000000Z","service":"provider","event":"provider.sign-in","phase":"event","data":{"person":"p-1","credential":"c-1","assurance_level":"substantial"},"prev":""",
            lines[1], StringComparison.Ordinal);
        Assert.Contains("\"event\":\"authority.certificate-issue\",\"phase\":\"begin\",\"data\":", lines[2], StringComparison.Ordinal);
        Assert.Contains("\"phase\":\"end\",\"begun\":3,\"outcome\":\"failed\",\"reason\":\"lint_failed\",\"data\":", lines[3], StringComparison.Ordinal);

        // The chain computed by the description in the documentation, not by the product.
        var previous = new string('0', 64);
        foreach (var line in lines)
        {
            using var json = JsonDocument.Parse(line);
            Assert.Equal(previous, json.RootElement.GetProperty("prev").GetString());
            previous = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line[..line.LastIndexOf(",\"this\":", StringComparison.Ordinal)])));
            Assert.Equal(previous, json.RootElement.GetProperty("this").GetString());
        }
    }

    [Fact]
    public void A_second_start_goes_on_where_the_first_ended()
    {
        using (var log = Open())
            log.Append(new SignOut("p-1"));
        using (var log = Open())
            Assert.Equal(4, log.Append(new SignOut("p-2")));
        Assert.Equal(4, Verified().Count);
    }

    [Fact]
    public void A_second_writer_is_held_off()
    {
        using var log = Open();
        Assert.Throws<AuditUnavailableException>(Open);
        log.Append(new SignOut("p-1"));
        Assert.Equal(2, Verified().Count);
    }

    [Fact]
    public void A_second_process_is_held_off()
    {
        Open().Dispose();
        var lockFile = LogPath + ".lock";
        var start = new ProcessStartInfo(Tool.Require("flock"), ["--exclusive", lockFile, "-c", "echo locked; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var other = Process.Start(start)!;
        Assert.Equal("locked", other.StandardOutput.ReadLine());
        Assert.Throws<AuditUnavailableException>(Open);
        other.StandardInput.WriteLine();
        other.WaitForExit();
        Open().Dispose();
    }

    [Theory]
    [InlineData("{\"seq\":3,\"ti")]
    [InlineData("{")]
    [InlineData("\0\0\0\0")]
    public void A_torn_last_line_is_cut_and_recorded(string torn)
    {
        using (var log = Open())
            log.Append(new SignOut("p-1"));
        var before = File.ReadAllBytes(LogPath);
        File.AppendAllText(LogPath, torn);
        Assert.Equal(torn.Length, Verified().TornBytes);

        Open().Dispose();
        var after = File.ReadAllBytes(LogPath);
        Assert.Equal(before, after[..before.Length]);
        Assert.Contains($"\"event\":\"audit.torn-line-removed\",\"phase\":\"event\",\"data\":{{\"bytes\":{torn.Length},\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(torn)))}\"}}", File.ReadAllLines(LogPath)[2], StringComparison.Ordinal);
        Assert.Equal(4, Verified().Count);
    }

    [Fact]
    public void A_line_cut_anywhere_is_repaired_by_the_next_start()
    {
        using (var log = Open())
            log.Append(new SignOut("p-1"));
        var whole = File.ReadAllBytes(LogPath);
        var firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(LogPath, whole[..length]);
            Open().Dispose();
            var verified = Verified();
            // Nothing left: opened anew. The first line whole or torn: it or its repair, then the opening. More: the first line, the repair, the opening.
            Assert.Equal(length > firstLine ? 3 : length == 0 ? 1 : 2, verified.Count);
        }
    }

    [Fact]
    public void Refuses_to_open_when_the_last_record_is_damaged()
    {
        using (var log = Open())
            log.Append(new SignOut("p-1"));
        File.WriteAllText(LogPath, File.ReadAllText(LogPath).Replace("p-1", "p-2", StringComparison.Ordinal));
        Assert.Contains("edited", Assert.Throws<AuditUnavailableException>(Open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(100 * 1024)]
    public void Refuses_to_open_a_file_that_is_no_log(int length)
    {
        File.WriteAllText(LogPath, new string('x', length) + "\n");
        Assert.Throws<AuditUnavailableException>(Open);
        Assert.Equal(length + 1, new FileInfo(LogPath).Length);
    }

    [Fact]
    public async Task Threads_write_whole_lines_in_one_chain()
    {
        using (var log = Open())
        {
            await Parallel.ForAsync(0, 400, TestContext.Current.CancellationToken, (i, _) =>
            {
                log.Begin(new SignOut("p-" + i)).Complete(AuditOutcome.Succeeded);
                return ValueTask.CompletedTask;
            });
            Assert.Equal(801, log.Head.Count);
            Assert.Equal(log.Head.Head, Verified().Head);
        }

        Assert.Empty(Verified().Unfinished);
    }

    [Fact]
    public void When_it_cannot_be_written_the_caller_learns_it_and_room_heals_it()
    {
        var full = Path.Combine(_folder, "small");
        Directory.CreateDirectory(full);
        var mounted = Tool.Run("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", full);
        Assert.SkipUnless(mounted.ExitCode == 0, "mounting a small file system needs root: " + mounted.Error.Trim());
        try
        {
            var path = Path.Combine(full, "provider.jsonl");
            using (var log = AuditLog.Open(path, "provider", new FixedTime()))
            {
                var filler = Path.Combine(full, "filler");
                File.WriteAllBytes(filler, new byte[8 * 1024]);
                var written = 0;
                Assert.Throws<AuditUnavailableException>(() =>
                {
                    for (; written < 100; written++)
                        log.Append(new SignOut(new string('p', 500)));
                });
                Assert.InRange(written, 1, 50);
                Assert.Throws<AuditUnavailableException>(() => log.Begin(new SignOut(new string('p', 5000))));
                File.Delete(filler);
                log.Append(new SignOut("after"));
                Assert.Equal(written + 2, log.Head.Count);
            }

            using var stream = File.OpenRead(path);
            Assert.Null(AuditVerification.Run(stream).Problem);
        }
        finally
        {
            Tool.Run("umount", full);
        }
    }

    [Fact]
    public void Refuses_a_member_that_looks_like_a_national_identifier_and_an_overlong_one()
    {
        using var log = Open();
        Assert.Contains("national identifier", Assert.Throws<ArgumentException>(() => log.Append(new SignOut("PNOXX-48504210018"))).Message, StringComparison.Ordinal);
        Assert.Contains("larger than", Assert.Throws<ArgumentException>(() => log.Append(new SignOut(new string('p', 17000)))).Message, StringComparison.Ordinal);
        log.Append(new SignOut(new string('p', 15900)));
        Assert.Equal(2, Verified().Count);
    }

    [Fact]
    public void Text_cannot_forge_a_line()
    {
        using (var log = Open())
            log.Append(new SignInRefused(null, "x\"}\n{\"seq\":3,\"this\":\"" + new string('0', 64) + "\"}\u2028"));
        Assert.Equal(2, File.ReadAllLines(LogPath).Length);
        Assert.Equal(2, Verified().Count);
    }

    [Fact]
    public void An_operation_ends_once_and_with_a_word()
    {
        using var log = Open();
        var operation = log.Begin(new SignOut("p-1"));
        Assert.Throws<ArgumentException>(() => log.Begin(new SignOut("p-2")).Complete(AuditOutcome.Failed, "Free text"));
        operation.Complete(AuditOutcome.Succeeded);
        Assert.Throws<InvalidOperationException>(() => operation.Complete(AuditOutcome.Failed));
    }

    [Fact]
    public void A_closed_log_refuses()
    {
        var log = Open();
        log.Dispose();
        Assert.Throws<AuditUnavailableException>(() => log.Append(new SignOut("p-1")));
    }

    [Fact]
    public void Every_event_has_its_own_name_and_plain_members()
    {
        var events = typeof(AuditEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(AuditEvent))).ToList();
        Assert.NotEmpty(events);
        Assert.All(events, type => Assert.True(type.IsSealed, type.Name));
        Type[] plain = [typeof(string), typeof(long), typeof(long?), typeof(int), typeof(int?), typeof(bool), typeof(bool?), typeof(DateTimeOffset), typeof(DateTimeOffset?)];
        Assert.All(events.SelectMany(type => type.GetProperties().Where(p => p.DeclaringType == type)), member =>
            Assert.True(member.Name == "EqualityContract" || plain.Contains(member.PropertyType), $"{member.DeclaringType}.{member.Name}"));
        var names = events.Select(type => ((AuditEvent)Instance(type)).Name).ToList();
        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.Matches("^(audit|provider|authority|signing|verification)\\.[a-z][a-z-]+$", name));

        static object Instance(Type type)
        {
            var constructor = type.GetConstructors().Single(c => c.GetParameters() is not [{ } only] || only.ParameterType != type);
            return constructor.Invoke([.. constructor.GetParameters().Select(p => p.ParameterType == typeof(string) ? "x" : p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType) : null)]);
        }
    }

    private AuditLog Open() => AuditLog.Open(LogPath, "provider", new FixedTime());

    private AuditVerification Verified()
    {
        using var stream = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var result = AuditVerification.Run(stream);
        Assert.Null(result.Problem);
        return result;
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    }
}
