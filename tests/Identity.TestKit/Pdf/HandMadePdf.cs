using System.Globalization;
using System.Text;

namespace Identity.TestKit.Pdf;

/// <summary>PDF files written by hand: a page with text, updates behind it, and signatures whose CMS some other program makes.</summary>
public static class HandMadePdf
{
    /// <summary>Hexadecimal digits that a signature value gets.</summary>
    private const int Room = 24_000;

    private const string Unset = "0000000000";

    public const int Catalog = 1;
    public const int Page = 3;
    public const int Content = 4;
    public const int FirstFree = 6;

    /// <summary>One page that says "Sold for 100 EUR".</summary>
    public static byte[] Plain(string catalog = "", string page = "")
    {
        const string content = "BT /F1 24 Tf 72 720 Td (Sold for 100 EUR) Tj ET";
        return Append(Encoding.Latin1.GetBytes("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n"),
            (Catalog, $"<</Type/Catalog/Pages 2 0 R{catalog}>>"),
            (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"),
            (Page, $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{page}>>"),
            (Content, Stream(content)),
            (5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"));
    }

    public static string Stream(string text, string entries = "") => $"<</Length {text.Length}{entries}>>\nstream\n{text}\nendstream";

    /// <summary>An incremental update with a table; the first call makes the original.</summary>
    public static byte[] Append(byte[] file, params IReadOnlyList<(int Number, string Value)> objects) => AppendWith("", file, objects);

    /// <param name="trailer">Further entries of the trailer.</param>
    public static byte[] AppendWith(string trailer, byte[] file, params IReadOnlyList<(int Number, string Value)> objects)
    {
        var text = new StringBuilder();
        var rows = new SortedDictionary<int, long>();
        foreach (var (number, value) in objects)
        {
            rows[number] = file.Length + text.Length;
            text.Append(CultureInfo.InvariantCulture, $"{number} 0 obj\n{value}\nendobj\n");
        }
        var previous = LastSection(file);
        var section = file.Length + text.Length;
        text.Append("xref\n");
        if (previous is null)
            text.Append("0 1\n0000000000 65535 f \n");
        foreach (var (number, offset) in rows)
            text.Append(CultureInfo.InvariantCulture, $"{number} 1\n{offset:D10} 00000 n \n");
        var prev = previous is { } known ? FormattableString.Invariant($"/Prev {known}") : "";
        var size = Math.Max(LastSize(file), rows.Keys.LastOrDefault() + 1);
        text.Append(CultureInfo.InvariantCulture, $"trailer\n<</Size {size}/Root 1 0 R{prev}{trailer}>>\nstartxref\n{section}\n%%EOF\n");
        return [.. file, .. Encoding.Latin1.GetBytes(text.ToString())];
    }

    /// <summary>
    /// Adds a signature field (objects FIELD and FIELD+1) and signs: <paramref name="cms"/> gets the bytes of the range and gives the CMS.
    /// </summary>
    public static byte[] Sign(byte[] file, Func<byte[], byte[]> cms, SignatureShape? shape = null)
    {
        shape ??= new SignatureShape();
        var (field, value) = (shape.FirstObject, shape.FirstObject + 1);
        var fields = string.Join(' ', shape.EarlierFields.Append(field).Select(number => $"{number} 0 R"));
        var catalog = $"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]/SigFlags 3>>{shape.Catalog}>>";
        var annotations = string.Join(' ', shape.Annotations.Select(number => $"{number} 0 R").Append(fields));
        var page = $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>{shape.Resources}>>/Annots[{annotations}]{shape.Page}>>";
        var dictionary = $"<</Type/{shape.Type}/Filter/Adobe.PPKLite/SubFilter/{shape.SubFilter}/M(D:{shape.Time}Z){shape.Dictionary}"
            + $"/ByteRange[0 {Unset} {Unset} {Unset}]/Contents<{new string('0', Room)}>>>";
        var signed = AppendWith(shape.Trailer, file,
            (Catalog, shape.Rewrite?.Invoke(catalog) ?? catalog),
            (Page, shape.Rewrite?.Invoke(page) ?? page),
            (field, $"<</Type/Annot/Subtype/Widget/FT/Sig/T({shape.Name})/V {value} 0 R/P 3 0 R/F 132/Rect{shape.Rectangle}{shape.Widget}>>"),
            (value, dictionary));
        var text = Encoding.Latin1.GetString(signed);
        var start = text.LastIndexOf("/Contents<" + new string('0', 40), StringComparison.Ordinal) + "/Contents".Length;
        var end = start + Room + 2;
        var range = shape.ByteRange?.Invoke(start, end, signed.Length) ?? $"0 {start} {end} {signed.Length - end}";
        Patch(signed, text.LastIndexOf($"0 {Unset} {Unset} {Unset}", StringComparison.Ordinal), range.PadRight(4 + (3 * Unset.Length)));
        var container = cms([.. signed[..start], .. signed[end..]]);
        Patch(signed, start + 1, Convert.ToHexString(container));
        return signed;
    }

    public static byte[] Flip(byte[] file, int offset)
    {
        var copy = file.ToArray();
        copy[offset] ^= 1;
        return copy;
    }

    public static int Find(byte[] file, string text) => Encoding.Latin1.GetString(file).IndexOf(text, StringComparison.Ordinal);

    private static void Patch(byte[] file, int offset, string text) => Encoding.Latin1.GetBytes(text).CopyTo(file, offset);

    private static int LastSize(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        var at = text.LastIndexOf("<</Size ", StringComparison.Ordinal);
        return at < 0 ? 100 : int.Parse(text[(at + 8)..].Split('/')[0], CultureInfo.InvariantCulture);
    }

    private static long? LastSection(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        var at = text.LastIndexOf("startxref\n", StringComparison.Ordinal);
        return at < 0 ? null : long.Parse(text[(at + 10)..].Split('\n')[0], CultureInfo.InvariantCulture);
    }
}

/// <summary>How a signature is laid out; the defaults are those of an ordinary invisible one.</summary>
public sealed record SignatureShape
{
    public int FirstObject { get; init; } = HandMadePdf.FirstFree;

    public IReadOnlyList<int> EarlierFields { get; init; } = [];

    public string Name { get; init; } = "Signature1";

    public string Type { get; init; } = "Sig";

    public string SubFilter { get; init; } = "ETSI.CAdES.detached";

    public string Rectangle { get; init; } = "[0 0 0 0]";

    /// <summary>The time that the signer states: year to second, in UTC.</summary>
    public string Time { get; init; } = "20261123100000";

    /// <summary>Further entries of the signature dictionary, of the catalog, of the page.</summary>
    public string Dictionary { get; init; } = "";

    public string Catalog { get; init; } = "";

    public string Page { get; init; } = "";

    /// <summary>Further entries of the page's resources, and of the signature's widget.</summary>
    public string Resources { get; init; } = "";

    public string Widget { get; init; } = "";

    /// <summary>Further entries of the trailer.</summary>
    public string Trailer { get; init; } = "";

    /// <summary>What is written otherwise in the catalog and in the page.</summary>
    public Func<string, string>? Rewrite { get; init; }

    /// <summary>Objects in Annots that are no fields.</summary>
    public IReadOnlyList<int> Annotations { get; init; } = [];

    /// <summary>The ByteRange from start and end of Contents and the length of the file, when it is not to be the right one.</summary>
    public Func<int, int, int, string>? ByteRange { get; init; }
}
