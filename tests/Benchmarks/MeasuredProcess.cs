using System.Diagnostics;
using System.Globalization;

namespace Identity.Benchmarks;

/// <summary>
/// A process that does one thing again and again for as many seconds as each line of its input says, and answers each with a line: how often, in how many
/// seconds, with how much CPU time in milliseconds (user and system). Its first line, of whatever text, says that it is ready.
/// </summary>
internal sealed class MeasuredProcess : IDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;

    public MeasuredProcess(string name, string program, params string[] arguments)
    {
        Name = name;
        process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        errors = process.StandardError.ReadToEndAsync();
        if (process.StandardOutput.ReadLine() is null)
            throw Broken();
        IdleMegabytes = Megabytes("VmRSS:");
    }

    public sealed record Round(int Times, double Seconds, double CpuMilliseconds)
    {
        public double Each => CpuMilliseconds / Times;
    }

    public string Name { get; }

    public int ProcessId => process.Id;

    public double IdleMegabytes { get; }

    public double PeakMegabytes => Megabytes("VmHWM:");

    public List<Round> Rounds { get; } = [];

    public Round Median => Rounds.OrderBy(round => round.Each).ElementAt(Rounds.Count / 2);

    /// <summary>Warms all up at once, then measures them in turn.</summary>
    public static async Task Measure(IReadOnlyList<MeasuredProcess> all, TimeSpan warm, TimeSpan seconds, int rounds)
    {
        await Task.WhenAll(all.Select(one => Task.Run(() => one.Run(warm))));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var one in all)
                one.Rounds.Add(one.Run(seconds));
        }
    }

    public Round Run(TimeSpan seconds)
    {
        process.StandardInput.WriteLine(seconds.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Flush();
        var answer = process.StandardOutput.ReadLine()?.Split(' ') ?? throw Broken();
        return new Round(
            int.Parse(answer[0], CultureInfo.InvariantCulture), double.Parse(answer[1], CultureInfo.InvariantCulture), double.Parse(answer[2], CultureInfo.InvariantCulture));
    }

    /// <summary>The other side: what a process does that is started so.</summary>
    /// <param name="used">The CPU time that counts; that of this process when it is left out.</param>
    public static async Task Serve(Func<Task> once, Func<TimeSpan>? used = null)
    {
        used ??= () => Environment.CpuUsage.TotalTime;
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            var time = double.Parse(line, CultureInfo.InvariantCulture);
            var (cpu, watch, times) = (used(), Stopwatch.StartNew(), 0);
            for (; times == 0 || watch.Elapsed.TotalSeconds < time; times++)
                await once();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times} {watch.Elapsed.TotalSeconds} {(used() - cpu).TotalMilliseconds}"));
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            process.Kill();
        process.Dispose();
    }

    private InvalidOperationException Broken() => new($"{Name} ended: {errors.GetAwaiter().GetResult()}");

    private double Megabytes(string field) =>
        double.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
