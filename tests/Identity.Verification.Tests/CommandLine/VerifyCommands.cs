using System.Diagnostics;
using System.Text.Json;
using Identity.TestKit;
using Identity.Verification.CommandLine;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.CommandLine;

/// <summary>`verify`: exit codes, the shape of its JSON, and that nothing else reaches the standard output.</summary>
public sealed class VerifyCommands(Hierarchy hierarchy) : IDisposable
{
    private static readonly string[] Fields = ["file", "sha256", "error", "conclusion", "integrity", "signatures", "revisions"];
    private static readonly string[] SignatureFields =
    [
        "field", "kind", "indication", "subIndication", "level", "format", "integrity", "cryptographicallyIntact", "coversWholeRevision", "coversWholeDocument",
        "changesAfter", "signedBy", "claimedSigningTime", "bestSignatureTime", "messages",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("identity-verify-").FullName;

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private string Trust()
    {
        var trust = Directory.CreateDirectory(Path.Combine(folder, "trust")).FullName;
        File.Copy(hierarchy.Pki.CertificatePath("root-ca"), Path.Combine(trust, "root-ca.cer.pem"), overwrite: true);
        return trust;
    }

    private static async Task<(int Exit, string Output, string Complaints)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var complaints = new StringWriter();
        var exit = await VerifyCommand.Run(arguments, output, complaints, TimeProvider.System);
        return (exit, output.ToString(), complaints.ToString());
    }

