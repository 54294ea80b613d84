using System.Buffers;
using System.Globalization;
using System.Text.Unicode;

namespace Identity.Provider.PushedRequests;

/// <summary>RFC 6749 appendix B: what is escaped in a form or a query is UTF-8. The framework leaves what is none as it was written, and so lets two spellings mean one thing.</summary>
internal static class FormText
{
    /// <summary>False: an escape sequence holds bytes that are no UTF-8. A percent sign without two hexadecimal digits stands for itself.</summary>
    public static bool IsUtf8(ReadOnlyMemory<byte> encoded) => IsUtf8(encoded.Span);

    public static bool IsUtf8(ReadOnlySpan<byte> encoded)
    {
        if (!encoded.Contains((byte)'%'))
            return Utf8.IsValid(encoded);
        var decoded = ArrayPool<byte>.Shared.Rent(encoded.Length);
        try
        {
            var length = 0;
            for (var index = 0; index < encoded.Length; index++)
            {
                var escaped = encoded[index] == '%' && index + 2 < encoded.Length
                    && byte.TryParse(encoded.Slice(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out decoded[length]);
                if (escaped)
                    index += 2;
                else
                    decoded[length] = encoded[index];
                length++;
            }

            return Utf8.IsValid(decoded.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }
}
