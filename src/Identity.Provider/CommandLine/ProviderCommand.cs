using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.Logout;
using Identity.Provider.People;
using Identity.Provider.RollOver;
using Identity.Provider.Storage;
using Identity.Web;
using Identity.Web.CommandLine;

namespace Identity.Provider.CommandLine;

/// <summary>
/// The operator's commands, beside a running service or without one. Results on the standard output and nothing else there; complaints on the other.
/// </summary>
internal static class ProviderCommand
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUsage = 2;

    public const string Usage =
        """
        usage: Identity.Provider [SETTING]...                    runs the service
               Identity.Provider client VERB ... [SETTING]...    add, list, show, rotate, disable, enable, remove, token
               Identity.Provider person VERB --identifier PNOXX-... [SETTING]...    disable, enable, sessions
               Identity.Provider logouts list [SETTING]...       what became of telling agencies that sessions have ended
               Identity.Provider keys VERB ... [SETTING]...      list, announce, publish, activate, retire, compromise, remove

          --json           one JSON object a line
          --data DIR       works on what the development host keeps in DIR
          SETTING          a setting of the service, as in --Provider:Database=...; provider.json and the environment are read too

        exit code: 0 done, 1 refused, 2 wrong usage
        """;

    public static bool IsOne(string word) => word is "client" or "person" or "logouts" or "keys";

    public static async Task<int> Run(string[] args, TextWriter output, TextWriter complaints, CancellationToken cancellation)
    {
        var console = new CommandConsole(output, complaints);
        return args[0] switch
        {
            "client" => await ClientCommand.Run(args[1..], console, cancellation),
            "person" => await PersonCommand.Run(args[1..], console, cancellation),
            "logouts" => await LogoutCommand.Run(args[1..], console, cancellation),
            "keys" => await KeysCommand.Run(args[1..], console, cancellation),
            _ => await console.WrongUsage($"unknown command {args[0]}", Usage),
        };
    }
}

/// <summary>A command's refusal: what the operator reads. Nothing was changed.</summary>
internal sealed class CommandRefusedException(string message) : Exception(message);

/// <summary>Where a command's words go, and how what happens in it becomes an exit code.</summary>
internal sealed class CommandConsole(TextWriter output, TextWriter complaints)
{
    private static readonly JsonSerializerOptions Written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Task Say(string line) => output.WriteLineAsync(line);

    public Task Say(JsonNode json) => output.WriteLineAsync(json.ToJsonString(Written));

    public Task Say(object json) => output.WriteLineAsync(JsonSerializer.Serialize(json, Written));

    public async Task Table(string[] heads, IReadOnlyList<string[]> rows)
    {
        var widths = heads.Select((head, column) => rows.Select(row => row[column].Length).Append(head.Length).Max()).ToArray();
        foreach (var row in rows.Prepend(heads))
            await output.WriteLineAsync(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    public Task Note(string line) => complaints.WriteLineAsync(line);

    public async Task<int> WrongUsage(string problem, string usage)
    {
        await complaints.WriteLineAsync(SafeText.ForDisplay(problem));
        await complaints.WriteLineAsync(usage);
        return ProviderCommand.WrongUsage;
    }

    /// <summary>Opens what the command works with, runs it, and says in one line what went wrong, if it did.</summary>
    public async Task<int> Run(
        CommandArguments arguments, Func<CommandHost, Task> work, CancellationToken cancellation, Action<IServiceCollection, ProviderSettings>? further = null)
    {
        try
        {
            await using var host = await CommandHost.Open(arguments.Settings, further, cancellation);
            await work(host);
            return ProviderCommand.Done;
        }
        catch (ProviderSettingsException problem)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem.Message, LongestComplaint));
            return ProviderCommand.WrongUsage;
        }
        catch (CommandRefusedException refusal)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(refusal.Message, LongestComplaint));
        }
        catch (Exception problem) when (ProviderStores.Outage(problem) is { } outage)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay($"The {outage.Store} cannot be used: {problem.GetBaseException().Message}", LongestComplaint));
        }

        return ProviderCommand.Refused;
    }

    private const int LongestComplaint = 1000;
}
