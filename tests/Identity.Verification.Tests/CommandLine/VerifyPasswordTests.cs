using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Identity.TestKit;
using Identity.Verification.CommandLine;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Validations;

namespace Identity.Verification.Tests.CommandLine;

/// <summary>`verify` of encrypted files: passwords come from a file or the terminal, and are shown nowhere.</summary>
public sealed class VerifyPasswordTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-verify-").FullName;
    private readonly List<string?> typed = [];
    private int asked;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("secret")]
    [InlineData("secret\n")]
    [InlineData("secret\r\nanother line\n")]
    public async Task The_first_line_of_a_file_opens_all_that_need_it(string content)
    {
        var answers = await Run("--password-file", Write("password", Encoding.UTF8.GetBytes(content)), Write("a.pdf", EncryptedPdf.By("256", "secret")), Write("b.pdf", EncryptedPdf.By("40", "")));
        Assert.Equal(["NO-SIGNATURE", "NO-SIGNATURE"], answers.Select(answer => answer.GetProperty("conclusion").GetString()));
    }

    [Theory]
    [InlineData(null, "needed")]
    [InlineData("Secret", "wrong")]
    [InlineData("", "needed")]
    public async Task Without_it_the_file_is_an_error(string? password, string which)
    {
        var file = Write("a.pdf", EncryptedPdf.By("256", "secret"));
        var answer = Assert.Single(password is null ? await Run(file) : await Run("--password-file", Write("password", Encoding.UTF8.GetBytes(password)), file));
        Assert.Equal(("encrypted", which), (answer.GetProperty("error").GetProperty("code").GetString(), answer.GetProperty("error").GetProperty("password").GetString()));
    }

    [Theory]
    [InlineData(Upload.LongestPassword, VerifyCommand.NotAllPassed)]
    [InlineData(Upload.LongestPassword + 1, VerifyCommand.WrongUsage)]
    public async Task A_line_has_so_many_bytes(int length, int exit)
    {
        using var output = new StringWriter();
        Assert.Equal(exit, await VerifyCommand.Run(["--password-file", Write("password", [.. new byte[length].Select(_ => (byte)'p'), .. "\r\n"u8]), Write("a.pdf", HandMadePdf.Plain())], output, output, TimeProvider.System,
            interrupted: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_sits_at_the_terminal_is_asked_until_it_opens_and_then_no_more_for_the_same_password()
    {
        typed.AddRange(["Secret", "secret"]);
        var answers = await Run(Write("a.pdf", EncryptedPdf.By("256", "secret")), Write("b.pdf", EncryptedPdf.By("128 --use-aes=y", "secret")));
        Assert.Equal(2, asked);
        Assert.Equal(["NO-SIGNATURE", "NO-SIGNATURE"], answers.Select(answer => answer.GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task Three_wrong_ones_or_an_empty_line_leave_the_file_an_error()
    {
        typed.AddRange(["1", "2", "3", "secret"]);
        var file = Write("a.pdf", EncryptedPdf.By("256", "secret"));
        Assert.Equal("wrong", Assert.Single(await Run(file)).GetProperty("error").GetProperty("password").GetString());
        Assert.Equal(3, asked);
        typed.Clear();
        typed.Add("");
        Assert.Equal("needed", Assert.Single(await Run(file)).GetProperty("error").GetProperty("password").GetString());
    }

    [Fact]
    public void A_terminal_is_asked_and_shows_nothing_of_it()
    {
        Tool.Require("script");
        Tool.Require("dotnet");
        var program = typeof(VerifyCommand).Assembly.Location;
        var file = Write("a.pdf", EncryptedPdf.By("256", "tr7-Zebra"));
        var start = new ProcessStartInfo("script", ["-qefc", $"dotnet {program} verify --json --offline {file}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var shown = new StringBuilder();
        var buffer = new char[1];
        while (!shown.ToString().EndsWith("a.pdf: ", StringComparison.Ordinal) && process.StandardOutput.Read(buffer, 0, 1) == 1)
            shown.Append(buffer[0]);
        Assert.EndsWith("a.pdf: ", shown.ToString(), StringComparison.Ordinal);
        process.StandardInput.Write("tr7-Zebra\r");
        process.StandardInput.Flush();
        shown.Append(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        Assert.Contains("\"conclusion\":\"NO-SIGNATURE\"", shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Zebra", shown.ToString(), StringComparison.Ordinal);
    }

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private async Task<List<JsonElement>> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        PasswordPrompt? prompt = typed.Count == 0 ? null : (_, _) => Task.FromResult(typed[asked++ % typed.Count]);
        await VerifyCommand.Run(["--json", "--offline", "--parallel", "1", .. arguments], output, TextWriter.Null, TimeProvider.System, interrupted: TestContext.Current.CancellationToken, prompt: prompt);
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())];
    }
}
