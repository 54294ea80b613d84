using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Start;

/// <summary>The programs as an operator meets them who does not know them: help, a wrong word, settings that cannot be, nothing where it is looked for.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Services => new("Identity.Provider", "Identity.Authority", "Identity.Signing", "Identity.Verification");

    [Theory]
    [MemberData(nameof(Services))]
    public void Help_names_the_commands_and_is_0(string program)
    {
        foreach (var arguments in new string[][] { ["--help"], ["-h"], ["verify", "--help"] })
        {
            var result = Run(program, arguments);
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.StartsWith($"usage: {program} ", result.Output, StringComparison.Ordinal);
            Assert.Contains("runs the service", result.Output, StringComparison.Ordinal);
            Assert.Contains("exit code: 0", result.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_word_that_is_no_command_is_one_line_and_2_and_starts_nothing(string program)
    {
        var result = Run(program, "bogus");
        Assert.Equal((2, "", "bogus is no command; --help lists them.\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Theory]
    [InlineData("Identity.Provider", "Provider:Issuer: is missing.")]
    [InlineData("Identity.Authority", "Authority:PublicAddress must be an https address in production.")]
    [InlineData("Identity.Signing", "Signing:Provider must be an https address in production.")]
    [InlineData("Identity.Verification", "Verification:PublicAddress must be https in Production")]
    public void Settings_that_cannot_be_are_one_line_and_1(string program, string refusal)
    {
        var result = Run(program);
        Assert.Equal((1, refusal + "\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData(1, "There is no database ", "Identity.Authority", "revoke", "--serial", "0A", "--reason", "keyCompromise")]
    [InlineData(1, "There is no database ", "Identity.Authority", "issuance", "list")]
    [InlineData(1, "There is no database ", "Identity.Authority", "certify", "seal", "--request", "a", "--country", "EE", "--organization", "A", "--identifier", "NTREE-70000001", "--common-name", "A", "--out", "b", "--environment=Development")]
    [InlineData(2, "There is no database ", "Identity.Signing", "evidence", "export", "AAAAAAAAAAAAAAAAAAAAAA", "-o", "evidence.json")]
    [InlineData(2, "There is no file a.pdf.", "Identity.Signing", "extend", "a.pdf", "-o", "b.pdf")]
    [InlineData(2, "../data holds no data of a development host", "Identity.Authority", "revoke", "--serial", "0A", "--reason", "keyCompromise", "--data", "../data")]
    [InlineData(2, "../data holds no data of a development host", "Identity.Authority", "issuance", "list", "--data", "../data")]
    [InlineData(2, "../data holds no data of a development host", "Identity.Provider", "client", "list", "--data", "../data")]
    [InlineData(2, "../data holds no data of a development host", "Identity.Signing", "evidence", "export", "AAAAAAAAAAAAAAAAAAAAAA", "-o", "evidence.json", "--data", "../data")]
    [InlineData(2, "unknown option --date", "Identity.Authority", "revoke", "--serial", "0A", "--reason", "keyCompromise", "--date", "../data")]
    [InlineData(2, "unknown option --port-base", "Identity.Authority", "issuance", "list", "--port-base", "5000")]
    [InlineData(2, "unknown option --level", "Identity.Authority", "certify", "seal", "--level", "high")]
    [InlineData(2, "unknown option --date", "Identity.Signing", "evidence", "export", "AAAAAAAAAAAAAAAAAAAAAA", "-o", "evidence.json", "--date", "../data")]
    [InlineData(2, "unknown setting --Authority:Databse", "Identity.Authority", "issuance", "list", "--Authority:Databse=Data Source=a.db")]
    [InlineData(2, "unknown setting --Provider:Databse", "Identity.Provider", "client", "list", "--Provider:Databse=Data Source=a.db")]
    [InlineData(2, "unknown setting --Signing:TrustDirektory", "Identity.Signing", "extend", "a.pdf", "-o", "b.pdf", "--Signing:TrustDirektory", "roots")]
    [InlineData(2, "unknown option -x", "Identity.Signing", "extend", "a.pdf", "-o", "b.pdf", "-x")]
    [InlineData(2, "usage: Identity.Authority revoke", "Identity.Authority", "revoke", "0A", "--reason", "keyCompromise")]
    public void A_command_that_finds_nothing_says_what_to_name_and_makes_nothing(int code, string complaint, string program, params string[] arguments)
    {
        var result = Run(program, arguments);
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(complaint, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Who_is_believed_is_not_guessed()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "a.pdf"), "%PDF-1.7");
        var result = Run("Identity.Signing", "extend", "a.pdf", "-o", "b.pdf");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("Name the folder with the root certificates that you believe: --Signing:TrustDirectory=DIR", result.Error, StringComparison.Ordinal);
    }

    private ToolResult Run(string program, params string[] arguments) =>
        Tool.RunWith("dotnet", [DevHostProcess.Built(program), .. arguments], workingDirectory: _folder.Path, environment: Production);

    // Whatever the machine that runs the tests says of itself.
    private static readonly Dictionary<string, string> Production = new() { ["DOTNET_ENVIRONMENT"] = "Production", ["ASPNETCORE_ENVIRONMENT"] = "Production" };
}
