using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Identity.TestKit;

/// <summary>A real redis-server of the machine on a free loopback port, without persistence. It can be stopped and started again.</summary>
public sealed class RedisServer : IDisposable
{
    private readonly string program = Tool.Require("redis-server");
    private Process? process;

    private readonly string[] arguments;

    private RedisServer(Func<int, string[]> arguments)
    {
        Port = FreePort.Next();
        this.arguments = arguments(Port);
    }

    public int Port { get; }

    public string Endpoint => $"127.0.0.1:{Port}";

    /// <param name="further">Arguments beyond the usual ones.</param>
    public static async Task<RedisServer> Start(params string[] further)
    {
        var server = new RedisServer(port =>
            ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath(), .. further]);
        await server.Run();
        return server;
    }

    /// <summary>A Sentinel. It writes what it finds out into the file.</summary>
    public static async Task<RedisServer> StartSentinel(string configuration)
    {
        var server = new RedisServer(port => [configuration, "--sentinel", "--port", $"{port}", "--bind", "127.0.0.1"]);
        await server.Run();
        return server;
    }

    /// <summary>Runs it again on the same port, empty.</summary>
    public async Task Run()
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        for (var attempt = 0; ; attempt++)
        {
            if (await Answers())
                return;
            Assert.True(attempt < 100 && !process.HasExited, "redis-server did not start");
            await Task.Delay(50);
        }
    }

    /// <summary>Ends the process, as kill -9 does.</summary>
    public void Stop()
    {
        process?.Kill();
        process?.WaitForExit();
        process?.Dispose();
        process = null;
    }

    /// <summary>It keeps its connections and hears nothing, as behind a network that has gone.</summary>
    public void Pause() => Signal("-STOP");

    public void Continue() => Signal("-CONT");

    public void Dispose() => Stop();

    private void Signal(string name)
    {
        using var kill = Process.Start(Tool.Require("kill"), [name, $"{process!.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task<bool> Answers()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray());
            var answer = new byte[7];
            await stream.ReadExactlyAsync(answer);
            return answer.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
