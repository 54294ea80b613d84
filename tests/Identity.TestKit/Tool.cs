using System.Diagnostics;
using System.Text;

namespace Identity.TestKit;

/// <summary>What a foreign program said: exit code and both texts. Many verifiers exit 0 on forgeries, so tests read the text.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public string Text => Output + Error;
}

/// <summary>Runs the independent programs that confirm our formats.</summary>
public static class Tool
{
    /// <summary>
    /// The path of a program that this test needs. Where it is missing the test is skipped and says so;
    /// with CI=true a missing part is a failure, because a proof that did not run is no proof.
    /// </summary>
    public static string Require(string program)
    {
        var found = Find(program);
        if (found is not null)
            return found;
        Missing($"{program} is not installed; tests/run.sh installs it on Debian");
        return program;
    }

    /// <summary>Skips the calling test because of a missing part, or fails it when CI=true.</summary>
    public static void Missing(string what)
    {
        if (InContinuousIntegration)
            Assert.Fail("CI=true and a part is missing: " + what);
        Assert.Skip(what);
    }

    public static bool InContinuousIntegration =>
        string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    public static ToolResult Run(string program, params string[] arguments) => RunWith(program, arguments);

    public static ToolResult RunWith(
        string program,
        IEnumerable<string> arguments,
        byte[]? input = null,
        string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? timeout = null)
    {
        var start = new ProcessStartInfo(Require(program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            if (input is not null)
                process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program closed its input early; what it then said is the result.
        }

        if (!process.WaitForExit(timeout ?? TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end within its time limit");
        }

        process.WaitForExit();
        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    private static string? Find(string program)
    {
        if (Path.IsPathRooted(program))
            return File.Exists(program) ? program : null;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin")
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }
}
