using System.IO.Compression;
using System.Runtime.InteropServices;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// The filters that structure streams use (ISO 32000-2 7.4). Each step is bounded by <see cref="PdfLimits.DecodedStreamBytes"/>
/// while it decodes, so a bomb costs no more than the cap.
/// </summary>
internal static class Filters
{
    /// <summary>Decodes the data of a stream; <paramref name="resolve"/> follows references inside its dictionary.</summary>
    /// <exception cref="PdfRefusedException">Malformed, too large, or a filter that is not read here.</exception>
    public static ReadOnlyMemory<byte> Decode(PdfStream stream, Func<PdfObject?, PdfObject> resolve, PdfLimits limits)
    {
        var dictionary = stream.Dictionary;
        // 7.3.8.2: with F the data are in another file.
        if (dictionary.Has("F"))
            throw new PdfRefusedException(PdfRefusalCode.Unsupported, "the data of a stream are in an external file");
        var filters = Names(resolve(dictionary["Filter"] ?? dictionary["Fl"]), resolve);
        if (filters.Count > limits.Filters)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"a stream has more than {limits.Filters} filters");
        var parameters = resolve(dictionary["DecodeParms"] ?? dictionary["DP"]);
        // No filter that is read here makes less of more than twice as many bytes but by way of white space.
        if (stream.DataLength > 4L * limits.DecodedStreamBytes)
            throw Output.TooLarge(limits.DecodedStreamBytes);
        var data = stream.Source.Decryption is { } encrypted ? encrypted.Handler.DecryptStream(encrypted.Id, dictionary, stream.RawData) : stream.RawData;
        if (filters.Count == 0 && data.Length > limits.DecodedStreamBytes)
            throw Output.TooLarge(limits.DecodedStreamBytes);
        for (var index = 0; index < filters.Count; index++)
        {
            var own = parameters switch
            {
                PdfArray array => index < array.Count ? resolve(array[index]) as PdfDictionary : null,
                PdfDictionary single when filters.Count == 1 || index == 0 => single,
                _ => null,
            };
            data = Step(filters[index], data, own, resolve, limits.DecodedStreamBytes);
        }
        return data;
    }

    private static List<string> Names(PdfObject filter, Func<PdfObject?, PdfObject> resolve)
    {
        switch (filter)
        {
            case PdfNull: return [];
            case PdfName name: return [name.Value];
            case PdfArray array:
                var names = new List<string>();
                foreach (var item in array.Items)
                    names.Add(resolve(item) is PdfName name ? name.Value : throw NotAFilter());
                return names;
            default: throw NotAFilter();
        }
    }

    private static PdfRefusedException NotAFilter() => new(PdfRefusalCode.Malformed, "the filter of a stream is not a name");

    private static ReadOnlyMemory<byte> Step(string filter, ReadOnlyMemory<byte> data, PdfDictionary? parameters, Func<PdfObject?, PdfObject> resolve,
        int cap) => filter switch
    {
        "FlateDecode" or "Fl" => Predictor.Undo(Flate(data, cap), parameters, resolve, cap),
        "LZWDecode" or "LZW" => Predictor.Undo(Lzw.Decode(data.Span, EarlyChange(parameters, resolve), cap), parameters, resolve, cap),
        "ASCIIHexDecode" or "AHx" => AsciiFilters.Hexadecimal(data.Span),
        "ASCII85Decode" or "A85" => AsciiFilters.Base85(data.Span, cap),
        "RunLengthDecode" or "RL" => RunLength(data.Span, cap),
        "Crypt" when Identity(parameters, resolve) => data,
        _ => throw new PdfRefusedException(PdfRefusalCode.Unsupported, "a stream has a filter that is not read here"),
    };

    private static bool Identity(PdfDictionary? parameters, Func<PdfObject?, PdfObject> resolve) =>
        parameters is null || resolve(parameters["Name"]) is PdfNull or PdfName { Value: "Identity" };

    private static int EarlyChange(PdfDictionary? parameters, Func<PdfObject?, PdfObject> resolve) =>
        parameters is not null && resolve(parameters["EarlyChange"]) is PdfInteger { Value: 0 } ? 0 : 1;

    private static ReadOnlyMemory<byte> Flate(ReadOnlyMemory<byte> data, int cap)
    {
        var output = new Output(cap);
        try
        {
            using var source = MemoryMarshal.TryGetArray(data, out var segment)
                ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
                : new MemoryStream(data.ToArray(), writable: false);
            using var inflate = new ZLibStream(source, CompressionMode.Decompress);
            while (true)
            {
                var room = output.Room(16 * 1024);
                var read = inflate.Read(room);
                if (read == 0)
                    return output.Written;
                output.Advance(read);
            }
        }
        catch (InvalidDataException)
        {
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the compressed data of a stream are damaged");
        }
    }

    // 7.4.5: a length byte, then that many bytes plus one as they are, or one byte repeated 257 minus length times; 128 ends.
    private static ReadOnlyMemory<byte> RunLength(ReadOnlySpan<byte> data, int cap)
    {
        var output = new Output(cap);
        var at = 0;
        while (at < data.Length && data[at] != 128)
        {
            int length = data[at++];
            if (length < 128)
            {
                if (at + length + 1 > data.Length)
                    throw new PdfRefusedException(PdfRefusalCode.Malformed, "run-length data of a stream end too early");
                output.Write(data.Slice(at, length + 1));
                at += length + 1;
            }
            else
            {
                if (at >= data.Length)
                    throw new PdfRefusedException(PdfRefusalCode.Malformed, "run-length data of a stream end too early");
                output.Room(257 - length)[..(257 - length)].Fill(data[at++]);
                output.Advance(257 - length);
            }
        }
        return output.Written;
    }
}

/// <summary>Decoded bytes, never more than the cap.</summary>
internal sealed class Output(int cap)
{
    private byte[] bytes = new byte[Math.Min(cap, 4096)];
    private int count;

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, count);

    public static PdfRefusedException TooLarge(int cap) => new(PdfRefusalCode.TooLarge, $"a stream decodes to more than {cap} bytes");

    /// <summary>Room for at least <paramref name="size"/> bytes; one past the cap may be written but not advanced over.</summary>
    public Span<byte> Room(int size)
    {
        if (bytes.Length - count < size)
            Array.Resize(ref bytes, (int)Math.Min((long)cap + Math.Max(size, 16 * 1024), Math.Max(bytes.Length * 2L, count + (long)size)));
        return bytes.AsSpan(count);
    }

    public void Advance(int written)
    {
        if ((long)count + written > cap)
            throw TooLarge(cap);
        count += written;
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        data.CopyTo(Room(data.Length));
        Advance(data.Length);
    }
}
