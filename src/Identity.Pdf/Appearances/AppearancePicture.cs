using System.Buffers.Binary;
using System.IO.Compression;

namespace Identity.Pdf.Appearances;

/// <summary>
/// A picture for an appearance. PNG (ISO/IEC 15948) is decoded and laid on white: nothing transparent is left, for PDF/A-1 has no masks. JPEG is taken as it
/// is, once its header is understood. Colours are sRGB or grey, defined by themselves in the document.
/// </summary>
public sealed class AppearancePicture
{
    /// <summary>Bytes of the file at most.</summary>
    public const int LargestFile = 1024 * 1024;

    /// <summary>Points on each side at most, so that what is decoded is bounded whatever the header says.</summary>
    public const int LongestSide = 2000;

    private static readonly byte[] PngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private AppearancePicture(int width, int height, int components, byte[] data, bool isJpeg) => (Width, Height, Components, Data, IsJpeg) = (width, height, components, data, isJpeg);

    public int Width { get; }

    public int Height { get; }

    /// <summary>1: grey, 3: red, green, blue.</summary>
    public int Components { get; }

    /// <summary>A JPEG file, or samples of eight bits, row by row.</summary>
    internal byte[] Data { get; }

    internal bool IsJpeg { get; }

    /// <exception cref="FormatException">Neither PNG nor JPEG, damaged, too large, interlaced, or of a colour space that is not taken.</exception>
    public static AppearancePicture Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > LargestFile)
            throw new FormatException($"the picture is larger than {LargestFile} bytes");
        try
        {
            return file.StartsWith(PngSignature) ? Png(file) : file is [0xFF, 0xD8, ..] ? Jpeg(file) : throw new FormatException("the picture is neither PNG nor JPEG");
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or InvalidDataException)
        {
            throw new FormatException("the picture is damaged", e);
        }
    }

    // ITU T.81 B.2.2: the frame header, of the baseline, extended or progressive kind, with eight bits.
    private static AppearancePicture Jpeg(ReadOnlySpan<byte> file)
    {
        for (var at = 2; file[at] == 0xFF;)
        {
            var marker = file[at + 1];
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (marker is 0xC0 or 0xC1 or 0xC2)
            {
                var components = file[at + 9];
                if (file[at + 4] != 8 || components is not (1 or 3))
                    throw new FormatException("the picture is neither grey nor red, green and blue");
                var (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]), BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]));
                return new AppearancePicture(Side(width), Side(height), components, file.ToArray(), isJpeg: true);
            }
            // B.1.1.3: no segment has less than its own length, and behind the start of the scan there is no header.
            if (length < 2 || marker is 0xDA or 0xD9)
                break;
            at += 2 + length;
        }
        throw new FormatException("the picture is damaged");
    }

    private static AppearancePicture Png(ReadOnlySpan<byte> file)
    {
        var (width, height) = (Side(BinaryPrimitives.ReadUInt32BigEndian(file[16..])), Side(BinaryPrimitives.ReadUInt32BigEndian(file[20..])));
        var (depth, colour, interlace) = (file[24], file[25], file[28]);
        var channels = colour switch { 0 => 1, 2 => 3, 3 => 1, 4 => 2, 6 => 4, _ => 0 };
        if (depth != 8 || channels == 0 || interlace != 0)
            throw new FormatException("the picture has other than eight bits a sample, or is interlaced");
        ReadOnlySpan<byte> palette = default, alpha = default;
        using var packed = new MemoryStream();
        for (var at = 8; at + 12 <= file.Length;)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file[at..]), int.MaxValue / 2);
            var body = file.Slice(at + 8, length);
            var kind = file.Slice(at + 4, 4);
            if (kind.SequenceEqual("PLTE"u8))
                palette = body;
            else if (kind.SequenceEqual("tRNS"u8))
                alpha = body;
            else if (kind.SequenceEqual("IDAT"u8))
                packed.Write(body);
            at += 12 + length;
        }
        packed.Position = 0;
        var rows = new byte[height * (1 + width * channels)];
        using (var inflate = new ZLibStream(packed, CompressionMode.Decompress))
        {
            if (inflate.ReadAtLeast(rows, rows.Length, throwOnEndOfStream: false) < rows.Length)
                throw new FormatException("the picture is damaged");
        }
        Unfilter(rows, height, width * channels, channels);
        return OnWhite(rows, width, height, colour, channels, palette, alpha);
    }

    // ISO/IEC 15948 9.2.
    private static void Unfilter(byte[] rows, int height, int rowBytes, int channels)
    {
        for (var y = 0; y < height; y++)
        {
            var start = y * (rowBytes + 1);
            for (var x = 0; x < rowBytes; x++)
            {
                var at = start + 1 + x;
                int left = x >= channels ? rows[at - channels] : 0, above = y > 0 ? rows[at - rowBytes - 1] : 0, corner = x >= channels && y > 0 ? rows[at - rowBytes - 1 - channels] : 0;
                rows[at] = (byte)(rows[at] + rows[start] switch
                {
                    0 => 0,
                    1 => left,
                    2 => above,
                    3 => (left + above) / 2,
                    4 => Paeth(left, above, corner),
                    _ => throw new FormatException("the picture is damaged"),
                });
            }
        }
    }

    private static int Paeth(int left, int above, int corner)
    {
        int toLeft = Math.Abs(above - corner), toAbove = Math.Abs(left - corner), toCorner = Math.Abs(left + above - 2 * corner);
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }

    private static AppearancePicture OnWhite(byte[] rows, int width, int height, int colour, int channels, ReadOnlySpan<byte> palette, ReadOnlySpan<byte> alpha)
    {
        var components = colour is 0 or 4 ? 1 : 3;
        var samples = new byte[width * height * components];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var from = y * (1 + width * channels) + 1 + x * channels;
                var opacity = colour switch { 3 => rows[from] < alpha.Length ? alpha[rows[from]] : 255, 4 => rows[from + 1], 6 => rows[from + 3], _ => 255 };
                for (var component = 0; component < components; component++)
                {
                    int value = colour == 3 ? palette[3 * rows[from] + component] : rows[from + component];
                    samples[(y * width + x) * components + component] = (byte)((value * opacity + 255 * (255 - opacity)) / 255);
                }
            }
        }
        return new AppearancePicture(width, height, components, samples, isJpeg: false);
    }

    private static int Side(uint side) => side is > 0 and <= LongestSide ? (int)side : throw new FormatException($"the picture has a side of none or more than {LongestSide} points");
}
