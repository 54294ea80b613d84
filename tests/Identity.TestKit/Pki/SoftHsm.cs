using System.Text.Json;

namespace Identity.TestKit.Pki;

/// <summary>
/// A SoftHSM2 token of its own, described in a key folder as <c>hsm.token.json</c>. What is said of its objects comes from pkcs11-tool.
/// </summary>
public sealed class SoftHsm : IDisposable
{
    public const string Module = "/usr/lib/softhsm/libsofthsm2.so";
    public const string Label = "identity-test";
    public const string Pin = "271828";

    private readonly string folder = Directory.CreateTempSubdirectory("identity-hsm-").FullName;

    /// <param name="keys">the key folder</param>
    /// <param name="sessions">how many the service opens</param>
    /// <param name="timeoutSeconds">of one call</param>
    public SoftHsm(string keys, int sessions = 2, int timeoutSeconds = 10)
    {
        Tool.Require("softhsm2-util");
        Tool.Require("pkcs11-tool");
        if (!File.Exists(Module))
            Tool.Missing("SoftHSM2's module is not at " + Module);
        Keys = keys;
        Directory.CreateDirectory(Tokens);
        File.WriteAllText(Configuration, $"directories.tokendir = {Tokens}\nobjectstore.backend = file\nlog.level = ERROR\n");
        NewToken(Label);
        WritePin(Pin + "\n");
        Describe(sessions: sessions, timeoutSeconds: timeoutSeconds);
    }

    public string Keys { get; }

    public string Tokens => Path.Combine(folder, "tokens");

    public string PinFile => Path.Combine(folder, "pin");

    public string TokenFile => Path.Combine(Keys, "hsm.token.json");

    public Dictionary<string, string> Environment => new() { ["SOFTHSM2_CONF"] = Configuration };

    private string Configuration => Path.Combine(folder, "softhsm2.conf");

    public void NewToken(string label) => Util("--init-token", "--free", "--label", label, "--so-pin", "31415926", "--pin", Pin);

    public void WritePin(string content)
    {
        File.WriteAllText(PinFile, content);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(PinFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Describe(string module = Module, string label = Label, int sessions = 2, int timeoutSeconds = 10, string name = "hsm") =>
        File.WriteAllText(Path.Combine(Keys, name + ".token.json"),
            JsonSerializer.Serialize(new { module, label, pinFile = PinFile, sessions, timeoutSeconds, environment = Environment }));

    /// <summary>Identity.Keys as an operator runs it.</summary>
    public static ToolResult Command(params string[] arguments) =>
        Tool.RunWith("dotnet", [Path.Combine(AppContext.BaseDirectory, "Identity.Keys.dll"), .. arguments]);

    /// <summary>Makes a key in the token and its file, as an operator does.</summary>
    public void Create(string name, string purpose, string algorithm = "EcdsaP256")
    {
        var made = Command("create", Keys, name, "--token", "hsm", "--purpose", purpose, "--algorithm", algorithm);
        Assert.True(made.ExitCode == 0, made.Text);
    }

    /// <summary>The PKCS#10 request for a key, as PEM.</summary>
    public string Request(string name, string subject)
    {
        var made = Command("request", Keys, name, "--subject", subject);
        Assert.True(made.ExitCode == 0, made.Text);
        return made.Output;
    }

    /// <summary>What pkcs11-tool says, logged in.</summary>
    public ToolResult Pkcs11Tool(params string[] arguments) =>
        Tool.RunWith("pkcs11-tool", ["--module", Module, "--token-label", Label, "--login", "--pin", Pin, .. arguments], environment: Environment);

    /// <summary>Objects that are in the token.</summary>
    public string Objects() => Pkcs11Tool("--list-objects").Output;

    /// <summary>Takes the token away, and with it what the processes that use it still know of it.</summary>
    public void Pull()
    {
        Directory.Move(Tokens, Tokens + ".away");
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(IsProcessOfThisToken))
            Tool.Run("kill", "-KILL", Path.GetFileName(process));
    }

    public void PutBack() => Directory.Move(Tokens + ".away", Tokens);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private bool IsProcessOfThisToken(string process)
    {
        try
        {
            return Path.GetFileName(process).All(char.IsAsciiDigit) && File.ReadAllText(Path.Combine(process, "cmdline")).Contains(TokenFile, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Util(params string[] arguments)
    {
        var result = Tool.RunWith("softhsm2-util", arguments, environment: Environment);
        Assert.True(result.ExitCode == 0, result.Text);
    }
}
