using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Identity.Verification.Pictures;

/// <summary>Whether this system can run a hostile program's like safely.</summary>
public abstract record SandboxSearch
{
    private SandboxSearch() { }

    public sealed record Found(Sandbox Sandbox) : SandboxSearch;

    /// <param name="Why">For the operator: constant text, and names of programs.</param>
    public sealed record None(string Why) : SandboxSearch;
}

/// <summary>
/// Runs a program that reads a hostile document, in name spaces of its own. Its root is an empty file system with programs, libraries and fonts bound in,
/// read-only: no settings, no keys, no /proc, no /dev, no other process, no network, nothing that it could write. It has no capabilities, can get none, and
/// cannot start another process; when this service is root, it is nobody. Document in and answer out go through pipes, with limits on processor time, real
/// time, memory, open files and size of the answer. Where the system does not permit all of this, nothing is run.
/// </summary>
public sealed class Sandbox
{
    /// <summary>Bytes that the program may answer.</summary>
    public const int LargestAnswer = 2 * 1024 * 1024;

    public static readonly TimeSpan RealTime = TimeSpan.FromSeconds(8);

    private const int ProcessorSeconds = 5;
    private const long MemoryBytes = 1024L * 1024 * 1024;
    private const int OpenFiles = 64;
    private const string Nobody = "65534";

    private static readonly string[] Folders = ["/usr/sbin/", "/usr/bin/"];
    private static readonly string[] Programs = ["sh", "unshare", "mount", "mkdir", "ln", "chroot", "setpriv", "prlimit"];

    /// <summary>
    /// Runs as root of the new user name space, which may mount, and ends as the program, which may not. Nobody in a chroot and without capabilities can
    /// make name spaces or leave it, so the old root need not be unmounted (for which mount tables in /proc would be needed, which containers forbid).
    /// </summary>
    private static readonly string Setup = string.Create(CultureInfo.InvariantCulture, $$"""
        set -e
        mount -t tmpfs -o size=64k,mode=755,nosuid,nodev,noexec none /tmp
        cd /tmp
        for place in lib lib32 lib64; do
          if [ -L "/$place" ]; then ln -s "usr/$place" "$place"; fi
        done
        for place in lib lib32 lib64 usr/bin usr/lib usr/lib32 usr/lib64 usr/share/fonts usr/share/fontconfig usr/share/poppler usr/local/share/fonts etc/fonts var/cache/fontconfig; do
          if [ -d "/$place" ] && [ ! -L "/$place" ]; then
            mkdir -p "$place"
            mount --rbind "/$place" "$place"
            mount -o remount,bind,ro,nosuid,nodev "$place"
          fi
        done
        mount -o remount,bind,ro,nosuid,nodev,noexec /tmp
        exec chroot /tmp /usr/bin/setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set=-all --securebits=+noroot,+noroot_locked -- \
          /usr/bin/prlimit --cpu={{ProcessorSeconds}} --as={{MemoryBytes}} --fsize=0 --nofile={{OpenFiles}} --nproc=1 --core=0 -- "$@"
        """);

    private Sandbox() { }

    public static async Task<SandboxSearch> Find(CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
            return new SandboxSearch.None("the system is not Linux");
        var missing = Programs.Where(program => !Folders.Any(folder => File.Exists(folder + program))).ToList();
        if (missing.Count > 0)
            return new SandboxSearch.None("programs are missing: " + string.Join(", ", missing));
        var sandbox = new Sandbox();
        return await sandbox.Run("true", [], ReadOnlyMemory<byte>.Empty, cancellation) is null
            ? new SandboxSearch.None("the system does not permit user name spaces with mounts of their own") : new SandboxSearch.Found(sandbox);
    }

    /// <summary>What the program of /usr/bin wrote; null when it failed or met a limit.</summary>
    public async Task<byte[]?> Run(string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellation)
    {
        // The number of processes is not limited for root, whatever name space it is root in.
        string[] asNobody = Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--"] : [];
        string[] command =
        [
            .. asNobody, "/usr/bin/unshare", "--user", "--map-root-user", "--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--",
            "/usr/bin/sh", "-c", Setup, "sh", "/usr/bin/" + program, .. arguments,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Nothing of the service's settings: they may hold secrets.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin";
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
            // No process to be had (limits of the system): no answer, and the verdict stands.
            return null;
        }
        using var child = process;
        try
        {
            var output = Collect(process.StandardOutput.BaseStream, limit.Token);
            var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token);
            await Feed(process, input, limit.Token);
            var answer = await output;
            await errors;
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? answer : null;
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

    /// <summary>What is more than an answer may have is not read, so the child ends on a full or broken pipe.</summary>
    private static async Task<byte[]> Collect(Stream output, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await output.ReadAsync(buffer, cancellation)) > 0)
        {
            if (all.Length + read > LargestAnswer)
                throw new IOException("more than an answer may have");
            all.Write(buffer, 0, read);
        }
        return all.ToArray();
    }
}
