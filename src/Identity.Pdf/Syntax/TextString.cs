using System.Text;

namespace Identity.Pdf.Syntax;

/// <summary>Text strings (ISO 32000-2 7.9.2.2, annex D.3).</summary>
internal static class TextString
{
    // PDFDocEncoding differs from Latin-1 at 0x18-0x1F, 0x80-0x9E and 0xA0; '\uFFFD' marks a code without a character.
    private const string Accents = "\u02D8\u02C7\u02C6\u02D9\u02DD\u02DB\u02DA\u02DC";
    private const string High =
        "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203A\u2212\u2030\u201E\u201C\u201D\u2018" +
        "\u2019\u201A\u2122\uFB01\uFB02\u0141\u0152\u0160\u0178\u017D\u0131\u0142\u0153\u0161\u017E\uFFFD\u20AC";

    public static string Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFE, 0xFF, ..])
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        if (bytes is [0xEF, 0xBB, 0xBF, ..])
            return Encoding.UTF8.GetString(bytes[3..]);
        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
            text.Append(Character(value));
        return text.ToString();
    }

    /// <summary>PDFDocEncoding when it has every character, otherwise UTF-16BE with its byte order mark.</summary>
    public static byte[] Write(string text)
    {
        var bytes = new byte[text.Length];
        for (var at = 0; at < text.Length; at++)
        {
            if (Code(text[at]) is not { } code)
                return Utf16(text);
            bytes[at] = code;
        }
        // Bytes that look like a byte order mark would be read as one.
        return bytes is [0xFE, 0xFF, ..] or [0xEF, 0xBB, 0xBF, ..] ? Utf16(text) : bytes;
    }

    private static byte[] Utf16(string text)
    {
        var bytes = new byte[2 + text.Length * 2];
        (bytes[0], bytes[1]) = (0xFE, 0xFF);
        // Half a surrogate pair is written as U+FFFD: it would not be a text string (7.9.2.2.1).
        Encoding.BigEndianUnicode.GetBytes(text, bytes.AsSpan(2));
        return bytes;
    }

    private static char Character(byte value) => value switch
    {
        >= 0x18 and <= 0x1F => Accents[value - 0x18],
        >= 0x80 and <= 0xA0 => High[value - 0x80],
        0x7F or 0xAD => '\uFFFD',
        _ => (char)value,
    };

    private static byte? Code(char character)
    {
        if (character is >= ' ' and < '\u007F' or '\t' or '\n' or '\r' or > '\u00A0' and <= '\u00FF' and not '\u00AD')
            return (byte)character;
        if (character == '\uFFFD')
            return null;
        var high = High.IndexOf(character);
        if (high >= 0)
            return (byte)(0x80 + high);
        var accent = Accents.IndexOf(character);
        return accent >= 0 ? (byte)(0x18 + accent) : null;
    }
}
