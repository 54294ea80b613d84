using System.Globalization;
using System.IO.Compression;
using System.Text;
using Identity.Pdf.Appearances;
using Identity.Pdf.Fonts;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Pages;

/// <summary>
/// A new document of paragraphs and pictures that flow over A4 pages, with fonts embedded. Foreign text is drawn as text whatever it is: hidden and
/// reordering characters become replacements. It is written as an update of an empty document, so it is one more file that the reader of this
/// project reads. Not for use by several threads; written once.
/// </summary>
public sealed class WrittenPages
{
    /// <summary>Pages of one document; what comes after is left out, and the last page says so by an ellipsis.</summary>
    public const int MostPages = 200;

    private const double Width = 595, Height = 842, Margin = 56, Leading = 1.35;

    private static readonly byte[] Empty = Encoding.Latin1.GetBytes(
        "%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
        + "xref\n0 3\n0000000000 65535 f \n0000000015 00000 n \n0000000060 00000 n \ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n106\n%%EOF\n");

    private readonly IReadOnlyList<TrueTypeFont> fonts;
    private readonly FontSubset?[] subsets;
    private readonly IncrementalUpdate update;
    private readonly List<(StringBuilder Content, List<(string Name, ObjectId Id)> Pictures)> pages = [];
    private double top;
    private int pictures;
    private bool isFull;

    /// <param name="fonts">For each character the first that has it.</param>
    public WrittenPages(IReadOnlyList<TrueTypeFont> fonts)
    {
        this.fonts = fonts;
        subsets = new FontSubset?[fonts.Count];
        update = PdfDocument.Read(Empty) is PdfRead.Document { Value: var document } && IncrementalUpdate.Begin(document) is UpdateStart.Started started
            ? started.Update
            : throw new InvalidOperationException("the empty document cannot be read");
        NewPage();
    }

    /// <param name="size">Points.</param>
    /// <param name="before">Points above it, but not at the top of a page.</param>
    /// <param name="indent">Points.</param>
    public WrittenPages Paragraph(string text, double size = 10, double before = 4, double indent = 0)
    {
        top += top > Margin ? before : 0;
        foreach (var line in TextLayout.Lines(text, fonts, size, Width - (2 * Margin) - indent))
        {
            Room(size * Leading);
            if (isFull)
                return this;
            Line(line, Margin + indent, Height - top - size, size);
            top += size * Leading;
        }
        return this;
    }

    /// <summary>Pictures side by side, each with the width of its share, none higher than a page.</summary>
    public WrittenPages Row(IReadOnlyList<PngPicture> shown)
    {
        if (shown.Count == 0)
            return this;
        const double gap = 12;
        var share = (Width - (2 * Margin) - (gap * (shown.Count - 1))) / shown.Count;
        var scales = shown.Select(picture => Math.Min(share / picture.Width, (Height - (2 * Margin)) / picture.Height)).ToList();
        var height = shown.Zip(scales, (picture, scale) => picture.Height * scale).Max();
        Room(height);
        if (isFull)
            return this;
        for (var i = 0; i < shown.Count; i++)
        {
            var (wide, high) = (shown[i].Width * scales[i], shown[i].Height * scales[i]);
            var (left, bottom) = (Margin + (i * (share + gap)), Height - top - high);
            var name = FormattableString.Invariant($"P{pictures++}");
            pages[^1].Pictures.Add((name, Image(shown[i])));
            pages[^1].Content.Append(CultureInfo.InvariantCulture, $"q {wide:0.##} 0 0 {high:0.##} {left:0.##} {bottom:0.##} cm /{name} Do Q\n")
                .Append(CultureInfo.InvariantCulture, $"0.6 G 0.5 w {left:0.##} {bottom:0.##} {wide:0.##} {high:0.##} re S\n");
        }
        top += height;
        return this;
    }

    /// <param name="title">Shown by viewers as the name of the window.</param>
    /// <param name="language">BCP 47.</param>
    public byte[] Write(string title, string language, DateTimeOffset made)
    {
        var resources = update.Reserve();
        var numbers = pages.Select(page => (Page: page, Id: update.Reserve())).ToList();
        foreach (var (page, id) in numbers)
            update.Define(id, Page(page, resources));
        var fontNames = new SyntaxWriter().BeginDictionary();
        for (var at = 0; at < subsets.Length; at++)
        {
            if (subsets[at] is { } subset)
                fontNames.Name(FormattableString.Invariant($"F{at}")).Reference(EmbeddedFont.Add(update, subset));
        }
        update.Define(resources, fontNames.EndDictionary().Written);
        var kids = new SyntaxWriter().BeginDictionary().Name("Type").Name("Pages").Name("Count").Integer(numbers.Count).Name("Kids").BeginArray();
        foreach (var (_, id) in numbers)
            kids.Reference(id);
        update.Replace(new ObjectId(2, 0), kids.EndArray().EndDictionary().Written);
        update.Replace(new ObjectId(1, 0), new SyntaxWriter().BeginDictionary().Name("Type").Name("Catalog").Name("Pages").Reference(new ObjectId(2, 0)).Name("Lang").Text(language)
            .Name("ViewerPreferences").BeginDictionary().Name("DisplayDocTitle").Verbatim("true"u8).EndDictionary()
            .Name("Metadata").Reference(Metadata(title, made)).EndDictionary().Written);
        return [.. Empty, .. update.WriteTail()];
    }

