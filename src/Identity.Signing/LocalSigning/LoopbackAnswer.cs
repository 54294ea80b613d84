using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using System.Resources;
using System.Text;
using System.Web;
using Identity.Web;

namespace Identity.Signing.LocalSigning;

/// <summary>RFC 8252 7.3: takes the Provider's one answer on a port of this machine that nobody else can reach from outside.</summary>
public sealed class LoopbackAnswer : IDisposable
{
    private const int MostRequests = 50;
    private const int LongestRequestLine = 16 * 1024;
    private const string Path = "/callback";
    private static readonly TimeSpan PatienceWithOne = TimeSpan.FromSeconds(5);

    private static readonly ResourceManager Texts = new(typeof(SigningTexts).FullName!, typeof(SigningTexts).Assembly);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public LoopbackAnswer() => listener.Start();

    public string RedirectUri => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}{Path}";

    /// <summary>The parameters of the answer that has this state; what else comes is turned away.</summary>
    /// <exception cref="RemoteRefusedException">nothing but other requests came</exception>
    public async Task<NameValueCollection> Wait(string state, CancellationToken cancellation)
    {
        for (var i = 0; i < MostRequests; i++)
        {
            using var client = await listener.AcceptTcpClientAsync(cancellation);
            if (await Target(client, cancellation) is { } target && target.StartsWith(Path + "?", StringComparison.Ordinal)
                && HttpUtility.ParseQueryString(target[(Path.Length + 1)..]) is { } answer && answer["state"] == state)
            {
                await Say(client, "200 OK", "ProgramAnswered", cancellation);
                return answer;
            }

            await Say(client, "404 Not Found", "ProgramUnknown", cancellation);
        }

        throw new RemoteRefusedException("no_answer", "Too many other requests came in place of the Provider's answer.");
    }

    public void Dispose() => listener.Dispose();

    /// <summary>RFC 9112 3.2.1; null when it is no GET.</summary>
    private static async Task<string?> Target(TcpClient client, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(PatienceWithOne);
        var bytes = new byte[LongestRequestLine];
        var length = 0;
        try
        {
            while (length < bytes.Length && bytes.AsSpan(0, length).IndexOf((byte)'\n') < 0)
            {
                if (await client.GetStream().ReadAsync(bytes.AsMemory(length), patience.Token) is not (> 0 and var read))
                    return null;
                length += read;
            }
        }
        catch (Exception problem) when (problem is IOException || (problem is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }

        return Encoding.ASCII.GetString(bytes, 0, length).Split('\n')[0].Split(' ') is ["GET", var target, ..] ? target : null;
    }

    private static async Task Say(TcpClient client, string status, string text, CancellationToken cancellation)
    {
        // Here nobody knows which of our languages the person reads: all of them. An icon of its own, or the browser asks for one where nobody answers any more.
        var said = string.Concat(Languages.Supported.Select(language => $"<p lang=\"{language.Tag}\">{Texts.GetString(text, language.Culture)}</p>"));
        var page = Encoding.UTF8.GetBytes("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            + $"<link rel=\"icon\" href=\"data:,\"><title>Identity</title>{said}</html>");
        var head = $"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src 'none'; img-src data:\r\nContent-Length: {page.Length}\r\n"
            + "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n";
        try
        {
            await client.GetStream().WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. page], cancellation);
            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            // Whoever asked did not wait.
        }
    }
}
