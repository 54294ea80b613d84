namespace Identity.Web.CommandLine;

/// <summary>The arguments of one operator's command, told apart: its own options, settings of the service, and the words between them.</summary>
public sealed record CommandArguments
{
    private const string Data = "data";
    private const string Environment = "environment";
    private const string Out = "out";

    /// <summary>Exit code for arguments that cannot be.</summary>
    public const int WrongUsage = 2;

    private const int LongestComplaint = 500;

    private CommandArguments()
    {
    }

    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Options with a value, in the order in which they were given.</summary>
    public required IReadOnlyList<(string Name, string Value)> Options { get; init; }

    public required IReadOnlySet<string> Switches { get; init; }

    /// <summary>For the service's configuration, as the service takes them; with <c>--data</c> those of the development host come first.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    public bool Json => Switches.Contains("json");

    public string? Option(string name) => Options.LastOrDefault(option => option.Name == name).Value;

    /// <summary>What is wrong, when that can be said in one line, and what would be right. The exit code.</summary>
    public static async Task<int> Refuse(TextWriter complaints, string problem, string usage)
    {
        if (problem.Length > 0)
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem, LongestComplaint));
        await complaints.WriteLineAsync("usage: " + usage);
        return WrongUsage;
    }

    /// <summary>
    /// Null when the usage is wrong; then <paramref name="problem"/> says what. Takes <c>--name value</c> and <c>--name=value</c>, and <c>-o FILE</c> for <c>--out FILE</c>.
    /// </summary>
    /// <typeparam name="TOptions">The service's: settings of its section have the names of its properties.</typeparam>
    /// <param name="arguments">Those after the command's own words.</param>
    /// <param name="options">Names of the options that have a value.</param>
    /// <param name="switches">Names of those that have none; <c>json</c> is always one.</param>
    public static CommandArguments? Parse<TOptions>(
        IReadOnlyList<string> arguments, IReadOnlyCollection<string> options, IReadOnlyCollection<string> switches, out string problem)
    {
        var words = new List<string>();
        var given = new List<(string, string)>();
        var on = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<string>();
        problem = "";
        for (var index = 0; index < arguments.Count; index++)
        {
            var argument = arguments[index];
            if (argument == "-o")
                argument = "--" + Out;
            // A dash alone is a word: the standard input.
            if (!argument.StartsWith('-') || argument.Length == 1)
            {
                words.Add(argument);
                continue;
            }

            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                problem = $"unknown option {argument}";
                return null;
            }

            var (name, value) = argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals ? (argument[2..equals], argument[(equals + 1)..]) : (argument[2..], null);
            if (value is null && (name == "json" || switches.Contains(name)))
            {
                on.Add(name);
                continue;
            }

            var setting = name == Environment || name.Contains(':', StringComparison.Ordinal);
            if (!setting && name != Data && !options.Contains(name))
            {
                problem = $"unknown option --{name}";
                return null;
            }

            if (!IsKnown(name, typeof(TOptions)))
            {
                problem = $"unknown setting --{name}";
                return null;
            }

            if (value is null && ++index == arguments.Count)
            {
                problem = $"--{name} needs a value";
                return null;
            }

            value ??= arguments[index];
            if (setting)
                settings.Add($"--{name}={value}");
            else
                given.Add((name, value));
        }

        var parsed = new CommandArguments { Words = words, Options = given, Switches = on, Settings = settings };
        if (parsed.Option(Data) is not { } data)
            return parsed;
        try
        {
            if (DevelopmentSettings.Read(data) is { } ofDevelopment)
                return parsed with { Settings = [.. ofDevelopment, .. settings] };
            problem = DevelopmentSettings.NotIn(data);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problem = unreadable.Message;
        }

        return null;
    }

    // A misspelt setting would leave the one that was meant as it is: a command would work on another database, or believe other roots.
    private static bool IsKnown(string name, Type options) => name.Split(':') is not [var section, var setting, ..]
        || !options.Name.Equals(section + "Options", StringComparison.OrdinalIgnoreCase)
        || options.GetProperties().Any(property => property.Name.Equals(setting, StringComparison.OrdinalIgnoreCase));
}
