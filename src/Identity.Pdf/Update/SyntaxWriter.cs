using System.Buffers;
using System.Globalization;
using System.Text;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Update;

/// <summary>Writes PDF syntax; whatever text it is given, what comes out is one token (ISO 32000-2 7.3).</summary>
/// <param name="capacity">Bytes that are expected.</param>
public sealed class SyntaxWriter(int capacity = 256)
{
    private readonly ArrayBufferWriter<byte> buffer = new(capacity);

    // Names that need no escape: nearly all.
    private const int ShortName = 63;
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_+");

    public int Length => buffer.WrittenCount;

    public ReadOnlyMemory<byte> Written => buffer.WrittenMemory;

    /// <summary>Bytes as they are: a value read elsewhere.</summary>
    public SyntaxWriter Verbatim(ReadOnlySpan<byte> syntax)
    {
        if (syntax.IsEmpty)
            return this;
        // 7.2.3: two regular characters need white space between them to belong to two tokens.
        if (Length > 0 && Characters.IsRegular(buffer.WrittenSpan[^1]) && Characters.IsRegular(syntax[0]))
            Put(" "u8);
        Put(syntax);
        return this;
    }

    /// <param name="name">Without the slash; characters above U+00FF are refused by <see cref="ArgumentException"/>.</param>
    public SyntaxWriter Name(string name)
    {
        if (name.Length is > 0 and <= ShortName && !name.AsSpan().ContainsAnyExcept(Plain))
        {
            Span<byte> plain = stackalloc byte[ShortName + 1];
            plain[0] = (byte)'/';
            Encoding.ASCII.GetBytes(name, plain[1..]);
            return Verbatim(plain[..(name.Length + 1)]);
        }
        var token = new StringBuilder("/");
        foreach (var character in name)
        {
            if (character is '\0' or > '\u00FF')
                throw new ArgumentException("a name holds a character that PDF names cannot hold", nameof(name));
            // 7.3.5: everything but printable regular characters is escaped, and the number sign itself.
            if (character is > ' ' and <= '~' and not '#' && Characters.IsRegular((byte)character))
                token.Append(character);
            else
                token.Append('#').Append(((int)character).ToString("X2", CultureInfo.InvariantCulture));
        }
        return Verbatim(Encoding.Latin1.GetBytes(token.ToString()));
    }

    public SyntaxWriter Integer(long value) => Ascii(value.ToString(CultureInfo.InvariantCulture));

    public SyntaxWriter Reference(ObjectId id) => Ascii(id.ToString());

    /// <summary>A text string: PDFDocEncoding when it can say it, otherwise UTF-16BE.</summary>
    public SyntaxWriter Text(string text)
    {
        var bytes = TextString.Write(text);
        if (bytes is [0xFE, 0xFF, ..])
            return Hexadecimal(bytes);
        var token = new StringBuilder("(");
        foreach (var value in bytes)
        {
            // 7.3.4.2: parentheses and the backslash; anything not printable as three octal digits, so that it survives every editor.
            if (value is (byte)'(' or (byte)')' or (byte)'\\')
                token.Append('\\').Append((char)value);
            else if (value is >= (byte)' ' and <= (byte)'~')
                token.Append((char)value);
            else
                token.Append('\\').Append(Convert.ToString(value, 8).PadLeft(3, '0'));
        }
        return Verbatim(Encoding.ASCII.GetBytes(token.Append(')').ToString()));
    }

    public SyntaxWriter Hexadecimal(ReadOnlySpan<byte> bytes) => Ascii("<" + Convert.ToHexString(bytes) + ">");

    /// <summary>A date with seconds and time zone (7.9.4).</summary>
    public SyntaxWriter Date(DateTimeOffset time)
    {
        var zone = time.Offset == TimeSpan.Zero
            ? "Z"
            : FormattableString.Invariant($"{(time.Offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(time.Offset.Hours):D2}'{Math.Abs(time.Offset.Minutes):D2}'");
        return Ascii("(D:" + time.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + zone + ")");
    }

    public SyntaxWriter BeginDictionary() => Verbatim("<<"u8);

    public SyntaxWriter EndDictionary() => Verbatim(">>"u8);

    public SyntaxWriter BeginArray() => Verbatim("["u8);

    public SyntaxWriter EndArray() => Verbatim("]"u8);

    internal SyntaxWriter Ascii(string token) => Verbatim(Encoding.ASCII.GetBytes(token));

    /// <summary>A string whose bytes are written later.</summary>
    internal SyntaxWriter ZeroHexadecimal(int bytes)
    {
        var token = buffer.GetSpan(2 * bytes + 2)[..(2 * bytes + 2)];
        token[1..^1].Fill((byte)'0');
        (token[0], token[^1]) = ((byte)'<', (byte)'>');
        buffer.Advance(token.Length);
        return this;
    }

    /// <summary>Bytes without any separation: white space, or the data of a stream.</summary>
    internal SyntaxWriter Put(ReadOnlySpan<byte> bytes)
    {
        buffer.Write(bytes);
        return this;
    }
}
