using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Identity.TestKit.Pdf;

/// <summary>
/// Writes PDF files byte by byte, right or wrong as the test wants, with none of the product's code. It only keeps the offsets, so
/// that cross-reference sections need not be counted by hand.
/// </summary>
public sealed class PdfBytes
{
    private readonly ArrayBufferWriter<byte> bytes = new();
    private readonly SortedDictionary<int, (long Offset, int Generation)> open = [];
    private long lastSection;

    public long Length => bytes.WrittenCount;

    /// <summary>Offset of the last cross-reference section.</summary>
    public long LastSection => lastSection;

    /// <summary>Trailer entries that every section gets.</summary>
    public string Root { get; set; } = "/Root 1 0 R";

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();

    /// <summary>Header, catalog, page tree node and one empty page: objects 1 to 3.</summary>
    public static PdfBytes OnePage(string catalogExtra = "", string pageExtra = "", string header = "%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n") => new PdfBytes()
        .Text(header)
        .Indirect(1, $"<</Type/Catalog/Pages 2 0 R{catalogExtra}>>")
        .Indirect(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
        .Indirect(3, $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.00 842]{pageExtra}>>");

    /// <summary>Latin-1 characters as they are.</summary>
    public PdfBytes Text(string latin1) => Bytes(Encoding.Latin1.GetBytes(latin1));

    public PdfBytes Bytes(ReadOnlySpan<byte> raw)
    {
        bytes.Write(raw);
        return this;
    }

    public PdfBytes Indirect(int number, string value, int generation = 0)
    {
        Mark(number, generation);
        return Text(FormattableString.Invariant($"{number} {generation} obj\n") + value + "\nendobj\n");
    }

    /// <summary>The next object stands here; for objects written as text.</summary>
    public PdfBytes Mark(int number, int generation = 0)
    {
        open[number] = (bytes.WrittenCount, generation);
        return this;
    }

    /// <summary>An entry that says what the test wants.</summary>
    public PdfBytes Pretend(int number, long offset, int generation = 0)
    {
        open[number] = (offset, generation);
        return this;
    }

    public PdfBytes Stream(int number, string entries, byte[] data, string? length = null)
    {
        Mark(number);
        length ??= data.Length.ToString(CultureInfo.InvariantCulture);
        return Text(FormattableString.Invariant($"{number} 0 obj\n<<{entries}/Length {length}>>\nstream\n")).Bytes(data).Text("\nendstream\nendobj\n");
    }

    /// <summary>An object stream with these objects.</summary>
    public PdfBytes ObjectStream(int number, IReadOnlyList<(int Number, string Value)> objects, string entries = "", bool compress = true)
    {
        var index = new StringBuilder();
        var body = new StringBuilder();
        foreach (var (inner, value) in objects)
        {
            index.Append(CultureInfo.InvariantCulture, $"{inner} {body.Length} ");
            body.Append(value).Append('\n');
        }
        var data = Encoding.Latin1.GetBytes(index.ToString() + body);
        var dictionary = FormattableString.Invariant($"/Type/ObjStm/N {objects.Count}/First {index.Length}{entries}");
        return compress ? Stream(number, dictionary + "/Filter/FlateDecode", Deflate(data)) : Stream(number, dictionary, data);
    }

    /// <summary>A table of everything written since the last section, with trailer and end.</summary>
    public PdfBytes Table(string trailer = "", int? size = null, IReadOnlyList<(int Number, int Generation)>? freed = null, bool end = true,
        string entryEnd = " \n", bool previous = true)
    {
        var section = bytes.WrittenCount;
        var lines = new SortedDictionary<int, string>();
        if (lastSection == 0)
            lines[0] = "0000000000 65535 f" + entryEnd;
        foreach (var (number, place) in open)
            lines[number] = FormattableString.Invariant($"{place.Offset:D10} {place.Generation:D5} n") + entryEnd;
        foreach (var (number, generation) in freed ?? [])
            lines[number] = FormattableString.Invariant($"0000000000 {generation:D5} f") + entryEnd;
        Text("xref\n");
        foreach (var (number, line) in lines)
            Text(FormattableString.Invariant($"{number} 1\n") + line);
        size ??= Math.Max(lines.Count == 0 ? 1 : lines.Keys.Max() + 1, highest);
        highest = size.Value;
        var link = lastSection != 0 && previous ? FormattableString.Invariant($"/Prev {lastSection}") : "";
        Text(FormattableString.Invariant($"trailer\n<</Size {size}{Root}{link}{trailer}>>\n"));
        open.Clear();
        lastSection = section;
        return end ? End() : this;
    }

    private int highest;

    /// <summary>A cross-reference stream; <paramref name="inside"/>: objects in object streams, by number.</summary>
    public PdfBytes SectionStream(int number, IReadOnlyDictionary<int, (int Stream, int Index)>? inside = null, string entries = "", bool predictor = false,
        bool listsItself = true, bool end = true, bool previous = true)
    {
        var section = bytes.WrittenCount;
        var all = new SortedDictionary<int, (byte Type, long Second, int Third)>();
        if (lastSection == 0)
            all[0] = (0, 0, 65535);
        foreach (var (free, place) in open)
            all[free] = (1, place.Offset, place.Generation);
        foreach (var (inner, place) in inside ?? new Dictionary<int, (int, int)>())
            all[inner] = (2, place.Stream, place.Index);
        if (listsItself)
            all[number] = (1, section, 0);
        var data = new MemoryStream();
        foreach (var (type, second, third) in all.Values)
            data.Write([type, (byte)(second >> 24), (byte)(second >> 16), (byte)(second >> 8), (byte)second, (byte)(third >> 8), (byte)third]);
        var raw = data.ToArray();
        var parameters = predictor ? "/DecodeParms<</Predictor 12/Columns 7>>" : "";
        var packed = Deflate(predictor ? Up(raw, 7) : raw);
        highest = Math.Max(highest, Math.Max(all.Keys.Max(), number) + 1);
        var link = lastSection != 0 && previous ? FormattableString.Invariant($"/Prev {lastSection}") : "";
        var index = string.Join(' ', all.Keys.Select(key => FormattableString.Invariant($"{key} 1")));
        open.Clear();
        Text(FormattableString.Invariant(
            $"{number} 0 obj\n<</Type/XRef/Size {highest}/W[1 4 2]/Index[{index}]{Root}{link}{entries}/Filter/FlateDecode{parameters}/Length {packed.Length}>>\nstream\n"));
        Bytes(packed).Text("\nendstream\nendobj\n");
        lastSection = section;
        return end ? End() : this;
    }

    public PdfBytes End(string endOfLine = "\n") => Text(FormattableString.Invariant($"startxref\n{lastSection}\n%%EOF") + endOfLine);

    public static byte[] Deflate(byte[] data)
    {
        var target = new MemoryStream();
        using (var deflate = new ZLibStream(target, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(data);
        return target.ToArray();
    }

    /// <summary>PNG rows, each the difference to the one above.</summary>
    private static byte[] Up(byte[] data, int columns)
    {
        var target = new MemoryStream();
        for (var start = 0; start < data.Length; start += columns)
        {
            target.WriteByte(2);
            for (var at = start; at < start + columns; at++)
                target.WriteByte((byte)(data[at] - (start == 0 ? 0 : data[at - columns])));
        }
        return target.ToArray();
    }
}
