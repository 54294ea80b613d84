using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Identity.TestKit;

namespace Identity.Signing.Tests;

/// <summary>Signing as an operator runs it: `dotnet Identity.Signing.dll`.</summary>
internal sealed class SigningProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly StringBuilder said = new();

    private SigningProcess(Process process) => this.process = process;

    /// <summary>What it wrote until it ended or was ready.</summary>
    public string Said
    {
        get
        {
            lock (said)
                return said.ToString();
        }
    }

    /// <summary>The most memory that it has had (proc(5), VmHWM), in bytes.</summary>
    public long Peak => 1024 * long.Parse(
        File.ReadLines($"/proc/{process.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    public static async Task<SigningProcess> Start(IEnumerable<string> arguments, string address, IReadOnlyDictionary<string, string>? environment = null, X509Certificate2? trusted = null)
    {
        var begun = Begin(arguments, environment);
        var beginning = TimeProvider.System.GetTimestamp();
        using var http = new HttpClient(Browser.Trusting(trusted, new SocketsHttpHandler())) { BaseAddress = new Uri(address) };
        while (!await IsReady(http))
        {
            Assert.True(!begun.process.HasExited && TimeProvider.System.GetElapsedTime(beginning) < Patience, "Signing did not start: " + begun.Said);
            await Task.Delay(100);
        }

        return begun;
    }

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            Kill();
        process.Dispose();
    }

    private static SigningProcess Begin(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(Tool.Require("dotnet"), [typeof(SigningApp).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var begun = new SigningProcess(new Process { StartInfo = start });
        begun.process.OutputDataReceived += (_, line) => begun.Hear(line.Data);
        begun.process.ErrorDataReceived += (_, line) => begun.Hear(line.Data);
        begun.process.Start();
        begun.process.BeginOutputReadLine();
        begun.process.BeginErrorReadLine();
        return begun;
    }

    private void Hear(string? line)
    {
        lock (said)
            said.AppendLine(line);
    }

    private static async Task<bool> IsReady(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
