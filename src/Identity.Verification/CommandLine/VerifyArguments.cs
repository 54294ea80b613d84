using System.Globalization;

namespace Identity.Verification.CommandLine;

/// <summary>The arguments of `verify`, checked.</summary>
public sealed record VerifyArguments(bool Json, bool Offline, IReadOnlyList<string> TrustDirectories, DateTimeOffset? Time, string? Policy, string? PasswordFile, int Parallel, bool Packages,
    IReadOnlyList<string> Files)
{
    public const int MostParallel = 64;

    /// <summary>Bytes of one document. Not the service's setting: that is for what strangers send, which is held in memory.</summary>
    public long MaxBytes { get; init; } = VerificationSettings.LargestFileBytes;

    /// <summary>What packages state as their time is taken for it.</summary>
    public bool BelievesPackageTime { get; init; }

    public const string Usage =
        """
        usage: Identity.Verification [--Verification:SETTING=VALUE]...    runs the service
               verify [--json] [--trust DIR]... [--time ISO] [--policy FILE] [--password-file FILE] [--offline] [--parallel N] [--max-bytes N] [--package [--package-time]] FILE...

          FILE          a PDF file, a folder (every *.pdf in it and below; links are not followed), or - for the standard input
          --json        one JSON object a line and file
          --trust DIR   trust the certificates in this folder instead of the configured ones; may be repeated
          --time ISO    validate as of this moment, for instance 2026-11-23T10:00:00Z
          --policy FILE validate by the policy in this file; specs/validation-policy.json is an example
          --password-file FILE
                        the first line of this file opens files that are encrypted; without it a terminal is asked, and nothing else
          --offline     ask no revocation source
          --package     the files are evidence packages: check their digests, validate again from what they hold, offline, as of their
                        time, and compare the outcome with their report. That time is the package's own word, so nothing passes
                        by it alone: give --time, or
          --package-time  to believe it, for instance because you made the package
          --parallel N  files at one time, 1 to 64; without it as many as there are processors
          --max-bytes N the largest document, in bytes, up to 1073741824; without it that much. Large ones are read from the disk piece by piece

        exit code: 0 every file passed, 1 not, 2 wrong usage
        """;

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Null when the usage is wrong; then <paramref name="problem"/> says what.</summary>
    public static VerifyArguments? Parse(IReadOnlyList<string> arguments, out string problem)
    {
        var (json, offline, packages, believes, optionsEnded) = (false, false, false, false, false);
        var trust = new List<string>();
        var files = new List<string>();
        DateTimeOffset? time = null;
        string? policy = null;
        string? passwordFile = null;
        var maxBytes = VerificationSettings.LargestFileBytes;
        var parallel = Math.Clamp(Environment.ProcessorCount, 1, MostParallel);
        problem = "";
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (optionsEnded || !argument.StartsWith('-') || argument == "-")
            {
                files.Add(argument);
                continue;
            }
            switch (argument)
            {
                case "--":
                    optionsEnded = true;
                    break;
                case "--json":
                    json = true;
                    break;
                case "--package":
                    packages = offline = true;
                    break;
                case "--package-time":
                    believes = true;
                    break;
                case "--offline":
                    offline = true;
                    break;
                case "--trust" or "--time" or "--policy" or "--password-file" or "--parallel" or "--max-bytes" when i + 1 == arguments.Count:
                    problem = $"{argument} needs a value";
                    return null;
                case "--trust":
                    trust.Add(arguments[++i]);
                    break;
                case "--policy":
                    policy = arguments[++i];
                    break;
                case "--password-file":
                    passwordFile = arguments[++i];
                    break;
                case "--time":
                    if (!DateTimeOffset.TryParseExact(arguments[++i], TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
                    {
                        problem = "--time is not a date or time as in ISO 8601";
                        return null;
                    }
                    time = moment;
                    break;
                case "--parallel":
                    if (!int.TryParse(arguments[++i], NumberStyles.None, CultureInfo.InvariantCulture, out parallel) || parallel is < 1 or > MostParallel)
                    {
                        problem = FormattableString.Invariant($"--parallel is not a number from 1 to {MostParallel}");
                        return null;
                    }
                    break;
                case "--max-bytes":
                    if (!long.TryParse(arguments[++i], NumberStyles.None, CultureInfo.InvariantCulture, out maxBytes) || maxBytes is < 1 or > VerificationSettings.LargestFileBytes)
                    {
                        problem = FormattableString.Invariant($"--max-bytes is not a number from 1 to {VerificationSettings.LargestFileBytes}");
                        return null;
                    }
                    break;
                default:
                    problem = $"unknown option {argument}";
                    return null;
            }
        }
        if (files.Count == 0)
        {
            problem = "no file given";
            return null;
        }
        if (believes && (!packages || time is not null))
        {
            problem = "--package-time goes with --package and without --time";
            return null;
        }
        return new VerifyArguments(json, offline, trust, time, policy, passwordFile, parallel, packages, files) { BelievesPackageTime = believes, MaxBytes = maxBytes };
    }
}
