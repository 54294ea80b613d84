using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Identity.Journeys.Running;

/// <summary>A forward proxy (RFC 9112 3.2.2) that keeps what a program sends through it: start line, header fields, content.</summary>
public sealed class RecordingProxy : IAsyncDisposable
{
    private static readonly HashSet<string> Hop = new(StringComparer.OrdinalIgnoreCase) { "Host", "Connection", "Proxy-Connection", "Transfer-Encoding", "Content-Length" };
    private readonly ConcurrentQueue<byte[]> _sent = new();
    private readonly HttpClient _out = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
    private readonly WebApplication _app;

    private RecordingProxy(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public Traffic Sent => new([.. _sent.SelectMany(bytes => bytes)]);

    public static async Task<RecordingProxy> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var proxy = new RecordingProxy(builder.Build());
        proxy._app.Run(proxy.Forward);
        await proxy._app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _out.Dispose();
    }

    private async Task Forward(HttpContext context)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content);
        var address = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}{context.Request.QueryString}";
        var head = new StringBuilder().Append(context.Request.Method).Append(' ').Append(address).Append('\n');
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address);
        if (content.Length > 0 || context.Request.Method == "POST")
            request.Content = new ByteArrayContent(content.ToArray());
        foreach (var (name, value) in context.Request.Headers)
        {
            head.Append(name).Append(": ").Append(value).Append('\n');
            if (!Hop.Contains(name) && !request.Headers.TryAddWithoutValidation(name, [.. value]))
                request.Content?.Headers.TryAddWithoutValidation(name, [.. value]);
        }

        _sent.Enqueue([.. Encoding.UTF8.GetBytes(head.ToString()), .. content.ToArray(), (byte)'\n']);
        using var answer = await _out.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(field => !Hop.Contains(field.Key)))
            context.Response.Headers[name] = values.ToArray();
        await answer.Content.CopyToAsync(context.Response.Body);
    }
}

/// <summary>Bytes that left a machine, searched for others as they are and in the forms in which bytes travel as text.</summary>
public sealed class Traffic(byte[] bytes)
{
    private const int Piece = 24;

    public string Text { get; } = Encoding.Latin1.GetString(bytes);

    // What is base64 within: forms escape + and / by percent, JSON by number, JSON in a form by both.
    private string Unescaped { get; } = Uri.UnescapeDataString(Encoding.Latin1.GetString(bytes))
        .Replace("\\u002B", "+", StringComparison.OrdinalIgnoreCase).Replace("\\u002F", "/", StringComparison.OrdinalIgnoreCase).Replace("\\/", "/", StringComparison.Ordinal);

    /// <summary>Whether they are in it: raw, in base64, base64url or hexadecimal, alone or inside something longer that was encoded as one.</summary>
    public bool Has(ReadOnlySpan<byte> wanted)
    {
        if (bytes.AsSpan().IndexOf(wanted) >= 0 || Says(Convert.ToHexString(wanted), StringComparison.OrdinalIgnoreCase))
            return true;
        for (var skipped = 0; skipped < 3; skipped++)
        {
            // What begins a group of three octets reads the same wherever it stands.
            var whole = wanted[skipped..];
            var text = Convert.ToBase64String(whole[..(whole.Length / 3 * 3)]);
            if (Says(text, StringComparison.Ordinal) || Says(text.Replace('+', '-').Replace('/', '_'), StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Whether any piece of this document is in it, looked at piece by piece.</summary>
    public bool HasAnyOf(byte[] document)
    {
        for (var at = 0; at + Piece <= document.Length; at += Piece)
        {
            if (Has(document.AsSpan(at, Piece)))
                return true;
        }

        return false;
    }

    private bool Says(string text, StringComparison comparison) => Text.Contains(text, comparison) || Unescaped.Contains(text, comparison);
}
