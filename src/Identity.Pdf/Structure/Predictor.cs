using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Predictors of Flate and LZW data (ISO 32000-2 7.4.4.4): 2 is TIFF's, 10 and above are PNG's.</summary>
internal static class Predictor
{
    private const int MaxColumns = 1 << 20;
    private const int MaxColors = 32;

    public static ReadOnlyMemory<byte> Undo(ReadOnlyMemory<byte> data, PdfDictionary? parameters, Func<PdfObject?, PdfObject> resolve, int cap)
    {
        if (parameters is null)
            return data;
        var predictor = Parameter(parameters, "Predictor", 1, 15, resolve, 1);
        if (predictor == 1)
            return data;
        var colors = Parameter(parameters, "Colors", 1, MaxColors, resolve, 1);
        var bits = Parameter(parameters, "BitsPerComponent", 1, 16, resolve, 8);
        var columns = Parameter(parameters, "Columns", 1, MaxColumns, resolve, 1);
        // A row of which the data have only a part is as long as that part: what is said of it must not cost memory.
        var row = (int)Math.Min(((long)colors * bits * columns + 7) / 8, Math.Max(1, data.Length));
        var pixel = Math.Max(1, colors * bits / 8);
        return predictor switch
        {
            2 when bits == 8 => Tiff(data.Span, row, colors),
            >= 10 => Png(data.Span, row, pixel, cap),
            _ => throw new PdfRefusedException(PdfRefusalCode.Unsupported, "a stream has a predictor that is not read here"),
        };
    }

    private static int Parameter(PdfDictionary parameters, string key, int least, int most, Func<PdfObject?, PdfObject> resolve, int otherwise) =>
        resolve(parameters[key]) switch
        {
            PdfNull => otherwise,
            PdfInteger { Value: var value } when value >= least && value <= most => (int)value,
            _ => throw new PdfRefusedException(PdfRefusalCode.Malformed, "a predictor parameter of a stream is out of range"),
        };

    private static byte[] Tiff(ReadOnlySpan<byte> data, int row, int colors)
    {
        var bytes = data.ToArray();
        for (var start = 0; start < bytes.Length; start += row)
        {
            var end = Math.Min(start + row, bytes.Length);
            for (var at = start + colors; at < end; at++)
                bytes[at] += bytes[at - colors];
        }
        return bytes;
    }

    private static ReadOnlyMemory<byte> Png(ReadOnlySpan<byte> data, int row, int pixel, int cap)
    {
        var output = new Output(cap);
        var above = new byte[row];
        var current = new byte[row];
        while (data.Length > 0)
        {
            var type = data[0];
            // A last row may be short.
            var length = Math.Min(row, data.Length - 1);
            Array.Clear(current);
            data.Slice(1, length).CopyTo(current);
            data = data[(1 + length)..];
            UndoRow(type, current, above, pixel);
            output.Write(current.AsSpan(0, length));
            (above, current) = (current, above);
        }
        return output.Written;
    }

    private static void UndoRow(byte type, byte[] row, byte[] above, int pixel)
    {
        switch (type)
        {
            case 0: break;
            case 1:
                for (var at = pixel; at < row.Length; at++)
                    row[at] += row[at - pixel];
                break;
            case 2:
                for (var at = 0; at < row.Length; at++)
                    row[at] += above[at];
                break;
            case 3:
                for (var at = 0; at < row.Length; at++)
                    row[at] += (byte)(((at >= pixel ? row[at - pixel] : 0) + above[at]) / 2);
                break;
            case 4:
                for (var at = 0; at < row.Length; at++)
                    row[at] += at >= pixel ? Paeth(row[at - pixel], above[at], above[at - pixel]) : above[at];
                break;
            default: throw new PdfRefusedException(PdfRefusalCode.Malformed, "a PNG row of a stream has an unknown predictor");
        }
    }

    private static byte Paeth(int left, int up, int upLeft)
    {
        var estimate = left + up - upLeft;
        int toLeft = Math.Abs(estimate - left), toUp = Math.Abs(estimate - up), toUpLeft = Math.Abs(estimate - upLeft);
        return (byte)(toLeft <= toUp && toLeft <= toUpLeft ? left : toUp <= toUpLeft ? up : upLeft);
    }
}
