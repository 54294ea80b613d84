namespace Identity.Pdf.Fonts;

/// <summary>From Unicode to glyphs: formats 4 and 12 of the table `cmap` (ISO/IEC 14496-22 5.2.1).</summary>
internal sealed class CharacterMap
{
    private const int LargestGroups = 100_000;
    private readonly FontTable table;
    private readonly int format;

    private CharacterMap(FontTable table, int format) => (this.table, this.format) = (table, format);

    /// <exception cref="FormatException">There is no map of Unicode that is read here.</exception>
    public static CharacterMap Read(FontTable cmap)
    {
        CharacterMap? best = null;
        for (var at = 0; at < cmap.Word(2); at++)
        {
            var entry = 4 + 8L * at;
            var (platform, encoding) = (cmap.Word(entry), cmap.Word(entry + 2));
            // Windows or Unicode; symbols of their own have no characters.
            if (!(platform == 0 && encoding != 5) && !(platform == 3 && encoding is 1 or 10))
                continue;
            var table = cmap.From(cmap.Long(entry + 4));
            var format = table.Word(0);
            // 12 has all of Unicode, 4 its first 65536 characters.
            if (format is 4 or 12 && (best is null || format > best.format))
                best = new CharacterMap(table, format);
        }
        return best is null || (best.format == 12 && best.table.Long(12) > LargestGroups) ? throw new FormatException("the font has no map from Unicode that is read here") : best;
    }

    /// <summary>0 when the font has no glyph for it.</summary>
    public int Glyph(int character) => format == 12 ? InGroups(character) : character <= 0xFFFF ? InSegments(character) : 0;

    private int InGroups(int character)
    {
        long low = 0, high = (long)table.Long(12) - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var group = 16 + 12 * middle;
            if (character < table.Long(group))
                high = middle - 1;
            else if (character > table.Long(group + 4))
                low = middle + 1;
            else
                return (int)Math.Min(ushort.MaxValue, table.Long(group + 8) + (character - table.Long(group)));
        }
        return 0;
    }

    private int InSegments(int character)
    {
        var doubled = table.Word(6) & ~1;
        long ends = 14, starts = ends + doubled + 2, deltas = starts + doubled, offsets = deltas + doubled;
        for (var at = 0; at < doubled; at += 2)
        {
            if (character > table.Word(ends + at))
                continue;
            int start = table.Word(starts + at), offset = table.Word(offsets + at);
            if (character < start)
                return 0;
            if (offset == 0)
                return (character + table.Word(deltas + at)) & 0xFFFF;
            int glyph = table.Word(offsets + at + offset + 2 * (character - start));
            return glyph == 0 ? 0 : (glyph + table.Word(deltas + at)) & 0xFFFF;
        }
        return 0;
    }
}
