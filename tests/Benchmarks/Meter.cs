using System.Globalization;

namespace Identity.Benchmarks;

/// <summary>What a process has used so far, as Linux counts it.</summary>
internal sealed record Meter(TimeSpan Cpu, long ResidentBytes)
{
    // sysconf(_SC_CLK_TCK) is 100 wherever .NET runs on Linux.
    private const double TicksASecond = 100;

    public static Meter Of(int process)
    {
        // proc(5): after the name in parentheses come state and 10 fields, then utime and stime.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var resident = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return new Meter(TimeSpan.FromSeconds(ticks / TicksASecond), long.Parse(resident, CultureInfo.InvariantCulture) * 1024);
    }

    /// <summary>User and system time of the children that it has waited for.</summary>
    public static TimeSpan OfEndedChildren(int process)
    {
        // proc(5): cutime and cstime follow utime and stime.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) / TicksASecond);
    }

    /// <summary>proc(5): what its threads have started and what still runs.</summary>
    public static IEnumerable<int> ChildrenOf(int process) => Directory.EnumerateDirectories($"/proc/{process}/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture));
}
