using System.Collections.Concurrent;
using Microsoft.Extensions.Primitives;

namespace Identity.Provider.Discovery;

/// <summary>
/// The two documents that every client reads, and that are the same for all, are made at most once in <see cref="Age"/> and given out as they are: making one
/// costs the database and the whole protocol engine. What a client may keep for a quarter of an hour may be a second old here.
/// </summary>
internal sealed class PublishedDocuments(TimeProvider time)
{
    internal static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> Paths = new(StringComparer.OrdinalIgnoreCase) { "/.well-known/openid-configuration", "/.well-known/jwks" };

    private readonly ConcurrentDictionary<string, Document> documents = new(StringComparer.OrdinalIgnoreCase);

    private sealed record Document(byte[] Body, string? ContentType, StringValues CacheControl, long Made);

    public async Task Answer(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value ?? "";
        if (!HttpMethods.IsGet(context.Request.Method) || context.Request.QueryString.HasValue || !Paths.Contains(path))
        {
            await next(context);
            return;
        }

        if (!documents.TryGetValue(path, out var document) || time.GetElapsedTime(document.Made) > Age)
        {
            if (await Make(context, next) is not { } made)
                return;
            documents[path] = document = made;
        }

        context.Response.ContentType = document.ContentType;
        context.Response.Headers.CacheControl = document.CacheControl;
        context.Response.ContentLength = document.Body.Length;
        await context.Response.Body.WriteAsync(document.Body, context.RequestAborted);
    }

    // Null: it could not be made, and what was answered instead has been sent.
    private async Task<Document?> Make(HttpContext context, RequestDelegate next)
    {
        var (made, body) = (time.GetTimestamp(), context.Response.Body);
        using var written = new MemoryStream();
        context.Response.Body = written;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
        }

        if (context.Response.StatusCode == StatusCodes.Status200OK)
            return new Document(written.ToArray(), context.Response.ContentType, context.Response.Headers.CacheControl, made);
        written.Position = 0;
        await written.CopyToAsync(body, context.RequestAborted);
        return null;
    }
}
