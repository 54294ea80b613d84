using System.Text.Json.Nodes;

namespace Identity.Provider.CommandLine;

/// <summary>What a command said and how it ended.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Complaints)
{
    public JsonNode Json => JsonNode.Parse(Output)!;

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The Provider's commands, run against the database of a running one.</summary>
public static class Command
{
    public static Task<CommandResult> Run(RunningProvider provider, params string[] arguments) => Run(
    [
        .. arguments,
        "--environment=Development",
        $"--Provider:Issuer={provider.Issuer}",
        $"--Provider:Database=Data Source={provider.DatabaseFile}",
        // Commands about clients need neither.
        "--Provider:Redis=127.0.0.1:1",
        "--Provider:Keys=/nowhere",
        $"--Provider:Audit={provider.AuditFile}",
    ]);

    public static async Task<CommandResult> Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var complaints = new StringWriter { NewLine = "\n" };
        var exitCode = await ProviderCommand.Run(arguments, output, complaints, TestContext.Current.CancellationToken);
        return new CommandResult(exitCode, output.ToString(), complaints.ToString());
    }
}
