using Identity.Audit;

const string Usage = """
    Checks audit logs. Exit code: 0 sound, 1 not, 2 wrong usage.

      verify FILE [--head HASH]   reads every record; with --head, the record of that hash (noted earlier) must be there
      head FILE                   verifies, then prints the number of records and the hash of the last: note both elsewhere
    """;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(Usage);
    return 0;
}

string? knownHead = null;
if (args is ["verify", _, "--head", var given] && given.Length == 64 && given.All(char.IsAsciiHexDigitLower))
    knownHead = given;
else if (args is not (["verify", _] or ["head", _]))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    // A running service keeps its log open for writing.
    using var log = new FileStream(args[1], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
    var result = AuditVerification.Run(log, knownHead);
    if (!result.IsSound)
    {
        Console.Error.WriteLine(result.BadLine is { } line ? $"{args[1]}: line {line}: {result.Problem}" : $"{args[1]}: {result.Problem}");
        return 1;
    }

    Console.WriteLine(args[0] == "head" ? $"{result.Count} {result.Head}" : $"{args[1]}: {result.Count} records, sound, head {result.Head}");
    foreach (var (number, name) in result.Unfinished)
        Console.Error.WriteLine($"note: record {number} begins {name} and nothing ends it");
    if (result.TornBytes > 0)
        Console.Error.WriteLine($"note: {result.TornBytes} bytes of an incomplete record at the end");
    return 0;
}
catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{args[1]}: {problem.Message}");
    return 2;
}
