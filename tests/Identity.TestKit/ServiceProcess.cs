using System.Diagnostics;
using System.Globalization;

namespace Identity.TestKit;

/// <summary>A service as it is deployed: a process of its own on a free port, whose time and memory can be told apart.</summary>
public sealed class ServiceProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process process;

    private ServiceProcess(Process process, Uri address)
    {
        this.process = process;
        Client = new HttpClient { BaseAddress = address, Timeout = Patience };
    }

    public HttpClient Client { get; }

    public bool IsRunning => !process.HasExited;

    /// <summary>User and system time so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Bytes resident at most since <see cref="ForgetPeak"/> (proc(5), VmHWM).</summary>
    public long PeakBytes => Status("VmHWM:");

    public long ResidentBytes => Status("VmRSS:");

    /// <summary>Starts an assembly by `dotnet` and waits until it says that it is ready.</summary>
    public static async Task<ServiceProcess> Start(string assembly, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var address = new Uri(FormattableString.Invariant($"http://127.0.0.1:{FreePort.Next()}/"));
        var start = new ProcessStartInfo("dotnet", [assembly, "--urls=" + address, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        // Nobody reads on: a full pipe would stop the service.
        var said = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var service = new ServiceProcess(process, address);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
        {
            if (process.HasExited)
                throw new InvalidOperationException(await said.Item1 + await said.Item2);
            try
            {
                using var answer = await service.Client.GetAsync(new Uri("health/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                    return service;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
        service.Dispose();
        throw new InvalidOperationException("The service did not become ready.");
    }

    /// <summary>From here on the peak is counted anew.</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");

    public void Dispose()
    {
        Client.Dispose();
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private long Status(string field) =>
        1024 * long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
