using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Identity.Verification.Pictures;

/// <summary>
/// Draws one page by poppler in a child process of its own: no network, no other processes in sight, no file written (document in and picture
/// out go through pipes), and limits on processor time, memory, open files, real time and size of the answer. The document is hostile: what
/// takes over the child has a name space without network and a few seconds. Where these programs are missing there are no pictures.
/// </summary>
public sealed class SandboxedPoppler
{
    /// <summary>Pixels of the longer side.</summary>
    public const int LongerSide = 900;

    /// <summary>Bytes of one picture.</summary>
    public const int LargestPicture = 2 * 1024 * 1024;

    public static readonly TimeSpan RealTime = TimeSpan.FromSeconds(8);

    private const int ProcessorSeconds = 5;
    private const long MemoryBytes = 1024L * 1024 * 1024;
    private const int OpenFiles = 64;
    private const string Folder = "/usr/bin/";

    private static readonly string[] Programs = ["pdftocairo", "prlimit", "unshare"];

    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private SandboxedPoppler() { }

    /// <summary>Null where a picture cannot be drawn under these limits: other systems, programs missing, name spaces forbidden.</summary>
    public static async Task<SandboxedPoppler?> Find(CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux() || !Programs.All(program => File.Exists(Folder + program)))
            return null;
        var answer = await Run(ReadOnlyMemory<byte>.Empty, ["-v"], cancellation);
        return answer is null ? null : new SandboxedPoppler();
    }

    /// <summary>A PNG; null when the page cannot be drawn within the limits.</summary>
    /// <param name="page">1 is the first.</param>
    public async Task<byte[]?> Draw(ReadOnlyMemory<byte> document, int page, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page, 1);
        var number = page.ToString(CultureInfo.InvariantCulture);
        var picture = await Run(document, ["-png", "-singlefile", "-f", number, "-l", number, "-scale-to", LongerSide.ToString(CultureInfo.InvariantCulture), "-", "-"], cancellation);
        return picture is not null && picture.AsSpan().StartsWith(PngSignature) ? picture : null;
    }

    private static async Task<byte[]?> Run(ReadOnlyMemory<byte> input, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Folder + "unshare",
        [
            "--user", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--",
            Folder + "prlimit", $"--cpu={ProcessorSeconds}", $"--as={MemoryBytes}", "--fsize=0", $"--nofile={OpenFiles}", "--core=0", "--",
            Folder + "pdftocairo", .. arguments,
        ])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Nothing of the service's settings: they may hold secrets.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin";
        start.Environment["HOME"] = "/nonexistent";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(RealTime);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            // No process to be had (limits of the system): no picture, and the verdict stands.
            return null;
        }
        using var child = process;
        try
        {
            var output = Collect(process.StandardOutput.BaseStream, limit.Token);
            var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token);
            await Feed(process, input, limit.Token);
            var picture = await output;
            await errors;
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? picture : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (IOException)
        {
            // A pipe that broke: the child is gone.
            return null;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static async Task Feed(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It had seen enough, or ended: its exit code tells.
        }
    }

    /// <summary>Null when there is more than a picture may have; the rest is not read, so the child ends on a full or broken pipe.</summary>
    private static async Task<byte[]?> Collect(Stream output, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await output.ReadAsync(buffer, cancellation)) > 0)
        {
            if (all.Length + read > LargestPicture)
                throw new IOException("more than one picture");
            all.Write(buffer, 0, read);
        }
        return all.ToArray();
    }
}
