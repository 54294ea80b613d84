using System.Globalization;
using System.Text;
using Identity.Pdf.Fonts;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Appearances;

/// <summary>Writes an appearance as a form XObject with resources of its own (ISO 32000-2 8.10): upright as the page is shown, in points.</summary>
internal sealed class AppearanceStream
{
    private const double Padding = 4, Frame = 0.5;
    private const int QuietZone = 4;
    private readonly IncrementalUpdate update;
    private readonly SignatureAppearance appearance;
    private readonly FontSubset?[] subsets;
    private readonly StringBuilder content = new();

    private AppearanceStream(IncrementalUpdate update, SignatureAppearance appearance)
    {
        (this.update, this.appearance) = (update, appearance);
        subsets = new FontSubset?[appearance.Fonts.Count];
    }

    /// <param name="width">Points, as shown.</param>
    /// <param name="height">Points, as shown.</param>
    public static ObjectId Add(IncrementalUpdate update, SignatureAppearance appearance, ShownPage page, double width, double height) =>
        new AppearanceStream(update, appearance).Write(page, width, height);

    private ObjectId Write(ShownPage page, double width, double height)
    {
        content.Append("q\n");
        Rectangle(0, 0, width, height).Append("W n\n/Grey CS /Grey cs 0.5 SC 0 sc\n");
        Number(Frame).Append("w\n");
        Rectangle(Frame / 2, Frame / 2, width - Frame, height - Frame).Append("S\n");
        var left = Padding;
        if (appearance.Code is { } code)
        {
            var side = Math.Min(height - 2 * Padding, width * 0.4);
            Code(code, left, (height - side) / 2, side);
            left += side + Padding;
        }
        if (appearance.Picture is { } picture)
        {
            var room = (Width: Math.Min(height - 2 * Padding, width * 0.3), Height: height - 2 * Padding);
            var scale = Math.Min(room.Width / picture.Width, room.Height / picture.Height);
            content.Append("q ");
            Number(picture.Width * scale).Append("0 0 ");
            Number(picture.Height * scale);
            Number(left);
            Number((height - picture.Height * scale) / 2).Append("cm /Picture Do Q\n");
            left += picture.Width * scale + Padding;
        }
        if (width - left - Padding > 0 && height > 2 * Padding)
            Texts(left, width - left - Padding, height);
        content.Append("Q\n");
        return Form(page, width, height);
    }

    private void Code(AppearanceCode code, double left, double bottom, double side)
    {
        var unit = side / (code.Side + 2 * QuietZone);
        content.Append("1 sc\n");
        Rectangle(left, bottom, side, side).Append("f\n0 sc\n");
        for (var row = 0; row < code.Side; row++)
        {
            for (var column = 0; column < code.Side; column++)
            {
                var first = column;
                while (column < code.Side && code.IsDark(row, column))
                    column++;
                if (column > first)
                    Rectangle(left + (QuietZone + first) * unit, bottom + (QuietZone + code.Side - 1 - row) * unit, (column - first) * unit, unit);
            }
        }
        content.Append("f\n");
    }

    private void Texts(double left, double width, double height)
    {
        foreach (var line in TextLayout.Fit(appearance.Texts, appearance.Fonts, width, height - 2 * Padding))
        {
            content.Append("BT 1 0 0 1 ");
            Number(left);
            Number(height - Padding - line.Baseline).Append("Tm\n");
            for (var at = 0; at < line.Characters.Count;)
            {
                var font = line.Characters[at].Font;
                var subset = subsets[font] ??= new FontSubset(appearance.Fonts[font]);
                content.Append(CultureInfo.InvariantCulture, $"/F{font} ");
                Number(line.Size).Append("Tf <");
                for (; at < line.Characters.Count && line.Characters[at].Font == font; at++)
                    content.Append(subset.Use(line.Characters[at].Glyph, line.Characters[at].Character).ToString("X4", CultureInfo.InvariantCulture));
                content.Append("> Tj\n");
            }
            content.Append("ET\n");
        }
    }

    private ObjectId Form(ShownPage page, double width, double height)
    {
        var resources = new SyntaxWriter().BeginDictionary()
            // 8.6.5.2: grey that is defined by itself, whatever output intent the document has or lacks (ISO 19005-1 6.2.3).
            .Name("ColorSpace").BeginDictionary().Name("Grey").BeginArray().Name("CalGray").BeginDictionary().Name("WhitePoint").Verbatim("[0.9505 1 1.089]"u8)
            .Name("Gamma").Verbatim("2.2"u8).EndDictionary().EndArray().EndDictionary();
        if (subsets.Any(subset => subset is not null))
        {
            resources.Name("Font").BeginDictionary();
            for (var at = 0; at < subsets.Length; at++)
            {
                if (subsets[at] is { } subset)
                    resources.Name(FormattableString.Invariant($"F{at}")).Reference(EmbeddedFont.Add(update, subset));
            }
            resources.EndDictionary();
        }
        if (appearance.Picture is { } picture)
            resources.Name("XObject").BeginDictionary().Name("Picture").Reference(Picture(picture)).EndDictionary();
        return update.AddStream(
        [
            new("Type", new SyntaxWriter().Name("XObject").Written), new("Subtype", new SyntaxWriter().Name("Form").Written),
            new("BBox", Numbers([0, 0, width, height])), new("Matrix", Numbers(page.Upright(width, height))), new("Resources", resources.EndDictionary().Written),
        ], Encoding.ASCII.GetBytes(content.ToString()));
    }

    // 8.9.5; 8.6.5.2, 8.6.5.3: grey and sRGB by their definition.
    private ObjectId Picture(AppearancePicture picture)
    {
        var white = "/WhitePoint[0.9505 1 1.089]"u8;
        var colours = new SyntaxWriter().BeginArray().Name(picture.Components == 1 ? "CalGray" : "CalRGB").BeginDictionary().Verbatim(white);
        if (picture.Components == 1)
            colours.Name("Gamma").Verbatim("2.2"u8);
        else
            colours.Verbatim("/Gamma[2.2 2.2 2.2]/Matrix[0.4124 0.2126 0.0193 0.3576 0.7152 0.1192 0.1805 0.0722 0.9505]"u8);
        var data = picture.IsJpeg ? picture.Data : EmbeddedFont.Deflate(picture.Data);
        return update.AddStream(
        [
            new("Type", new SyntaxWriter().Name("XObject").Written), new("Subtype", new SyntaxWriter().Name("Image").Written), new("Width", new SyntaxWriter().Integer(picture.Width).Written),
            new("Height", new SyntaxWriter().Integer(picture.Height).Written), new("BitsPerComponent", new SyntaxWriter().Integer(8).Written),
            new("ColorSpace", colours.EndDictionary().EndArray().Written), new("Filter", new SyntaxWriter().Name(picture.IsJpeg ? "DCTDecode" : "FlateDecode").Written),
        ], data);
    }

    internal static ReadOnlyMemory<byte> Numbers(ReadOnlySpan<double> values)
    {
        var writer = new SyntaxWriter().BeginArray();
        foreach (var value in values)
            writer.Ascii(Text(value));
        return writer.EndArray().Written;
    }

    private StringBuilder Rectangle(double left, double bottom, double width, double height)
    {
        Number(left);
        Number(bottom);
        Number(width);
        return Number(height).Append("re\n");
    }

    private StringBuilder Number(double value) => content.Append(Text(value)).Append(' ');

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
