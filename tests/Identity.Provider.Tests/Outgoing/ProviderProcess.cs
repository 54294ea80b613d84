using System.Diagnostics;
using System.Net;
using Identity.TestKit;

namespace Identity.Provider.Outgoing;

/// <summary>The Provider as a process of its own, in the place of a running one: the machine's trusted authorities are read once a process.</summary>
public sealed class ProviderProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;

    private ProviderProcess(Process process) => this.process = process;

    /// <param name="provider">Ends, and this goes on with its address, stores and settings.</param>
    /// <param name="trusted">PEM file with the authorities that this machine trusts.</param>
    public static async Task<ProviderProcess> Instead(RunningProvider provider, string trusted)
    {
        await provider.Stop();
        var start = new ProcessStartInfo(Tool.Require("dotnet"), [Path.Combine(AppContext.BaseDirectory, "Identity.Provider.dll"), .. provider.Arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["SSL_CERT_FILE"] = trusted },
        };
        var begun = new ProviderProcess(Process.Start(start)!);
        begun.process.OutputDataReceived += static (_, _) => { };
        begun.process.ErrorDataReceived += static (_, _) => { };
        begun.process.BeginOutputReadLine();
        begun.process.BeginErrorReadLine();
        var beginning = TimeProvider.System.GetTimestamp();
        using var http = new HttpClient { BaseAddress = provider.Issuer };
        while (!await IsReady(http))
        {
            Assert.True(!begun.process.HasExited && TimeProvider.System.GetElapsedTime(beginning) < Patience, "the Provider did not start");
            await Task.Delay(100);
        }

        return begun;
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static async Task<bool> IsReady(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
