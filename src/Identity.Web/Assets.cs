using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Identity.Web;

/// <summary>
/// Styles, fonts, pictures and scripts, embedded in the assemblies under names that begin with <c>assets/</c> and served below <c>/assets/</c>: those of this
/// project, and those of the running service, whose project file says
/// <c>&lt;EmbeddedResource Include="Passkeys/passkeys.mjs" LogicalName="assets/passkeys.mjs" /&gt;</c>.
/// Only names that exist are looked up, so no path can leave the folder. Embedded because several services run in one process in development
/// and one content root cannot serve them.
/// </summary>
public static class Assets
{
    const string Prefix = "assets/";
    const int HashLength = 16;
    const int SmallestWorthCompressing = 512;

    static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".woff2"] = "font/woff2",
        [".png"] = "image/png",
        [".wasm"] = "application/wasm",
        [".bcmap"] = "application/octet-stream",
        [".pfb"] = "application/octet-stream",
        [".ttf"] = "font/ttf",
        [".icc"] = "application/octet-stream",
        [".txt"] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    static readonly Regex FontAddress = new("url\\(\"(fonts/[a-z0-9-]+\\.woff2)\"\\)", RegexOptions.CultureInvariant);

    static readonly ConcurrentDictionary<Assembly, FrozenDictionary<string, Lazy<Asset>>> Known = new();

    /// <summary>The address of an asset with its content hash, so that it may be cached for ever.</summary>
    /// <param name="path">Below <c>/assets/</c>: <c>identity.css</c>.</param>
    /// <param name="service">The assembly of the service when the asset is the service's own.</param>
    /// <exception cref="ArgumentException">There is no such asset.</exception>
    public static string Url(string path, Assembly? service = null)
    {
        var asset = Find(path, service) ?? throw new ArgumentException($"There is no asset '{path}'.", nameof(path));
        return $"/{Prefix}{path}?v={asset.Hash}";
    }

    /// <inheritdoc cref="Url(string, Assembly?)"/>
    public static string Url<TOfService>(string path) => Url(path, typeof(TOfService).Assembly);

    internal static Asset? Find(string path, Assembly? service) =>
        Of(typeof(Assets).Assembly).TryGetValue(path, out var shared) ? shared.Value
        : service is not null && Of(service).TryGetValue(path, out var own) ? own.Value
        : null;

    internal static void UseAssets(this WebApplication app)
    {
        var name = app.Services.GetRequiredService<IWebHostEnvironment>().ApplicationName;
        var service = Assembly.Load(new AssemblyName(name));
        app.Map("/assets", assets => assets.Run(context => Serve(context, service)));
    }

    static async Task Serve(HttpContext context, Assembly service)
    {
        var request = context.Request;
        var response = context.Response;
        var path = request.Path.Value is { Length: > 1 } value ? value[1..] : "";
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            await PlainProblem.Write(context, StatusCodes.Status405MethodNotAllowed);
            return;
        }
        if (Find(path, service) is not { } asset)
        {
            await PlainProblem.Write(context, StatusCodes.Status404NotFound);
            return;
        }
        response.Headers.ETag = asset.EntityTag;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        // With the content's own hash in the address the answer can never change; without, the browser asks again and gets 304.
        response.Headers.CacheControl = request.Query["v"] == asset.Hash ? "public, max-age=31536000, immutable" : "public, no-cache";
        if (path.StartsWith("pdfjs/", StringComparison.Ordinal))
            AllowDecoders(context);
        if (IsKnown(request.Headers.IfNoneMatch, asset.EntityTag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var zipped = asset.Zipped is not null && AcceptsGzip(request);
        var body = zipped ? asset.Zipped! : asset.Bytes;
        if (zipped)
            response.Headers.ContentEncoding = "gzip";
        response.ContentType = asset.ContentType;
        response.ContentLength = body.Length;
        if (HttpMethods.IsGet(request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted);
    }

    // CSP 3 4.2.2: a worker is governed by the policy of its own script's answer. pdf.js decodes JPEG 2000, JBIG2 and ICC colours by
    // WebAssembly in its worker; pages themselves may compile none.
    static void AllowDecoders(HttpContext context) => context.ContentSecurity().Allow("script-src", "'wasm-unsafe-eval'");

    static bool IsKnown(StringValues ifNoneMatch, string entityTag) =>
        EntityTagHeaderValue.TryParseList(ifNoneMatch, out var tags)
        && tags.Any(t => t.Tag == "*" || t.Tag == entityTag);

    static bool AcceptsGzip(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var encodings)
        && encodings.Any(e => e.Quality is not 0 && e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase));

    static FrozenDictionary<string, Lazy<Asset>> Of(Assembly assembly) => Known.GetOrAdd(assembly, static assembly =>
        assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(n => n[Prefix.Length..], n => new Lazy<Asset>(() => Load(assembly, n)), StringComparer.Ordinal));

    static Asset Load(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var extension = Path.GetExtension(name);
        if (!ContentTypes.TryGetValue(extension, out var contentType))
            throw new InvalidOperationException($"The asset '{name}' has a kind that is not served.");
        if (extension == ".css")
            bytes = WithVersions(bytes, assembly);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes))[..HashLength];
        return new Asset(bytes, Zip(bytes, extension), contentType, hash);
    }

    // A style sheet names its fonts; with their hashes they need not be asked for again on every page.
    static byte[] WithVersions(byte[] css, Assembly assembly) => Encoding.UTF8.GetBytes(
        FontAddress.Replace(Encoding.UTF8.GetString(css), match => $"url(\"{Url(match.Groups[1].Value, assembly)}\")"));

    static byte[]? Zip(byte[] bytes, string extension)
    {
        if (extension is ".woff2" or ".png" || bytes.Length < SmallestWorthCompressing)
            return null;
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(bytes);
        return zipped.Length < bytes.Length ? zipped.ToArray() : null;
    }

    internal sealed record Asset(byte[] Bytes, byte[]? Zipped, string ContentType, string Hash)
    {
        public string EntityTag { get; } = $"\"{Hash}\"";
    }
}
