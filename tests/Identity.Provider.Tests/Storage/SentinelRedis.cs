using System.Globalization;
using Identity.TestKit;
using StackExchange.Redis;

namespace Identity.Provider.Storage;

/// <summary>A real primary, two replicas of it and a Sentinel that watches them, each a redis-server process on a free loopback port.</summary>
public sealed class SentinelRedis : IDisposable
{
    private const string Service = "identity";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("identity-sentinel-").FullName;
    private readonly List<RedisServer> servers = [];

    /// <summary>What the Provider is told.</summary>
    public string[] Settings => [$"--Provider:Redis={Sentinel.Endpoint},serviceName={Service}", "--Provider:RedisReplicas=1"];

    public RedisServer Sentinel { get; private set; } = null!;

    public RedisServer Primary => servers[0];

    public IEnumerable<RedisServer> Replicas => servers.Skip(1);

    public static async Task<SentinelRedis> Start()
    {
        var redis = new SentinelRedis();
        try
        {
            await redis.Run();
            return redis;
        }
        catch
        {
            redis.Dispose();
            throw;
        }
    }

    /// <summary>Ends the primary as kill -9 does.</summary>
    public void KillPrimary() => Primary.Stop();

    /// <summary>Until the Sentinel has made a replica the primary.</summary>
    public async Task FailedOver()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await Ask("SENTINEL", "get-master-addr-by-name", Service) is { Length: 2 } named && (string?)named[1] == Port(Primary))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "the Sentinel has made no replica the primary");
            await Task.Delay(100);
        }
    }

    public void Dispose()
    {
        Sentinel?.Dispose();
        foreach (var server in servers)
            server.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task Run()
    {
        // Each in a folder of its own: what a replica is sent at first goes through a file.
        for (var index = 0; index < 3; index++)
        {
            string[] follow = index == 0 ? [] : ["--replicaof", "127.0.0.1", Port(Primary)];
            servers.Add(await RedisServer.Start(["--dir", Directory.CreateDirectory(Path.Combine(folder, $"{index}")).FullName, "--repl-diskless-sync-delay", "0", .. follow]));
        }

        // The Sentinel finds the replicas by asking the primary, so they are there first.
        using (var primary = await ConnectionMultiplexer.ConnectAsync(Primary.Endpoint))
            await Eventually(async () => (int)await primary.GetDatabase().ExecuteAsync("WAIT", 2, 1000) == 2);
        var configuration = Path.Combine(folder, "sentinel.conf");
        await File.WriteAllLinesAsync(configuration,
        [
            $"sentinel monitor {Service} 127.0.0.1 {Port(Primary)} 1",
            $"sentinel down-after-milliseconds {Service} 1000",
            $"sentinel failover-timeout {Service} 5000",
            $"sentinel parallel-syncs {Service} 2",
        ]);
        Sentinel = await RedisServer.StartSentinel(configuration);
        await Eventually(async () => (await Ask("SENTINEL", "replicas", Service))?.Length == 2);
    }

    private async Task<RedisResult[]?> Ask(string command, params object[] arguments)
    {
        using var watching = await ConnectionMultiplexer.SentinelConnectAsync(Sentinel.Endpoint);
        return (RedisResult[]?)await watching.GetServers()[0].ExecuteAsync(command, arguments);
    }

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "the servers did not find each other");
            await Task.Delay(100);
        }
    }

    private static string Port(RedisServer server) => server.Port.ToString(CultureInfo.InvariantCulture);
}
