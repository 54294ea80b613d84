using System.Buffers.Binary;

namespace Identity.Pdf.Pages;

/// <summary>
/// A PNG whose compressed rows can stand in a PDF as they are (ISO 32000-2 7.4.4.4: predictor 15 is PNG's own): 8 bits a component, grey or RGB,
/// no transparency, not interlaced.
/// </summary>
public sealed class PngPicture
{
    private const int SignatureLength = 8, ChunkFrame = 12;

    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private PngPicture(int width, int height, int components, byte[] rows) => (Width, Height, Components, Rows) = (width, height, components, rows);

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    internal int Components { get; }

    /// <summary>Flate data.</summary>
    internal byte[] Rows { get; }

    /// <summary>Null when it is of another kind or broken; what the compressed rows hold is not looked at.</summary>
    public static PngPicture? Read(ReadOnlySpan<byte> png)
    {
        if (!png.StartsWith(Signature))
            return null;
        (int Width, int Height, int Components)? head = null;
        using var rows = new MemoryStream();
        // ISO/IEC 15948 5.3: length, type, data, checksum.
        for (var at = SignatureLength; png.Length - at >= ChunkFrame;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - ChunkFrame)
                return null;
            var data = png.Slice(at + 8, (int)length);
            var type = png.Slice(at + 4, 4);
            if (type.SequenceEqual("IHDR"u8))
            {
                if (data is not [_, _, _, _, _, _, _, _, 8, 0 or 2, 0, 0, 0])
                    return null;
                head = (BinaryPrimitives.ReadInt32BigEndian(data), BinaryPrimitives.ReadInt32BigEndian(data[4..]), data[9] == 2 ? 3 : 1);
            }
            else if (type.SequenceEqual("IDAT"u8))
                rows.Write(data);
            else if (type.SequenceEqual("IEND"u8))
                return head is ( > 0, > 0, _) known && rows.Length > 0 ? new PngPicture(known.Width, known.Height, known.Components, rows.ToArray()) : null;
            at += ChunkFrame + (int)length;
        }
        return null;
    }
}
