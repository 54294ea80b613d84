using System.Net;
using System.Net.Sockets;

namespace Identity.TestKit;

/// <summary>
/// Free loopback ports, each given out once, below the range that the machine gives to outgoing connections: tests run side by side, and a port that was
/// only found free would be taken by somebody else's connection now and then. Browsers refuse none of these, and the systems of the journeys are above.
/// </summary>
public static class FreePort
{
    private const int Lowest = 7_000;
    private const int Ports = 3_000;

    // Two test processes at one time begin at different places.
    private static int _given = Environment.ProcessId * 61 % Ports;

    public static int Next()
    {
        for (var attempt = 0; attempt < Ports; attempt++)
        {
            var port = Lowest + Interlocked.Increment(ref _given) % Ports;
            if (IsFree(port))
                return port;
        }

        throw new InvalidOperationException("No free port was found.");
    }

    /// <summary>Nobody listens there now.</summary>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
