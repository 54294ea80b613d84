using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>ASCIIHexDecode and ASCII85Decode (ISO 32000-2 7.4.2, 7.4.3).</summary>
internal static class AsciiFilters
{
    public static ReadOnlyMemory<byte> Hexadecimal(ReadOnlySpan<byte> data)
    {
        var bytes = new byte[data.Length / 2 + 1];
        int count = 0, high = -1;
        foreach (var character in data)
        {
            if (character == '>')
                break;
            var value = Characters.HexValue(character);
            if (value < 0)
            {
                if (!Characters.IsWhiteSpace(character))
                    throw new PdfRefusedException(PdfRefusalCode.Malformed, "hexadecimal data of a stream have other characters than digits");
            }
            else if (high < 0)
            {
                high = value;
            }
            else
            {
                bytes[count++] = (byte)(high << 4 | value);
                high = -1;
            }
        }
        if (high >= 0)
            bytes[count++] = (byte)(high << 4);
        return bytes.AsMemory(0, count);
    }

    public static ReadOnlyMemory<byte> Base85(ReadOnlySpan<byte> data, int cap)
    {
        var output = new Output(cap);
        Span<byte> group = stackalloc byte[5];
        var held = 0;
        foreach (var character in data)
        {
            if (character == '~')
                break;
            if (Characters.IsWhiteSpace(character))
                continue;
            if (character == 'z' && held == 0)
            {
                output.Write("\0\0\0\0"u8);
                continue;
            }
            if (character is < (byte)'!' or > (byte)'u')
                throw Damaged();
            group[held++] = (byte)(character - '!');
            if (held == 5)
            {
                Group(group, 4, output);
                held = 0;
            }
        }
        if (held == 1)
            throw Damaged();
        if (held > 1)
        {
            // 7.4.3: a partial group of n characters stands for n - 1 bytes.
            group[held..].Fill(84);
            Group(group, held - 1, output);
        }
        return output.Written;
    }

    private static void Group(ReadOnlySpan<byte> digits, int bytes, Output output)
    {
        ulong value = 0;
        foreach (var digit in digits)
            value = value * 85 + digit;
        if (value > uint.MaxValue)
            throw Damaged();
        ReadOnlySpan<byte> all = [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
        output.Write(all[..bytes]);
    }

    private static PdfRefusedException Damaged() => new(PdfRefusalCode.Malformed, "base-85 data of a stream are damaged");
}
