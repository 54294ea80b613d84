using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Identity.TestKit;

/// <summary>A real PostgreSQL of the machine on a free loopback port, in a folder of its own, without durability. It refuses to run as root, so then it runs as nobody.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string Account = "nobody";
    private readonly string folder = Directory.CreateTempSubdirectory("identity-postgres-").FullName;
    private readonly string programs;
    private readonly int port = FreePort.Next();
    private Process? process;
    private int databases;

    private PostgresServer(string programs) => this.programs = programs;

    public static async Task<PostgresServer> Start()
    {
        var server = new PostgresServer(Programs());
        await server.Run();
        return server;
    }

    /// <summary>Connection string of a new, empty database.</summary>
    public async Task<string> NewDatabase()
    {
        var name = $"provider{Interlocked.Increment(ref databases)}";
        using var create = Begin("createdb", "-h", "127.0.0.1", "-p", $"{port}", "-U", "postgres", name);
        await create.WaitForExitAsync();
        Assert.Equal(0, create.ExitCode);
        return $"Host=127.0.0.1;Port={port};Username=postgres;Database={name}";
    }

    public void Dispose()
    {
        process?.Kill(entireProcessTree: true);
        process?.WaitForExit();
        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task Run()
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var owner = Process.Start("chown", [Account, folder]);
            await owner.WaitForExitAsync();
        }

        using (var initialise = Begin("initdb", "--pgdata", Path.Combine(folder, "data"), "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"))
        {
            await initialise.WaitForExitAsync();
            Assert.True(initialise.ExitCode == 0, "initdb failed");
        }

        await RunAgain();
    }

    /// <summary>What an operator's restart does first: connections are cut off, and no new one is taken.</summary>
    public async Task Stop()
    {
        using (var ask = Process.Start("kill", ["-INT", $"{process!.Id}"]))
            await ask.WaitForExitAsync();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>And then: the same data at the same place.</summary>
    public async Task RunAgain()
    {
        process = Begin(
            "postgres", "-D", Path.Combine(folder, "data"), "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={folder}",
            "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200");
        for (var attempt = 0; ; attempt++)
        {
            using var ready = Begin("pg_isready", "-q", "-h", "127.0.0.1", "-p", $"{port}");
            await ready.WaitForExitAsync();
            if (ready.ExitCode == 0)
                return;
            Assert.True(attempt < 200 && !process.HasExited, "postgres did not start");
            await Task.Delay(50);
        }
    }

    private Process Begin(string program, params string[] arguments)
    {
        var path = Path.Combine(programs, program);
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        if (Environment.IsPrivilegedProcess)
        {
            start.FileName = "setpriv";
            foreach (var argument in (string[])["--reuid", Account, "--regid", "nogroup", "--clear-groups", path])
                start.ArgumentList.Add(argument);
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var begun = Process.Start(start)!;
        begun.OutputDataReceived += static (_, _) => { };
        begun.ErrorDataReceived += static (_, _) => { };
        begun.BeginOutputReadLine();
        begun.BeginErrorReadLine();
        return begun;
    }

    // Debian keeps them out of the path, one folder a version.
    private static string Programs()
    {
        const string Debian = "/usr/lib/postgresql";
        var newest = Directory.Exists(Debian) ? Directory.EnumerateDirectories(Debian).Where(version => File.Exists(Path.Combine(version, "bin", "postgres"))).Max(StringComparer.Ordinal) : null;
        return newest is null ? Path.GetDirectoryName(Tool.Require("postgres"))! : Path.Combine(newest, "bin");
    }
}
