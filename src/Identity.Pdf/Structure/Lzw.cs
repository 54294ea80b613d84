using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>LZWDecode (ISO 32000-2 7.4.4): codes of 9 to 12 bits, 256 clears the table, 257 ends.</summary>
internal static class Lzw
{
    private const int Clear = 256;
    private const int End = 257;
    private const int TableSize = 4096;

    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> data, int earlyChange, int cap)
    {
        var output = new Output(cap);
        // Entry n is the entry prefix[n] followed by the byte last[n]; length[n] bytes in all.
        var prefix = new short[TableSize];
        var last = new byte[TableSize];
        var length = new int[TableSize];
        for (var code = 0; code < 256; code++)
            (last[code], length[code]) = ((byte)code, 1);
        int next = End + 1, width = 9, previous = -1, bits = 0, held = 0;
        foreach (var value in data)
        {
            held = held << 8 | value;
            bits += 8;
            if (bits < width)
                continue;
            bits -= width;
            var code = held >> bits & (1 << width) - 1;
            held &= (1 << bits) - 1;
            if (code == End)
                break;
            if (code == Clear)
            {
                (next, width, previous) = (End + 1, 9, -1);
                continue;
            }
            if (code > next || code == next && previous < 0 || code >= TableSize)
                throw new PdfRefusedException(PdfRefusalCode.Malformed, "LZW data of a stream are damaged");
            if (previous >= 0 && next < TableSize)
            {
                prefix[next] = (short)previous;
                length[next] = length[previous] + 1;
                last[next] = First(code == next ? previous : code, prefix, length, last);
                next++;
            }
            Emit(code, prefix, length, last, output);
            previous = code;
            width = (next + earlyChange) switch { >= 2048 => 12, >= 1024 => 11, >= 512 => 10, _ => 9 };
        }
        return output.Written;
    }

    private static byte First(int code, short[] prefix, int[] length, byte[] last)
    {
        while (length[code] > 1)
            code = prefix[code];
        return last[code];
    }

    private static void Emit(int code, short[] prefix, int[] length, byte[] last, Output output)
    {
        var size = length[code];
        if (size == 0)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "LZW data of a stream are damaged");
        var room = output.Room(size);
        for (var at = size - 1; at >= 0; at--)
        {
            room[at] = last[code];
            code = prefix[code];
        }
        output.Advance(size);
    }
}
