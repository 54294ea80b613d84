using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Identity.Signing.Csc;

/// <summary>
/// CSC API v2 7.1: the parameters of one call, a JSON object. A parameter that is null is not there. What is not known is passed over, as versions of the
/// interface add to it; nothing that is passed over can widen what a person approved.
/// </summary>
internal sealed class CscBody : IDisposable
{
    /// <summary>Bytes: 100 hashes in base64 and a token stay below it.</summary>
    public const int Largest = 64 * 1024;
    public const int Deepest = 8;
    public const int LongestClientData = 2000;
    private const int LongestLanguage = 35;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = Deepest, AllowDuplicateProperties = false };

    private readonly JsonDocument json;

    private CscBody(JsonDocument json) => this.json = json;

    public static async Task<CscBody> Read(HttpRequest request, long largest, CancellationToken cancellation)
    {
        Accept(request, largest);
        using var bytes = new MemoryStream();
        await ReadAll(request.Body, largest, read => { }, cancellation, bytes);
        return Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    /// <summary>Before anything is read.</summary>
    public static void Accept(HttpRequest request, long largest)
    {
        if (!request.HasJsonContentType())
            throw new CscRefusedException(CscError.InvalidRequest("The content type must be application/json"));
        if (request.ContentLength > largest)
            throw new CscRefusedException(CscError.TooLarge);
        // Whoever may send more than is usual has been asked who they are. One more than may be, so that it is told here.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = largest + 1;
    }

    /// <summary>To the end, or to the first byte too many.</summary>
    public static async Task ReadAll(Stream body, long largest, Action<int> onRead, CancellationToken cancellation, Stream? into = null)
    {
        long length = 0;
        var buffer = new byte[16 * 1024];
        int read;
        try
        {
            while ((read = await body.ReadAsync(buffer, cancellation)) > 0)
            {
                length += read;
                if (length > largest)
                    throw new CscRefusedException(CscError.TooLarge);
                into?.Write(buffer, 0, read);
                onRead(read);
            }
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new CscRefusedException(CscError.TooLarge);
        }
    }

    public static CscBody Parse(ReadOnlyMemory<byte> bytes) => Parse(() => JsonDocument.Parse(bytes, Strict));

    public static CscBody Parse(Stream bytes) => Parse(() => JsonDocument.Parse(bytes, Strict));

    private static CscBody Parse(Func<JsonDocument> parse)
    {
        try
        {
            var body = new CscBody(parse());
            if (body.json.RootElement.ValueKind == JsonValueKind.Object)
            {
                // CSC API v2 7.4, 11.1: in every call, and good for nothing but being the right size.
                body.Text("clientData", LongestClientData);
                body.Text("lang", LongestLanguage);
                return body;
            }

            body.Dispose();
        }
        catch (JsonException)
        {
            // Told below, as for what is no object.
        }

        throw new CscRefusedException(CscError.InvalidRequest("The body must be a JSON object without repeated names"));
    }

    public JsonElement? Find(string name) => Find(json.RootElement, name);

    public static JsonElement? Find(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Null when it is not there.</summary>
    public string? Text(string name, int longest) => Text(json.RootElement, name, longest);

    public static string? Text(JsonElement owner, string name, int longest)
    {
        if (Find(owner, name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw new CscRefusedException(name is "clientData" or "lang" ? CscError.Invalid(name) : CscError.MissingString(name));
        return TextOf(value) is { } text && text.Length <= longest ? text : throw new CscRefusedException(CscError.Invalid(name));
    }

    public string Required(string name, int longest) => Text(name, longest) ?? throw new CscRefusedException(CscError.MissingString(name));

    public bool Flag(string name) => Find(name) is not { } value ? false : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new CscRefusedException(CscError.Invalid(name)),
    };

    /// <summary>Standard base64 in its one spelling (RFC 4648 4): with padding, no white space, no spare bits. Null: not that.</summary>
    public static byte[]? Base64(JsonElement value) => value.ValueKind == JsonValueKind.String && TextOf(value) is { } text ? Base64(text) : null;

    public static byte[]? Base64(string text)
    {
        var bytes = new byte[text.Length / 4 * 3];
        return text.Length % 4 == 0 && Convert.TryFromBase64String(text, bytes, out var length) && Convert.ToBase64String(bytes, 0, length) == text ? bytes[..length] : null;
    }

    public void Dispose() => json.Dispose();

    // Null: half a surrogate pair, which no text has.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
