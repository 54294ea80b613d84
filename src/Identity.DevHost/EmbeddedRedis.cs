using System.Net;
using System.Net.Sockets;
using System.Text;
using Garnet;
using Garnet.server;
using Tsavorite.core;

namespace Identity.DevHost;

/// <summary>
/// Garnet, which speaks the Redis protocol, inside this process, so that a newcomer needs no Redis. Production uses Redis.
/// Every write goes to an append-only file at once; a clean end writes a checkpoint and so empties that file.
/// </summary>
internal sealed class EmbeddedRedis : IDisposable
{
    private readonly GarnetServer _server;
    private readonly IPEndPoint _address;

    private EmbeddedRedis(GarnetServer server, IPEndPoint address) => (_server, _address) = (server, address);

    public static EmbeddedRedis Start(int port, string folder, ILoggerFactory logs)
    {
        var address = new IPEndPoint(IPAddress.Loopback, port);
        var server = new GarnetServer(
            new GarnetServerOptions(logs.CreateLogger("Garnet"))
            {
                EndPoints = [address],
                CheckpointDir = folder,
                Recover = true,
                FailOnRecoveryError = true,
                QuietMode = true,
                EnableAOF = true,
                MaxDatabases = 1,
                // Sessions of a developer's few browsers; the defaults take half a gigabyte.
                LogMemorySize = "32m",
                PageSize = "1m",
                SegmentSize = "32m",
                IndexMemorySize = "1m",
                AofMemorySize = "8m",
                AofPageSize = "2m",
                AofSegmentSize = "16m",
                BufferPoolMemoryBudget = "16m",
                // Garnet's own default on Linux loads libaio, which a machine with only the SDK need not have.
                DeviceType = DeviceType.RandomAccess,
                DeviceFactoryCreator = new LocalStorageNamedDeviceFactoryCreator(deviceType: DeviceType.RandomAccess),
            },
            logs);
        server.Start();
        return new EmbeddedRedis(server, address);
    }

    public void Dispose()
    {
        Checkpoint();
        _server.Dispose();
    }

    // Without it nothing is lost, the next start only reads a longer file.
    private void Checkpoint()
    {
        try
        {
            using var connection = new TcpClient { ReceiveTimeout = 3000, SendTimeout = 1000 };
            connection.Connect(_address);
            connection.GetStream().Write("*1\r\n$4\r\nSAVE\r\n"u8);
            var answer = new byte[64];
            var length = connection.GetStream().Read(answer);
            if (!answer.AsSpan(0, length).StartsWith("+OK"u8))
                Console.Error.WriteLine("Redis: no checkpoint: " + Encoding.ASCII.GetString(answer, 0, length).Trim());
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            Console.Error.WriteLine("Redis: no checkpoint: " + problem.Message);
        }
    }
}
