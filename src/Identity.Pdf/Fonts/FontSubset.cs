using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Identity.Pdf.Fonts;

/// <summary>
/// Some glyphs of a font, numbered anew from 0 (.notdef) in the order in which they were asked for, so that a glyph's number is its CID. Instructions are
/// left out: they sharpen small text on old screens only.
/// </summary>
internal sealed class FontSubset
{
    /// <summary>Glyphs at most, with the components of accented ones.</summary>
    public const int MostGlyphs = 4096;

    private readonly Dictionary<int, int> numbers = new() { [0] = 0 };
    private readonly List<int> glyphs = [0];
    private readonly Dictionary<int, Rune> meanings = [];

    public FontSubset(TrueTypeFont font) => Font = font;

    public TrueTypeFont Font { get; }

    /// <summary>Glyphs of the font in the order of their CID.</summary>
    public IReadOnlyList<int> Glyphs => glyphs;

    /// <summary>What each CID that text uses stands for.</summary>
    public IReadOnlyDictionary<int, Rune> Meanings => meanings;

    /// <summary>The CID of the glyph for a character.</summary>
    public int Use(int glyph, Rune meaning)
    {
        var cid = Number(glyph);
        meanings.TryAdd(cid, meaning);
        return cid;
    }

    /// <summary>The font file with these glyphs alone: what a CIDFontType2 needs (ISO 32000-2 9.9.1). Takes in what the glyphs consist of.</summary>
    public byte[] Write()
    {
        using var outlines = new MemoryStream();
        var offsets = new List<uint>();
        // The list grows by components while it is gone through.
        for (var at = 0; at < glyphs.Count; at++)
        {
            offsets.Add((uint)outlines.Length);
            var outline = Renumbered(Font.Outline(glyphs[at]));
            outlines.Write(outline);
            outlines.Write(new byte[-outline.Length & 3]);
        }
        offsets.Add((uint)outlines.Length);
        return Compose(new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["cmap"] = CharacterTable(), ["glyf"] = outlines.ToArray(), ["head"] = Head(), ["hhea"] = Count(Font.Table("hhea"), 34), ["hmtx"] = Metrics(),
            ["loca"] = [.. offsets.SelectMany(offset => Bytes(offset))], ["maxp"] = Count(Font.Table("maxp"), 4),
        });
    }

    private int Number(int glyph)
    {
        if (numbers.TryGetValue(glyph, out var known))
            return known;
        if (glyphs.Count == MostGlyphs)
            throw new InvalidOperationException($"a subset has at most {MostGlyphs} glyphs");
        numbers.Add(glyph, glyphs.Count);
        glyphs.Add(glyph);
        return glyphs.Count - 1;
    }

    private byte[] Renumbered(FontTable outline)
    {
        if (outline.Length == 0)
            return [];
        return outline.Signed(0) >= 0 ? WithoutInstructions(outline) : Composite(outline);
    }

    // 5.3.3 glyf, simple: the header, the ends of the contours, the length of the instructions, these, and the points.
    private static byte[] WithoutInstructions(FontTable outline)
    {
        var length = 10 + 2 * outline.Signed(0);
        var rest = outline.From(length + 2 + outline.Word(length));
        return [.. outline.Slice(0, length).Span, 0, 0, .. rest.Span];
    }

    // 5.3.3 glyf, composite: flags, glyph, arguments and scale of each component.
    private byte[] Composite(FontTable outline)
    {
        const int words = 0x1, scale = 0x8, more = 0x20, twoScales = 0x40, matrix = 0x80, instructions = 0x100;
        var copy = new List<byte>([.. outline.Slice(0, 10).Span]);
        var at = 10;
        while (true)
        {
            int flags = outline.Word(at), glyph = outline.Word(at + 2);
            if (glyph >= Font.GlyphCount)
                throw new FormatException("a glyph consists of one that the font does not have");
            var size = ((flags & words) != 0 ? 4 : 2) + ((flags & scale) != 0 ? 2 : (flags & twoScales) != 0 ? 4 : (flags & matrix) != 0 ? 8 : 0);
            copy.AddRange(Bytes((ushort)(flags & ~instructions)));
            copy.AddRange(Bytes((ushort)Number(glyph)));
            copy.AddRange(outline.Slice(at + 4, size).Span);
            at += 4 + size;
            if ((flags & more) == 0)
                return [.. copy];
        }
    }

    private byte[] Head()
    {
        var head = Font.Table("head").Slice(0, 54).Span.ToArray();
        // checkSumAdjustment is set when the file is put together; indexToLocFormat: offsets of four bytes.
        head.AsSpan(8, 4).Clear();
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(50), 1);
        return head;
    }

    private byte[] Count(FontTable table, int at)
    {
        var copy = table.Span.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(at), (ushort)glyphs.Count);
        return copy;
    }

    private byte[] Metrics()
    {
        var metrics = new List<byte>();
        foreach (var glyph in glyphs)
        {
            metrics.AddRange(Bytes((ushort)Font.Advance(glyph)));
            metrics.AddRange(Bytes((ushort)(short)Font.LeftSideBearing(glyph)));
        }
        return [.. metrics];
    }

    // Nobody needs it to draw by CID; programs that take the font out of the document do. Format 12 (5.2.1.3.5), one group a character.
    private byte[] CharacterTable()
    {
        var groups = meanings.GroupBy(meaning => meaning.Value.Value).Select(same => (Character: same.Key, Cid: same.Min(meaning => meaning.Key))).OrderBy(group => group.Character).ToList();
        var table = new List<byte>([0, 0, 0, 1, 0, 3, 0, 10, 0, 0, 0, 12, 0, 12, 0, 0, .. Bytes((uint)(16 + 12 * groups.Count)), 0, 0, 0, 0, .. Bytes((uint)groups.Count)]);
        foreach (var (character, cid) in groups)
            table.AddRange([.. Bytes((uint)character), .. Bytes((uint)character), .. Bytes((uint)cid)]);
        return [.. table];
    }

    // 4.5.1: the directory, each table at a multiple of four bytes with its sum, and the sum over all of it in head.
    private static byte[] Compose(SortedDictionary<string, byte[]> tables)
    {
        var rounded = 1 << BitOperations.Log2((uint)tables.Count);
        var offset = 12 + 16 * tables.Count;
        var file = new List<byte>([.. Bytes(0x00010000u), .. Bytes((ushort)tables.Count), .. Bytes((ushort)(rounded * 16)), .. Bytes((ushort)BitOperations.Log2((uint)rounded)),
            .. Bytes((ushort)((tables.Count - rounded) * 16))]);
        var head = 0;
        foreach (var (tag, table) in tables)
        {
            head = tag == "head" ? offset : head;
            file.AddRange([.. Encoding.ASCII.GetBytes(tag), .. Bytes(Sum(table)), .. Bytes((uint)offset), .. Bytes((uint)table.Length)]);
            offset += (table.Length + 3) & ~3;
        }
        foreach (var table in tables.Values)
            file.AddRange([.. table, .. new byte[-table.Length & 3]]);
        byte[] whole = [.. file];
        BinaryPrimitives.WriteUInt32BigEndian(whole.AsSpan(head + 8), unchecked(0xB1B0AFBA - Sum(whole)));
        return whole;
    }

    private static uint Sum(byte[] bytes)
    {
        var sum = 0u;
        for (var at = 0; at < bytes.Length; at++)
            sum = unchecked(sum + ((uint)bytes[at] << (24 - 8 * (at & 3))));
        return sum;
    }

    private static byte[] Bytes(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static byte[] Bytes(ushort value) => [(byte)(value >> 8), (byte)value];
}
