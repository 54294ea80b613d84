using System.Text;

namespace Identity.Pdf.Fonts;

/// <summary>
/// A TrueType font file (ISO/IEC 14496-22) as far as it is needed to embed some of its glyphs. It comes from the operator, not from strangers; all the
/// same no reference leads outside of it. Safe for use by several threads.
/// </summary>
public sealed class TrueTypeFont
{
    /// <summary>Bytes of a font file at most.</summary>
    public const int LargestFile = 32 * 1024 * 1024;

    private const int MostTables = 64;
    private readonly Dictionary<string, FontTable> tables = new(StringComparer.Ordinal);
    private readonly CharacterMap characters;
    private readonly int wideMetrics;
    private readonly bool longOffsets;

    private TrueTypeFont(FontTable file)
    {
        // 0x00010000: outlines in glyf. OTTO has them in CFF, ttcf is a collection.
        if (file.Long(0) != 0x00010000)
            throw new FormatException("the file is no TrueType font with glyf outlines");
        for (var at = 0; at < Math.Min((int)file.Word(4), MostTables); at++)
        {
            var entry = 12 + 16 * at;
            tables[Encoding.ASCII.GetString(file.Slice(entry, 4).Span)] = file.Slice(file.Long(entry + 8), file.Long(entry + 12));
        }
        var (head, wide) = (Table("head"), Table("hhea"));
        UnitsPerEm = head.Word(18) is var units and >= 16 and <= 16384 ? units : throw new FormatException("unitsPerEm is out of range");
        longOffsets = head.Word(50) == 1;
        GlyphCount = Table("maxp").Word(4);
        wideMetrics = wide.Word(34) is var metrics and > 0 && metrics <= GlyphCount ? metrics : throw new FormatException("numberOfHMetrics is out of range");
        (Ascent, Descent) = (wide.Signed(4), wide.Signed(6));
        Bounds = [head.Signed(36), head.Signed(38), head.Signed(40), head.Signed(42)];
        // 5.2.6 OS/2 fsType: 2 alone forbids embedding, 0x200 allows bitmaps only.
        var permission = tables.TryGetValue("OS/2", out var os2) ? os2.Word(8) : 0;
        if ((permission & 0xF) == 2 || (permission & 0x200) != 0)
            throw new FormatException("the font forbids to be embedded");
        MayBeSubset = (permission & 0x100) == 0;
        CapHeight = os2.Length >= 90 && os2.Word(0) >= 2 && os2.Signed(88) > 0 ? os2.Signed(88) : Ascent;
        PostScriptName = NameOf(tables.GetValueOrDefault("name"));
        characters = CharacterMap.Read(Table("cmap"));
        if (!MayBeSubset)
            throw new FormatException("the font forbids to be embedded in part");
    }

    /// <summary>ASCII letters, digits and hyphens only.</summary>
    public string PostScriptName { get; }

    public int UnitsPerEm { get; }

    public int GlyphCount { get; }

    /// <summary>In units of the em, like all measures here.</summary>
    public int Ascent { get; }

    /// <summary>Below the line, so negative.</summary>
    public int Descent { get; }

    public int CapHeight { get; }

    /// <summary>Left, bottom, right, top of all glyphs.</summary>
    public IReadOnlyList<int> Bounds { get; }

    private bool MayBeSubset { get; }

    /// <exception cref="FormatException">No TrueType font, damaged, without a map from Unicode, or it may not be embedded.</exception>
    public static TrueTypeFont Read(ReadOnlyMemory<byte> file) =>
        file.Length <= LargestFile ? new TrueTypeFont(new FontTable(file)) : throw new FormatException($"the font is larger than {LargestFile} bytes");

    /// <summary>0 when the font has none for this character.</summary>
    public int Glyph(Rune character) => characters.Glyph(character.Value) is var glyph && glyph < GlyphCount ? glyph : 0;

    /// <summary>How far the next glyph is.</summary>
    public int Advance(int glyph) => Table("hmtx").Word(4L * Math.Min(glyph, wideMetrics - 1));

    internal int LeftSideBearing(int glyph) =>
        glyph < wideMetrics ? Table("hmtx").Signed(4L * glyph + 2) : Table("hmtx").Signed(4L * wideMetrics + 2L * (glyph - wideMetrics));

    internal FontTable Table(string tag) => tables.TryGetValue(tag, out var table) ? table : throw new FormatException($"the font has no table {tag}");

    /// <summary>The description of a glyph; empty for one that draws nothing.</summary>
    internal FontTable Outline(int glyph)
    {
        var loca = Table("loca");
        var (from, to) = longOffsets ? (loca.Long(4L * glyph), loca.Long(4L * glyph + 4)) : (2L * loca.Word(2L * glyph), 2L * loca.Word(2L * glyph + 2));
        return Table("glyf").Slice(from, to - from);
    }

    // 5.2.5 name: identifier 6.
    private static string NameOf(FontTable names)
    {
        for (var at = 0; names.Length >= 6 && at < names.Word(2); at++)
        {
            var record = 6 + 12L * at;
            if (names.Word(record + 6) != 6)
                continue;
            var text = names.From(names.Word(4)).Slice(names.Word(record + 10), names.Word(record + 8)).Span;
            var name = string.Concat((names.Word(record) is 0 or 3 ? Encoding.BigEndianUnicode : Encoding.ASCII).GetString(text).Where(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
            if (name.Length is > 0 and <= 63)
                return name;
        }
        return "Font";
    }
}
