using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Identity.Web.Outgoing;

/// <summary>What became of a request to an address that somebody else chose.</summary>
public abstract record OutgoingOutcome
{
    private OutgoingOutcome()
    {
    }

    /// <summary>Whatever the status; redirects are not followed and come as such.</summary>
    public sealed record Answered(HttpStatusCode Status, byte[] Body) : OutgoingOutcome;

    /// <param name="Reason">One of a few constant texts, for the operator; nothing of what the other side sent.</param>
    public sealed record Failed(string Reason) : OutgoingOutcome;
}

/// <summary>
/// Calls addresses that others registered. The address is judged when the connection is made, on what the name resolved to just then,
/// so a name that changes its mind (DNS rebinding) gains nothing. No redirects, proxies, cookies, credentials or compression; the time covers
/// everything from the name's resolution to the last byte; an answer has a largest size. May be called concurrently.
/// </summary>
public sealed class GuardedHttp : IDisposable
{
    public const string NotAllowed = "the address is not one that may be called";
    public const string TooSlow = "no whole answer in time";
    public const string TooLarge = "the answer is too large";
    public const string Unreachable = "no connection, no trusted certificate or no HTTP answer";

    private const int ConnectionsPerHost = 8;
    private const int LargestHeadersKilobytes = 16;

    private static readonly TimeSpan KeptConnection = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestConnecting = TimeSpan.FromSeconds(10);

    private readonly AllowedAddresses allowed;
    private readonly HttpMessageInvoker http;

    public GuardedHttp(AllowedAddresses allowed)
    {
        this.allowed = allowed;
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = Connect,
            ConnectTimeout = LongestConnecting,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = ConnectionsPerHost,
            MaxResponseHeadersLength = LargestHeadersKilobytes,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = KeptConnection,
            // Trace identifiers are no business of others.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        });
    }

    /// <param name="request">Disposed by the caller.</param>
    /// <param name="patience">For all of it.</param>
    /// <param name="largestAnswer">Bytes of its body.</param>
    /// <param name="cancellation">The caller's; when it ends the call, this throws.</param>
    public Task<OutgoingOutcome> Send(HttpRequestMessage request, TimeSpan patience, int largestAnswer, CancellationToken cancellation) =>
        Send(request, patience, (content, ending) => Read(content, largestAnswer, ending), cancellation);

    /// <summary>For who asks nothing but whether it was taken: whatever the body is, nobody reads it.</summary>
    public Task<OutgoingOutcome> SendForStatus(HttpRequestMessage request, TimeSpan patience, CancellationToken cancellation) =>
        Send(request, patience, static (_, _) => Task.FromResult<byte[]?>([]), cancellation);

    private async Task<OutgoingOutcome> Send(
        HttpRequestMessage request, TimeSpan patience, Func<HttpContent, CancellationToken, Task<byte[]?>> read, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { } address || !allowed.Allows(address))
            return new OutgoingOutcome.Failed(NotAllowed);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ending.CancelAfter(patience);
        try
        {
            using var answer = await http.SendAsync(request, ending.Token);
            return await read(answer.Content, ending.Token) is { } body
                ? new OutgoingOutcome.Answered(answer.StatusCode, body)
                : new OutgoingOutcome.Failed(TooLarge);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new OutgoingOutcome.Failed(TooSlow);
        }
        catch (HttpRequestException problem) when (problem.InnerException is NotAllowedException)
        {
            return new OutgoingOutcome.Failed(NotAllowed);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException)
        {
            return new OutgoingOutcome.Failed(Unreachable);
        }
    }

    public void Dispose() => http.Dispose();

    private static async Task<byte[]?> Read(HttpContent content, int largest, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > largest)
            return null;
        await using var body = await content.ReadAsStreamAsync(cancellation);
        // One byte more than is allowed tells that there is more.
        var buffer = new byte[largest + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return length > largest ? null : buffer[..length];
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var target = context.DnsEndPoint;
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellation);
        var good = Array.FindAll(addresses, allowed.Allows);
        if (good.Length == 0)
            throw new NotAllowedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(good, target.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class NotAllowedException : IOException;
}
