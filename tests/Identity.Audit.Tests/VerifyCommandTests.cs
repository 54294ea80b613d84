using Identity.TestKit;

namespace Identity.Audit.Tests;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("identity-audit-").FullName;
    private readonly string _path;
    private readonly string _head;

    public VerifyCommandTests()
    {
        _path = Path.Combine(_folder, "log.jsonl");
        using var log = AuditLog.Open(_path, "signing", TimeProvider.System);
        for (var i = 0; i < 4; i++)
            log.Append(new PersonKeyDestroyed("a-" + i));
        _head = log.Head.Head;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly Dictionary<string, (Func<List<string>, List<string>> Change, int Line, string Problem)> Damages = new()
    {
        ["an edited record"] = (l => [l[0], l[1], l[2].Replace("a-1", "a-9", StringComparison.Ordinal), l[3], l[4]], 3, "it was edited"),
        ["an edited hash"] = (l => [l[0], l[1], l[2], l[3][..^5] + "0000\"}"[^5..], l[4]], 4, "not"),
        ["a removed record"] = (l => [l[0], l[1], l[3], l[4]], 3, "removed, repeated or moved"),
        ["a removed first record"] = (l => [.. l.Skip(1)], 1, "removed, repeated or moved"),
        ["two records exchanged"] = (l => [l[0], l[2], l[1], l[3], l[4]], 2, "removed, repeated or moved"),
        ["a record twice"] = (l => [l[0], l[1], l[1], l[2], l[3], l[4]], 3, "removed, repeated or moved"),
        ["a replaced record with its own hash made right"] = (l => [l[0], l[1], Rehash(l[2].Replace("a-1", "a-9", StringComparison.Ordinal)), l[3], l[4]], 4, "that one was replaced"),
        ["an empty line"] = (l => [l[0], "", l[1], l[2], l[3], l[4]], 2, "not a record"),
        ["another line"] = (l => [l[0], l[1], "hello", l[2]], 3, "not a record"),
        ["a member twice, hash made right"] = (l => [l[0], Rehash(l[1].Replace("{\"seq\":2", "{\"seq\":9,\"seq\":2", StringComparison.Ordinal))], 2, "not a record"),
        ["an end without a begin"] = (l => [l[0], Rehash(l[1].Replace("\"phase\":\"event\"", "\"phase\":\"end\",\"begun\":1", StringComparison.Ordinal))], 2, "was not begun"),
        ["a line past the limit"] = (l => [l[0], new string('x', 17000), l[1]], 2, "not a record"),
        ["an endless line"] = (l => [l[0], new string('x', 200_000)], 2, "longer than a record"),
    };

    public static TheoryData<string> DamageNames => [.. Damages.Keys];

    [Fact]
    public void Passes_a_sound_log_and_prints_its_head()
    {
        var verified = Run("verify", _path);
        Assert.Equal((0, $"{_path}: 5 records, sound, head {_head}\n"), (verified.ExitCode, verified.Output));
        Assert.Equal($"5 {_head}\n", Run("head", _path).Output);
        Assert.Equal(0, Run("verify", _path, "--head", _head).ExitCode);
    }

    [Theory]
    [MemberData(nameof(DamageNames))]
    public void Names_the_first_bad_line(string damage)
    {
        var (change, line, problem) = Damages[damage];
        File.WriteAllText(_path, string.Join('\n', change([.. File.ReadAllLines(_path)])) + "\n");
        var result = Run("verify", _path);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"{_path}: line {line}: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(problem, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_a_truncated_tail_by_the_head_noted_before_and_allows_growth()
    {
        var lines = File.ReadAllLines(_path);
        File.WriteAllLines(_path, lines[..^1]);
        Assert.Equal(0, Run("verify", _path).ExitCode);
        var result = Run("verify", _path, "--head", _head);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("removed from its end", result.Error, StringComparison.Ordinal);

        File.WriteAllLines(_path, lines);
        using (var log = AuditLog.Open(_path, "signing", TimeProvider.System))
            log.Append(new PersonKeyDestroyed("a-5"));
        Assert.Equal(0, Run("verify", _path, "--head", _head).ExitCode);
    }

    [Fact]
    public void Finds_a_chain_written_anew_by_the_head_noted_before()
    {
        File.Delete(_path);
        using (var log = AuditLog.Open(_path, "signing", TimeProvider.System))
            log.Append(new PersonKeyDestroyed("other"));
        Assert.Equal(1, Run("verify", _path, "--head", _head).ExitCode);
    }

    [Fact]
    public void Reads_a_log_that_is_being_written_and_notes_what_is_unfinished()
    {
        using var log = AuditLog.Open(_path, "signing", TimeProvider.System);
        log.Begin(new DocumentSigning("r-1", "a-1", "00"));
        var result = Run("verify", _path);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("record 7 begins signing.document-signing and nothing ends it", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("verify")]
    [InlineData("check", "file")]
    [InlineData("verify", "file", "--head")]
    [InlineData("verify", "file", "--head", "zz")]
    [InlineData("verify", "a", "b")]
    public void Wrong_usage_is_2(params string[] arguments)
    {
        var result = Run(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("verify FILE", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_2() => Assert.Equal(2, Run("verify", Path.Combine(_folder, "none")).ExitCode);

    [Fact]
    public void An_empty_log_is_sound_but_holds_no_noted_head()
    {
        File.WriteAllText(_path, "");
        Assert.Equal(0, Run("verify", _path).ExitCode);
        Assert.Equal(1, Run("verify", _path, "--head", _head).ExitCode);
    }

    private static string Rehash(string line)
    {
        var prefix = line[..line.LastIndexOf(",\"this\":", StringComparison.Ordinal)];
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(prefix));
        return prefix + ",\"this\":\"" + Convert.ToHexStringLower(hash) + "\"}";
    }

    private static ToolResult Run(params string[] arguments) =>
        Tool.Run("dotnet", [typeof(AuditLog).Assembly.Location, .. arguments]);
}