    [Fact]
    public async Task One_object_a_line_and_file_with_the_fixed_fields()
    {
        var (exit, output, _) = await Run("--json", "--offline", "--trust", Trust(), Write("a.pdf", hierarchy.Sign(HandMadePdf.Plain())), Write("b.pdf", HandMadePdf.Plain()));
        Assert.Equal(1, exit);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Equal(Fields, line.EnumerateObject().Select(member => member.Name).Take(Fields.Length)));
        var signature = lines[0].GetProperty("signatures")[0];
        Assert.Equal(SignatureFields, signature.EnumerateObject().Select(member => member.Name).Take(SignatureFields.Length));
        Assert.Equal(["key", "severity", "text"], signature.GetProperty("messages")[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["number", "length", "kind", "changes"], lines[0].GetProperty("revisions")[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["kind", "object", "page", "text"], lines[0].GetProperty("revisions")[1].GetProperty("changes")[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(("INDETERMINATE", "NO-SIGNATURE"), (lines[0].GetProperty("conclusion").GetString(), lines[1].GetProperty("conclusion").GetString()));
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("error").ValueKind);
    }

    [Fact]
    public async Task Ends_with_0_when_every_file_passes_as_of_the_time_given()
    {
        var file = Repository.Shared("corpus/pdf/pyhanko-gen/test_pades_revinfo_live.pdf");
        var trust = Repository.Shared("corpus/trust");
        var passed = await Run("--json", "--offline", "--trust", trust, "--time", "2020-11-01T00:00:00Z", file);
        Assert.Equal(0, passed.Exit);
        Assert.Equal("TOTAL-PASSED", JsonDocument.Parse(passed.Output).RootElement.GetProperty("conclusion").GetString());
        Assert.Equal("2020-11-01T00:00:00Z", JsonDocument.Parse(passed.Output).RootElement.GetProperty("validationTime").GetString());
        // The certificates did not exist yet.
        Assert.Equal(1, (await Run("--json", "--offline", "--trust", trust, "--time", "1999-01-01", file)).Exit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    public async Task A_file_that_is_no_pdf_gets_an_error_object_and_1(string content)
    {
        var (exit, output, _) = await Run("--json", Write("x.pdf", System.Text.Encoding.ASCII.GetBytes(content)));
        var error = JsonDocument.Parse(output).RootElement.GetProperty("error");
        Assert.Equal((1, "malformed"), (exit, error.GetProperty("code").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_missing_file_gets_an_error_object_and_1()
    {
        var (exit, output, _) = await Run("--json", Path.Combine(folder, "missing.pdf"));
        Assert.Equal((1, "unreadable"), (exit, JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("code").GetString()));

        // One line: nothing about the document, for there is none.
        (exit, output, _) = await Run(Path.Combine(folder, "missing.pdf"));
        Assert.Equal((1, $"{Path.Combine(folder, "missing.pdf")}: not read: there is no such file"), (exit, output.Trim()));
    }

    [Fact]
    public async Task A_file_over_the_cap_is_refused_unread()
    {
        var path = Path.Combine(folder, "large.pdf");
        using (var file = File.Create(path))
            file.SetLength((1024L * 1024 * 1024) + 1);
        var (exit, output, _) = await Run("--json", path);
        var error = JsonDocument.Parse(output).RootElement.GetProperty("error");
        Assert.Equal((1, "too-large", "the file has more than 1073741824 bytes"), (exit, error.GetProperty("code").GetString(), error.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task The_cap_that_is_asked_for_is_kept_to_the_byte()
    {
        var file = HandMadePdf.Plain();
        var path = Write("a.pdf", file);
        var cap = file.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var less = (file.Length - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("NO-SIGNATURE", JsonDocument.Parse((await Run("--json", "--max-bytes", cap, path)).Output).RootElement.GetProperty("conclusion").GetString());
        var error = JsonDocument.Parse((await Run("--json", "--max-bytes", less, path)).Output).RootElement.GetProperty("error");
        Assert.Equal(("too-large", $"the file has more than {less} bytes"), (error.GetProperty("code").GetString(), error.GetProperty("message").GetString()));
    }

    public static TheoryData<string[]> WrongUsages() => new(
        [], ["--json"], ["--bogus", "a.pdf"], ["--time", "yesterday", "a.pdf"], ["--time"], ["--trust"], ["--trust", "/no/such/folder", "a.pdf"],
        ["--parallel", "0", "a.pdf"], ["--parallel", "65", "a.pdf"], ["--parallel", "two", "a.pdf"], ["--parallel"],
        ["--max-bytes"], ["--max-bytes", "0", "a.pdf"], ["--max-bytes", "1073741825", "a.pdf"], ["--max-bytes", "1 GB", "a.pdf"],
        ["--password-file"], ["--password-file", "/no/such/file", "a.pdf"], ["--password", "secret", "a.pdf"], ["--password=secret", "a.pdf"]);

    [Theory]
    [MemberData(nameof(WrongUsages))]
    public async Task Wrong_usage_ends_with_2_and_says_why_on_the_other_stream(string[] arguments)
    {
        var (exit, output, complaints) = await Run(arguments);
        Assert.Equal((2, ""), (exit, output));
        Assert.NotEmpty(complaints);
    }

    [Fact]
    public async Task A_trust_folder_with_something_else_in_it_is_refused()
    {
        var trust = Directory.CreateDirectory(Path.Combine(folder, "odd")).FullName;
        await File.WriteAllTextAsync(Path.Combine(trust, "root.pem"), "not a certificate", TestContext.Current.CancellationToken);
        Assert.Equal(2, (await Run("--trust", trust, "a.pdf")).Exit);
    }

    [Fact]
    public async Task A_policy_file_decides_and_a_wrong_one_is_refused_by_the_member_that_is_wrong()
    {
        var pdf = Write("plain.pdf", HandMadePdf.Plain());
        var report = (await Run("--json", "--policy", Write("policy.json", """{"name":"municipal","version":"7"}"""u8.ToArray()), pdf)).Output;
        Assert.Contains("\"municipal\"", report, StringComparison.Ordinal);
        var (exit, output, complaints) = await Run("--policy", Write("wrong.json", """{"name":"municipal","version":"7","clockSkew":"P1D"}"""u8.ToArray()), pdf);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains("Verification:PolicyFile clockSkew must be from zero to PT1H", complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_give_no_orders_to_the_terminal()
    {
        var name = "\u001b[2Ja\u202Efdp.exe\u0007.pdf";
        var path = Write(name, HandMadePdf.Plain());
        var text = (await Run(path)).Output;
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\u202E', text);
        var json = (await Run("--json", path)).Output;
        Assert.All(json.TrimEnd('\n'), character => Assert.InRange(character, ' ', '~'));
        Assert.Equal(path, JsonDocument.Parse(json).RootElement.GetProperty("file").GetString());
    }

    [Fact]
    public async Task The_text_says_it_in_words()
    {
        var (exit, output, _) = await Run("--offline", "--trust", Trust(), Write("a.pdf", HandMadePdf.Plain()));
        Assert.Equal(1, exit);
        Assert.Contains("NO-SIGNATURE", output, StringComparison.Ordinal);
        Assert.Contains("carries no signature", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_starts_no_server_and_prints_only_the_report()
    {
        var program = typeof(VerifyCommand).Assembly.Location;
        Write("a.pdf", HandMadePdf.Plain());
        var start = new ProcessStartInfo("dotnet", [program, "verify", "--json", "a.pdf"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        // Found from the caller's folder, and one line alone.
        Assert.Equal("a.pdf", JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement.GetProperty("file").GetString());
    }

    [Fact]
    public async Task A_word_that_is_no_command_starts_no_server()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(VerifyCommand).Assembly.Location, "verfy", "a.pdf"]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        Assert.Equal("verfy is no command; --help lists them.\n", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, process.ExitCode);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
