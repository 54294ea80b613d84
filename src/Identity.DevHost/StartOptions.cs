using System.Globalization;

namespace Identity.DevHost;

/// <summary>What the command line asks for.</summary>
internal sealed record StartOptions(int PortBase, string? Data, bool SeedDemo, bool Help)
{
    public const int DefaultPortBase = 5000;
    public const int LowestPortBase = 1024;
    public const int HighestPortBase = 65535 - 403; // LandRegistry is the last.

    public const string Usage = """
        Starts the whole system on this machine, for development.

          dotnet run --project src/Identity.DevHost -- [options]

          --port-base N          first port, 1024 to 65132 (default 5000); the others follow from it
          --data DIR             all state and keys go here (default: .identity-dev and keys-dev beside Identity.sln)
          --seed-demo true|false demo people and agencies (default true)
          --help                 this text

        Ctrl+C ends it. Exit code: 0 ended, 1 could not start, 2 wrong usage.
        """;

    /// <summary>Null with what is wrong.</summary>
    public static StartOptions? Parse(IReadOnlyList<string> args, out string? problem)
    {
        var options = new StartOptions(DefaultPortBase, null, SeedDemo: true, Help: false);
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var before, var after] ? (before, after) : (args[i], null);
            if (name is "--help" or "-h")
            {
                options = options with { Help = true };
                continue;
            }

            // `--seed-demo` alone means true; every other option takes a value, attached or next.
            if (value is null && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                value = args[++i];
            switch (name)
            {
                case "--port-base" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= LowestPortBase and <= HighestPortBase:
                    options = options with { PortBase = port };
                    break;
                case "--data" when !string.IsNullOrWhiteSpace(value):
                    options = options with { Data = Path.GetFullPath(value) };
                    break;
                case "--seed-demo" when value is null || bool.TryParse(value, out _):
                    options = options with { SeedDemo = value is null || bool.Parse(value) };
                    break;
                case "--port-base":
                    problem = $"--port-base takes a number from {LowestPortBase} to {HighestPortBase}.";
                    return null;
                case "--data":
                    problem = "--data takes a directory.";
                    return null;
                case "--seed-demo":
                    problem = "--seed-demo takes true or false.";
                    return null;
                default:
                    problem = $"'{args[i]}' is not an option.";
                    return null;
            }
        }

        problem = null;
        return options;
    }
}
