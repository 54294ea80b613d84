namespace Identity.Authority;

internal static class RequestBody
{
    /// <summary>The whole body, or null when it is longer than <paramref name="cap"/> octets; no more than one octet beyond is read.</summary>
    public static async Task<byte[]?> ReadAtMost(HttpRequest request, int cap, CancellationToken cancellation)
    {
        if (request.ContentLength > cap) return null;
        var buffer = new byte[cap + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return length > cap ? null : buffer[..length];
    }
}
