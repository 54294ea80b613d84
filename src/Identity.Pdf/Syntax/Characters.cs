using System.Buffers;

namespace Identity.Pdf.Syntax;

/// <summary>Character classes (ISO 32000-2 7.2.3).</summary>
internal static class Characters
{
    public static readonly SearchValues<byte> EndOfLine = SearchValues.Create("\r\n"u8);

    /// <summary>Everything that ends a token: white space and delimiters.</summary>
    public static readonly SearchValues<byte> NotRegular = SearchValues.Create("\0\t\n\f\r ()<>[]{}/%"u8);

    /// <summary>What needs attention inside a literal string.</summary>
    public static readonly SearchValues<byte> LiteralStringSpecial = SearchValues.Create("()\\"u8);

    public static bool IsWhiteSpace(byte value) => value is 0 or 9 or 10 or 12 or 13 or 32;

    public static bool IsRegular(byte value) => !NotRegular.Contains(value);

    public static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    /// <summary>0 to 15, or -1.</summary>
    public static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
