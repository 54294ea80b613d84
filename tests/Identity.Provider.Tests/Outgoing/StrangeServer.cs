using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Identity.Provider.Outgoing;

/// <summary>A relying party's server written on a bare socket, so that it can answer as no server should. One answer a connection.</summary>
public sealed class StrangeServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly Func<NetworkStream, CancellationToken, Task> answer;
    private readonly Task serving;

    private StrangeServer(Func<NetworkStream, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        serving = Serve();
    }

    /// <summary>Whatever is written to the stream, after the request's head was read.</summary>
    public static StrangeServer That(Func<NetworkStream, CancellationToken, Task> answers) => new(answers);

    /// <summary>Answers JSON, anew computed for each request.</summary>
    public static StrangeServer Answering(Func<string> body) =>
        new((stream, cancellation) => Write(stream, Ok(body()), cancellation));

    /// <summary>What requests began with, in the order of arrival.</summary>
    public ConcurrentQueue<string> Heads { get; } = [];

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}/keys");

    public static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";

    public static async Task Write(NetworkStream stream, string text, CancellationToken cancellation) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);

    public async ValueTask DisposeAsync()
    {
        // Only who no longer waits for a connection may lose the listener.
        await ending.CancelAsync();
        await serving;
        listener.Stop();
        ending.Dispose();
    }

    private async Task Serve()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(Answer(await listener.AcceptTcpClientAsync(ending.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task Answer(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var head = new StringBuilder();
                var buffer = new byte[1];
                while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, ending.Token) == 1)
                    head.Append((char)buffer[0]);
                Heads.Enqueue(head.ToString());
                await answer(stream, ending.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or IOException)
            {
                // The other side had enough, or the test is over.
            }
        }
    }
}
