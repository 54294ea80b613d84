using Microsoft.Net.Http.Headers;

namespace Identity.Authority;

internal static class RequestTypes
{
    /// <summary>The request's Content-Type is this media type, whatever its parameters.</summary>
    public static bool Is(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);
}