    private ReadOnlyMemory<byte> Page((StringBuilder Content, List<(string Name, ObjectId Id)> Pictures) page, ObjectId fontNames)
    {
        var content = update.AddStream([new("Filter", new SyntaxWriter().Name("FlateDecode").Written)], Deflated(Encoding.ASCII.GetBytes(page.Content.ToString())));
        var writer = new SyntaxWriter().BeginDictionary().Name("Type").Name("Page").Name("Parent").Reference(new ObjectId(2, 0))
            .Name("MediaBox").BeginArray().Integer(0).Integer(0).Integer((long)Width).Integer((long)Height).EndArray()
            .Name("Contents").Reference(content).Name("Resources").BeginDictionary().Name("Font").Reference(fontNames).Name("XObject").BeginDictionary();
        foreach (var (name, id) in page.Pictures)
            writer.Name(name).Reference(id);
        return writer.EndDictionary().EndDictionary().EndDictionary().Written;
    }

    // ISO 32000-2 14.3.2: the title in XMP; everything else a reader finds on the pages.
    private ObjectId Metadata(string title, DateTimeOffset made)
    {
        var escaped = System.Security.SecurityElement.Escape(string.Concat(title.EnumerateRunes().Where(rune => !Rune.IsControl(rune)).Select(rune => rune.ToString())));
        var created = made.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var xmp = "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
            + "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">"
            + $"<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{escaped}</rdf:li></rdf:Alt></dc:title><xmp:CreateDate>{created}</xmp:CreateDate>"
            + "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>";
        return update.AddStream([new("Type", new SyntaxWriter().Name("Metadata").Written), new("Subtype", new SyntaxWriter().Name("XML").Written)], Encoding.UTF8.GetBytes(xmp));
    }

    private ObjectId Image(PngPicture picture) => update.AddStream(
    [
        new("Type", new SyntaxWriter().Name("XObject").Written), new("Subtype", new SyntaxWriter().Name("Image").Written),
        new("Width", new SyntaxWriter().Integer(picture.Width).Written), new("Height", new SyntaxWriter().Integer(picture.Height).Written),
        new("ColorSpace", new SyntaxWriter().Name(picture.Components == 3 ? "DeviceRGB" : "DeviceGray").Written), new("BitsPerComponent", new SyntaxWriter().Integer(8).Written),
        new("Filter", new SyntaxWriter().Name("FlateDecode").Written),
        new("DecodeParms", new SyntaxWriter().BeginDictionary().Name("Predictor").Integer(15).Name("Colors").Integer(picture.Components).Name("BitsPerComponent").Integer(8)
            .Name("Columns").Integer(picture.Width).EndDictionary().Written),
    ], picture.Rows);

    private void Line(List<DrawnCharacter> line, double left, double baseline, double size)
    {
        var content = pages[^1].Content.Append(CultureInfo.InvariantCulture, $"BT 1 0 0 1 {left:0.##} {baseline:0.##} Tm\n");
        for (var at = 0; at < line.Count;)
        {
            var font = line[at].Font;
            var subset = subsets[font] ??= new FontSubset(fonts[font]);
            content.Append(CultureInfo.InvariantCulture, $"/F{font} {size:0.##} Tf <");
            for (; at < line.Count && line[at].Font == font; at++)
                content.Append(subset.Use(line[at].Glyph, line[at].Character).ToString("X4", CultureInfo.InvariantCulture));
            content.Append("> Tj\n");
        }
        content.Append("ET\n");
    }

    private void Room(double height)
    {
        if (top + height <= Height - Margin || top <= Margin)
            return;
        if (pages.Count == MostPages)
        {
            if (!isFull)
                Line([DrawableText.Ellipsis(fonts)], Margin, Margin / 2, 10);
            isFull = true;
            return;
        }
        NewPage();
    }

    private void NewPage()
    {
        pages.Add((new StringBuilder(), []));
        top = Margin;
    }

    private static byte[] Deflated(byte[] data)
    {
        using var all = new MemoryStream();
        using (var zip = new ZLibStream(all, CompressionLevel.Optimal, leaveOpen: true))
            zip.Write(data);
        return all.ToArray();
    }
}
