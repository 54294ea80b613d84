using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Fonts;

/// <summary>
/// Writes a subset as a composite font: Type0 with Identity-H over a CIDFontType2 (ISO 32000-2 9.7), with what PDF/A asks for: the program embedded,
/// widths equal to its own, CIDToGIDMap, ToUnicode (ISO 19005-1 6.3), CIDSet (6.3.5; in later parts it must be complete if it is there: it is).
/// </summary>
internal static class EmbeddedFont
{
    // 9.7.6: characters of one section of a CMap.
    private const int SectionSize = 100;

    public static ObjectId Add(IncrementalUpdate update, FontSubset subset)
    {
        var font = subset.Font;
        // First, for it takes in the components of accented glyphs.
        var program = subset.Write();
        // 9.9.2: six letters that tell this subset from others.
        var name = string.Concat(SHA256.HashData(program).Take(6).Select(value => (char)('A' + value % 26))) + "+" + font.PostScriptName;
        var file = Compressed(update, program, ("Length1", program.Length));
        var present = Compressed(update, Present(subset.Glyphs.Count));
        var meanings = Compressed(update, Encoding.ASCII.GetBytes(ToUnicode(subset.Meanings)));
        var descriptor = new SyntaxWriter().BeginDictionary().Name("Type").Name("FontDescriptor").Name("FontName").Name(name)
            // Table 121: symbolic, for the glyphs are not those of the standard Latin set alone.
            .Name("Flags").Integer(4).Name("ItalicAngle").Integer(0).Name("Ascent").Integer(Thousandths(font, font.Ascent)).Name("Descent").Integer(Thousandths(font, font.Descent))
            .Name("CapHeight").Integer(Thousandths(font, font.CapHeight)).Name("StemV").Integer(80).Name("FontBBox").BeginArray();
        foreach (var bound in font.Bounds)
            descriptor.Integer(Thousandths(font, bound));
        descriptor.EndArray().Name("FontFile2").Reference(file).Name("CIDSet").Reference(present).EndDictionary();
        var descendant = new SyntaxWriter().BeginDictionary().Name("Type").Name("Font").Name("Subtype").Name("CIDFontType2").Name("BaseFont").Name(name)
            .Name("CIDSystemInfo").BeginDictionary().Name("Registry").Text("Adobe").Name("Ordering").Text("Identity").Name("Supplement").Integer(0).EndDictionary()
            .Name("FontDescriptor").Reference(update.Add(descriptor.Written)).Name("CIDToGIDMap").Name("Identity").Name("DW").Integer(1000)
            .Name("W").BeginArray().Integer(0).BeginArray();
        foreach (var glyph in subset.Glyphs)
            descendant.Integer(Thousandths(font, font.Advance(glyph)));
        descendant.EndArray().EndArray().EndDictionary();
        return update.Add(new SyntaxWriter().BeginDictionary().Name("Type").Name("Font").Name("Subtype").Name("Type0").Name("BaseFont").Name(name).Name("Encoding").Name("Identity-H")
            .Name("DescendantFonts").BeginArray().Reference(update.Add(descendant.Written)).EndArray().Name("ToUnicode").Reference(meanings).EndDictionary().Written);
    }

    internal static ObjectId Compressed(IncrementalUpdate update, ReadOnlySpan<byte> data, params ReadOnlySpan<(string Key, long Value)> entries)
    {
        var all = new List<KeyValuePair<string, ReadOnlyMemory<byte>>> { new("Filter", new SyntaxWriter().Name("FlateDecode").Written) };
        foreach (var (key, value) in entries)
            all.Add(new(key, new SyntaxWriter().Integer(value).Written));
        return update.AddStream(all, Deflate(data));
    }

    internal static byte[] Deflate(ReadOnlySpan<byte> data)
    {
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(data);
        return packed.ToArray();
    }

    // 9.8.1: a thousandth of the em.
    private static int Thousandths(TrueTypeFont font, int units) => (int)Math.Round(units * 1000.0 / font.UnitsPerEm, MidpointRounding.AwayFromZero);

    // 9.8.3.1 table 122: one bit a CID, the highest first.
    private static byte[] Present(int count)
    {
        var bits = new byte[(count + 7) / 8];
        for (var cid = 0; cid < count; cid++)
            bits[cid / 8] |= (byte)(0x80 >> (cid % 8));
        return bits;
    }

    // 9.10.3.
    private static string ToUnicode(IReadOnlyDictionary<int, Rune> meanings)
    {
        var map = new StringBuilder("""
            /CIDInit /ProcSet findresource begin
            12 dict begin
            begincmap
            /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
            /CMapName /Adobe-Identity-UCS def
            /CMapType 2 def
            1 begincodespacerange
            <0000> <FFFF>
            endcodespacerange

            """);
        foreach (var section in meanings.OrderBy(meaning => meaning.Key).Chunk(SectionSize))
        {
            map.Append(CultureInfo.InvariantCulture, $"{section.Length} beginbfchar\n");
            foreach (var (cid, character) in section)
                map.Append(CultureInfo.InvariantCulture, $"<{cid:X4}> <{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(character.ToString()))}>\n");
            map.Append("endbfchar\n");
        }
        return map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").ToString();
    }
}
