using System.Reflection;

namespace Identity.Verification.OpenApi;

/// <summary>The description of the two routes, written by hand and held to the code by a test.</summary>
public static class OpenApiDocument
{
    private static readonly byte[] Document = Read();

    public static Task Handle(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "public, max-age=3600";
        return context.Response.Body.WriteAsync(Document, context.RequestAborted).AsTask();
    }

    private static byte[] Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("openapi.json")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
