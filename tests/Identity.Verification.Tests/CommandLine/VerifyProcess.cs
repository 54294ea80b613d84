using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Identity.Verification.Tests.CommandLine;

/// <summary>`verify` as people run it, a process of its own: what it says of one file, and what that took.</summary>
/// <param name="Peak">Bytes resident at most (proc(5), VmHWM).</param>
internal sealed record VerifyProcess(JsonElement Report, long Peak)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <param name="feed">Writes the file to the standard input, when it is to come that way.</param>
    public static async Task<VerifyProcess> Run(string file, Func<Stream, Task>? feed = null, params string[] arguments)
    {
        // A second file, which does not come before the first is reported: so long the process waits and can be looked at.
        var pipe = Path.Combine(Directory.CreateTempSubdirectory("identity-verify-").FullName, "last.pdf");
        using (var made = Process.Start("mkfifo", [pipe]))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("dotnet", [typeof(VerificationApp).Assembly.Location, "verify", "--json", "--offline", "--parallel", "1", .. arguments, file, pipe])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var complaints = process.StandardError.ReadToEndAsync(limit.Token);
            if (feed is not null)
                await feed(process.StandardInput.BaseStream);
            process.StandardInput.Close();
            var line = await process.StandardOutput.ReadLineAsync(limit.Token);
            Assert.True(line is not null, line is null ? await complaints : "");
            var done = new VerifyProcess(JsonDocument.Parse(line!).RootElement, PeakOf(process.Id));
            await File.WriteAllBytesAsync(pipe, [], limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return done;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            Directory.Delete(Path.GetDirectoryName(pipe)!, recursive: true);
        }
    }

    private static long PeakOf(int process) => 1024 * long.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
