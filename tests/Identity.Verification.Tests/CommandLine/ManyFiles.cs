using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Identity.TestKit;
using Identity.Verification.CommandLine;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.CommandLine;

/// <summary>`verify` over many files: folders, order, one bad file among good ones, an interruption, pipes at both ends.</summary>
public sealed class ManyFiles(Hierarchy hierarchy) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-verify-").FullName;

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static async Task<(int Exit, List<JsonElement> Reports, string Complaints)> Run(Stream? input, CancellationToken interrupted, params string[] arguments)
    {
        using var output = new StringWriter();
        using var complaints = new StringWriter();
        var exit = await VerifyCommand.Run(["--json", "--offline", .. arguments], output, complaints, TimeProvider.System, input, interrupted: interrupted);
        return (exit, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)], complaints.ToString());
    }

    private static Task<(int Exit, List<JsonElement> Reports, string Complaints)> Run(params string[] arguments) => Run(null, CancellationToken.None, arguments);

    private static string? Error(JsonElement report) => report.GetProperty("error") is { ValueKind: JsonValueKind.Object } error ? error.GetProperty("code").GetString() : null;

    [Theory]
    [InlineData("1")]
    [InlineData("8")]
    public async Task Forty_files_are_reported_in_the_order_of_the_arguments(string parallel)
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var files = Enumerable.Range(0, 40).Select(i => Write(i.ToString("D2", CultureInfo.InvariantCulture) + ".pdf", i % 3 == 0 ? signed : HandMadePdf.Plain())).ToArray();
        var (exit, reports, _) = await Run(["--parallel", parallel, .. files]);
        Assert.Equal(1, exit);
        Assert.Equal(files, reports.Select(report => report.GetProperty("file").GetString()));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? "INDETERMINATE" : "NO-SIGNATURE"), reports.Select(report => report.GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task A_folder_stands_for_the_pdf_files_below_it()
    {
        Write("b.pdf", HandMadePdf.Plain());
        Write("deep/er/a.PDF", HandMadePdf.Plain());
        Write("notes.txt", [1]);
        Write("deep/.pdf.bak", [1]);
        // A loop of links, and a link out of the folder.
        Directory.CreateSymbolicLink(Path.Combine(folder, "deep", "again"), folder);
        File.CreateSymbolicLink(Path.Combine(folder, "passwd.pdf"), "/etc/passwd");
        var (exit, reports, complaints) = await Run(folder);
        Assert.Equal(1, exit);
        Assert.Equal([Path.Combine(folder, "b.pdf"), Path.Combine(folder, "deep", "er", "a.PDF")], reports.Select(report => report.GetProperty("file").GetString()));
        Assert.Contains("2 files in folders are not called *.pdf", complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_pdf_files_does_not_pass()
    {
        Write("notes.txt", [1]);
        var (exit, reports, _) = await Run(folder);
        Assert.Equal((1, "unreadable"), (exit, Error(Assert.Single(reports))));
    }

    [Fact]
    public async Task One_unreadable_file_among_many_is_named_and_the_others_are_validated()
    {
        var good = Repository.Shared("corpus/pdf/pyhanko-gen/test_pades_revinfo_live.pdf");
        string[] trusted = ["--trust", Repository.Shared("corpus/trust"), "--time", "2020-11-01T00:00:00Z"];
        Assert.Equal(0, (await Run([.. trusted, good, good])).Exit);
        var (exit, reports, _) = await Run([.. trusted, good, Path.Combine(folder, "missing.pdf"), Write("broken.pdf", [1, 2, 3]), good]);
        Assert.Equal(1, exit);
        Assert.Equal([null, "unreadable", "malformed", null], reports.Select(Error));
        Assert.Equal(["TOTAL-PASSED", "TOTAL-PASSED"], reports.Where(report => Error(report) is null).Select(report => report.GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task The_standard_input_is_a_file_too()
    {
        using var input = new MemoryStream(HandMadePdf.Plain());
        var (exit, reports, _) = await Run(input, CancellationToken.None, "-");
        Assert.Equal((1, "-", "NO-SIGNATURE"), (exit, reports[0].GetProperty("file").GetString(), reports[0].GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task Interrupted_work_ends_with_1_and_says_how_far_it_came()
    {
        using var interrupted = new CancellationTokenSource();
        await interrupted.CancelAsync();
        var (exit, reports, complaints) = await Run(null, interrupted.Token, Write("a.pdf", HandMadePdf.Plain()), Write("b.pdf", HandMadePdf.Plain()));
        Assert.Equal((1, 0), (exit, reports.Count));
        Assert.Contains("interrupted: 0 of 2", complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_program_in_order()
    {
        // A pipe that nobody writes to: the program waits for it until it is interrupted.
        var pipe = Path.Combine(folder, "never.pdf");
        Tool.Run("mkfifo", pipe);
        using var process = Start("verify", "--json", "--offline", Write("a.pdf", HandMadePdf.Plain()), pipe);
        Assert.Contains("a.pdf", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        // The shell's own: a bare machine has no program of that name.
        Tool.Run("sh", "-c", FormattableString.Invariant($"kill -INT {process.Id}"));
        Assert.Contains("interrupted: 1 of 2", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_program_quietly()
    {
        var file = Write("a.pdf", HandMadePdf.Plain());
        using var process = Start(["verify", "--json", "--offline", .. Enumerable.Repeat(file, 400)]);
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        process.StandardOutput.Close();
        Assert.Equal("", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
    }

    // A shell that runs the tests in the background has switched off Ctrl+C for all that it starts; env switches it on again.
    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", typeof(VerifyCommand).Assembly.Location, .. arguments])
    {
        WorkingDirectory = folder,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
