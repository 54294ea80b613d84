using System.Text;
using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Signing.Tests.CommandLine;

/// <summary>`sign` takes the password of encrypted documents from a file, the standard input or the terminal, and from no argument.</summary>
public sealed class PasswordInputTests : IDisposable
{
    private const string NoPassword = "The password must have 1 to 127 bytes of UTF-8 in one line, and no noncharacters of Unicode.\n";
    private readonly string folder = Directory.CreateTempSubdirectory("identity-password-").FullName;
    private readonly string document;

    public PasswordInputTests() => File.WriteAllBytes(document = Path.Combine(folder, "deed.pdf"), Pdfs.Encrypted("pärast"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    // Where the document can be opened, the service is asked, and there is none.
    [InlineData("pärast", "service_unavailable")]
    [InlineData("pärast\n", "service_unavailable")]
    [InlineData("pärast\r\nand more", "service_unavailable")]
    [InlineData("another", "encrypted")]
    public void The_password_is_the_first_line_of_the_standard_input(string input, string error)
    {
        var result = Sign(Encoding.UTF8.GetBytes(input), "--password-file", "-");
        Assert.Equal((1, error), (result.ExitCode, (string?)JsonNode.Parse(result.Output)!["error"]));
    }

    [Fact]
    public void Or_of_a_file()
    {
        var file = Path.Combine(folder, "password");
        File.WriteAllText(file, "pärast\n");
        Assert.Equal("service_unavailable", (string?)JsonNode.Parse(Sign([], "--password-file", file).Output)!["error"]);
    }

    [Fact]
    public void Without_it_the_document_is_encrypted() => Assert.Equal("encrypted", (string?)JsonNode.Parse(Sign([]).Output)!["error"]);

    [Fact]
    public void An_argument_is_no_place_for_it() => Assert.Equal((2, $"unknown option --password\nusage: {SignCommandUsage()}"), (Sign([], "--password", "pärast").ExitCode, Sign([], "--password", "pärast").Error.Trim()));

    [Fact]
    public void Where_there_is_no_terminal_nobody_can_be_asked()
    {
        var result = Sign([], "--ask-password");
        Assert.Equal((2, "There is no terminal to ask for the password at: use --password-file.\n"), (result.ExitCode, result.Error));
    }

    public static TheoryData<byte[]> NoPasswords() => new()
    {
        Array.Empty<byte>(), "\n"u8.ToArray(), Enumerable.Repeat((byte)'p', 128).ToArray(), Enumerable.Repeat((byte)'p', 100_000).ToArray(), new byte[] { 0xFF }, Encoding.UTF8.GetBytes("p\uFFFE"),
    };

    [Theory]
    [MemberData(nameof(NoPasswords))]
    public void What_is_no_password_is_refused(byte[] input)
    {
        var result = Sign(input, "--password-file", "-");
        Assert.Equal((2, NoPassword), (result.ExitCode, result.Error));
    }

    [Fact]
    public void A_password_may_have_127_bytes() =>
        Assert.Equal("encrypted", (string?)JsonNode.Parse(Sign(Enumerable.Repeat((byte)'p', 127).ToArray(), "--password-file", "-").Output)!["error"]);

    private static string SignCommandUsage() => Signing.CommandLine.SignCommand.Usage;

    private ToolResult Sign(byte[] input, params string[] more) => Tool.RunWith("dotnet",
        [typeof(SigningApp).Assembly.Location, "sign", "--service", "http://localhost:1/", "--level", "B-B", document, "-o", document + ".out", "--json", .. more], input);
}
