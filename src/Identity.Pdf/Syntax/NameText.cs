using System.Collections.Frozen;

namespace Identity.Pdf.Syntax;

/// <summary>Names as strings (ISO 32000-2 7.3.5). The usual ones are shared, so that reading a large file does not make them again.</summary>
internal static class NameText
{
    private const int LongestUsual = 24;

    private static readonly FrozenSet<string> Usual = new[]
    {
        "A", "AA", "AP", "AS", "AcroForm", "Action", "Adobe.PPKLite", "Alt", "Annot", "Annots", "ArtBox", "Ascent", "Author", "BBox", "BS", "Base",
        "BaseEncoding", "BaseFont", "BitsPerComponent", "BleedBox", "Border", "ByteRange", "C", "CA", "CIDFontType2", "CIDSystemInfo", "CIDToGIDMap",
        "CRLs", "CapHeight", "Catalog", "Certs", "ColorSpace", "Colors", "Columns", "Contents", "Count", "CreationDate", "Creator", "CropBox", "D",
        "DA", "DR", "DSS", "DV", "DW", "Data", "DecodeParms", "DescendantFonts", "Descent", "Dest", "DeviceGray", "DeviceRGB", "Differences",
        "DocMDP", "DocTimeStamp", "Encoding", "Encrypt", "ExtGState", "Extends", "Extensions", "F", "FT", "Ff", "Fields", "Filter", "First",
        "FirstChar", "Flags", "FlateDecode", "Font", "FontBBox", "FontDescriptor", "FontFile2", "FontName", "Form", "Group", "H", "Height", "I", "ID",
        "Identity-H", "Image", "Index", "Info", "ItalicAngle", "JavaScript", "K", "Kids", "Lang", "Last", "LastChar", "Length", "Length1", "Link",
        "Location", "M", "MCID", "MK", "MarkInfo", "Marked", "Matrix", "MediaBox", "Metadata", "ModDate", "N", "Name", "Names", "NeedAppearances",
        "Next", "Nums", "O", "OBJR", "OCSPs", "ObjStm", "Obj", "Ordering", "Outlines", "P", "PDF", "Page", "PageLabels", "PageMode", "Pages", "Parent",
        "ParentTree", "Perms", "Pg", "Predictor", "Prev", "ProcSet", "Producer", "Prop_Build", "Q", "QuadPoints", "R", "Reason", "Rect", "Reference",
        "Registry", "Resources", "Root", "Rotate", "S", "SMask", "Shading", "Sig", "SigFieldLock", "SigFlags", "SigRef", "Size", "StemV", "StructElem",
        "StructParent", "StructParents", "StructTreeRoot", "SubFilter", "Subtype", "Supplement", "T", "TU", "Tabs", "Text", "Title", "ToUnicode",
        "TransformMethod", "TransformParams", "Trans", "TrimBox", "TrueType", "Tx", "Type", "Type0", "Type1", "URI", "V", "VRI", "Version",
        "ViewerPreferences", "W", "Widget", "Width", "Widths", "WinAnsiEncoding", "XFA", "XObject", "XRef", "XRefStm",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> UsualLookup = Usual.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The name behind the slash. <paramref name="irregular"/>: a number sign that is no escape, or an escaped zero byte.</summary>
    public static string Decode(ReadOnlySpan<byte> raw, out bool irregular)
    {
        irregular = false;
        Span<char> text = raw.Length <= 256 ? stackalloc char[raw.Length] : new char[raw.Length];
        var count = 0;
        for (var at = 0; at < raw.Length; at++)
        {
            var value = raw[at];
            if (value == '#')
            {
                if (at + 2 < raw.Length && Characters.HexValue(raw[at + 1]) is >= 0 and var high && Characters.HexValue(raw[at + 2]) is >= 0 and var low)
                {
                    value = (byte)(high << 4 | low);
                    at += 2;
                    irregular |= value == 0;
                }
                else
                {
                    irregular = true;
                }
            }
            text[count++] = (char)value;
        }
        text = text[..count];
        return count <= LongestUsual && UsualLookup.TryGetValue(text, out var shared) ? shared : text.ToString();
    }
}
