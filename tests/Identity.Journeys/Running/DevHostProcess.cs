using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Identity.TestKit;

namespace Identity.Journeys.Running;

/// <summary>One copy of the whole system as a newcomer starts it: a process of its own, on free ports, with its own data folder.</summary>
public sealed class DevHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(60);
    private const int LowestBase = 10_000;
    private const int PortsOfASystem = 500;
    private const int Places = 44;
    private static readonly int FirstPlace = RandomNumberGenerator.GetInt32(Places);
    private static int _placesGiven;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private DevHostProcess(Process process, int portBase, string data)
    {
        (_process, PortBase, Data) = (process, portBase, data);
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int PortBase { get; }

    public string Data { get; }

    /// <summary>What it printed, both streams in order of arrival.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    public int ProcessId => _process.Id;

    public static string Program { get; } = Built("Identity.DevHost");

    /// <summary>The root's certificate, as whoever trusts this copy would be given it.</summary>
    public string RootCertificate => Path.Combine(Data, "keys-dev", "trust", "root-ca.cer.pem");

    /// <summary>A program of the system as the build left it.</summary>
    public static string Built(string project) => Path.Combine(
        Repository.Root, "src", project, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", project + ".dll");

    public string Address(int offset) => $"http://localhost:{PortBase + offset}/";

    /// <summary>Starts it and waits for `Ready.`.</summary>
    public static async Task<DevHostProcess> Start(string data, int? portBase = null, params string[] options)
    {
        var host = Launch(data, portBase ?? FreePortBase(), options);
        var first = await Task.WhenAny(host._ready.Task, host._process.WaitForExitAsync(), Task.Delay(StartPatience));
        if (first == host._ready.Task)
            return host;
        var said = string.Join('\n', host.Output);
        await host.DisposeAsync();
        throw new InvalidOperationException("DevHost did not become ready:\n" + said);
    }

    /// <summary>Starts it without waiting.</summary>
    public static DevHostProcess Launch(string data, int portBase, params string[] options)
    {
        // A shell that runs the tests in the background has switched off Ctrl+C for all that it starts; env switches it on again.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Program, "--port-base", $"{portBase}", "--data", data, .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        // Its own defaults are what is tested.
        start.Environment.Remove("ASPNETCORE_ENVIRONMENT");
        start.Environment.Remove("ASPNETCORE_URLS");
        return new DevHostProcess(Process.Start(start)!, portBase, data);
    }

    /// <summary>Waits until it ends by itself; its exit code.</summary>
    public async Task<int> Ended()
    {
        using var patience = new CancellationTokenSource(StartPatience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Ends it as Ctrl+C (INT) or a service manager (TERM) does; its exit code and how long it took.</summary>
    public async Task<(int ExitCode, TimeSpan Took)> End(string signal = "INT")
    {
        var watch = Stopwatch.StartNew();
        Tool.Run("kill", "-" + signal, $"{_process.Id}");
        using var patience = new CancellationTokenSource(EndPatience);
        await _process.WaitForExitAsync(patience.Token);
        return (_process.ExitCode, watch.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            try
            {
                await End();
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    /// <summary>
    /// A port base on which every port of the system is free, below the range that the machine gives to outgoing connections. Each is given out
    /// once: tests run side by side, and while one restarts its system another must not take the ports or try whether they are free.
    /// </summary>
    public static int FreePortBase()
    {
        int place;
        while ((place = Interlocked.Increment(ref _placesGiven)) <= Places)
        {
            var portBase = LowestBase + ((FirstPlace + place) % Places * PortsOfASystem);
            if (new[] { 0, 1, 90, 100, 200, 300, 401, 402, 403 }.All(offset => FreePort.IsFree(portBase + offset)))
                return portBase;
        }

        throw new InvalidOperationException("No free range of ports was found.");
    }

    private void Heard(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (line == "Ready.")
            _ready.TrySetResult();
    }
}
