using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Identity.DevHost;

/// <summary>Where one copy of the system lives: its addresses and its folders.</summary>
internal sealed record DevPlace(int PortBase, string Data, string Keys, bool SeedDemo)
{
    public string Trust => Path.Combine(Keys, "trust");

    public string Logs => Path.Combine(Data, "logs");

    /// <summary>With <c>--data</c> everything is in there; else beside Identity.sln, found from the program's and the current folder upwards.</summary>
    public static DevPlace For(StartOptions options)
    {
        if (options.Data is { } data)
            return new DevPlace(options.PortBase, data, Path.Combine(data, "keys-dev"), options.SeedDemo);
        var checkout = Checkout(AppContext.BaseDirectory) ?? Checkout(Directory.GetCurrentDirectory()) ?? Directory.GetCurrentDirectory();
        return new DevPlace(options.PortBase, Path.Combine(checkout, ".identity-dev"), Path.Combine(checkout, "keys-dev"), options.SeedDemo);
    }

    /// <summary>Address without the final slash, as <c>--urls</c> takes it.</summary>
    public string Listen(int offset) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{PortBase + offset}");

    public string Address(int offset) => Listen(offset) + "/";

    /// <summary>A folder for one service's state, made when absent.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Data, name)).FullName;

    /// <summary>Those of the ports that somebody listens on. Kestrel takes `localhost` on IPv4 and IPv6, so either one is an obstacle.</summary>
    public IReadOnlyList<int> TakenPorts(IEnumerable<int> offsets) =>
        [.. offsets.Order().Select(offset => PortBase + offset).Where(port => !IsFree(IPAddress.Loopback, port) || (Socket.OSSupportsIPv6 && !IsFree(IPAddress.IPv6Loopback, port)))];

    private static bool IsFree(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException problem)
        {
            // A machine without IPv6 loopback has nothing there to be taken.
            return problem.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }

    private static string? Checkout(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Identity.sln")))
                return folder.FullName;
        }

        return null;
    }
}

/// <summary>The system cannot start here; the message says why and what to do.</summary>
internal sealed class CannotStartException(string message, Exception? inner = null) : Exception(message, inner);
