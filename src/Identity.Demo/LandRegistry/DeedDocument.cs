using System.Globalization;
using System.Text;

namespace Identity.Demo.LandRegistry;

/// <summary>
/// The deed as a one-page PDF 1.7 with a classic cross-reference table. The font is one of the fourteen that every viewer has
/// (ISO 32000-1 9.6.2.2), so the text is limited to WinAnsiEncoding; a character outside it is written as a question mark.
/// </summary>
public static class DeedDocument
{
    const int LineLength = 84;
    static readonly Encoding WinAnsi = CodePagesEncodingProvider.Instance.GetEncoding(1252, new EncoderReplacementFallback("?"), DecoderFallback.ExceptionFallback)!;

    /// <param name="number">The registry's number of the deed.</param>
    /// <param name="person">Name of the person who signs.</param>
    /// <param name="identifier">The person's identifier, if known.</param>
    /// <param name="at">When the deed was drawn up.</param>
    public static byte[] Write(string number, string person, string? identifier, DateTimeOffset at) => Write(number, "Deed of transfer of ownership", at,
    [
        $"Transferee: {person}{(identifier is null ? "" : $", {identifier}")}.",
        "Property: plot 78401:101:2345, 12 Harbour Street, residential land of 640 square metres.",
        "The transferee accepts the ownership of the property described above, with its rights and encumbrances as they are entered in the land register "
            + "on the day of signing.",
        "The transferee has read this deed before signing. It takes effect with the electronic signature of the transferee.",
    ]);

    /// <summary>The same for a sale, which seller, buyer and notary sign.</summary>
    public static byte[] WriteSale(string number, string seller, string buyer, string notary, DateTimeOffset at) => Write(number, "Deed of sale", at,
    [
        $"Seller: {seller}. Buyer: {buyer}. Attested by the notary: {notary}.",
        "Property: plot 78401:101:2345, 12 Harbour Street, residential land of 640 square metres.",
        "The seller sells the property described above to the buyer for 240 000 euros, which the buyer has paid, with its rights and encumbrances as they are "
            + "entered in the land register on the day of the last signature.",
        "Seller and buyer have read this deed before signing. It takes effect with the electronic signatures of both and of the notary.",
    ]);

    static byte[] Write(string number, string title, DateTimeOffset at, IReadOnlyList<string> paragraphs)
    {
        var date = at.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        text.Append("BT\n/Text 22 Tf\n72 740 Td\n").Append(Shown(title)).Append("/Text 11 Tf\n0 -34 Td\n16 TL\n");
        string[] all = [$"Land Registry, deed number {number}, drawn up on {date}.", .. paragraphs, "This is a document of a demonstration. It has no legal effect."];
        foreach (var line in all.SelectMany(paragraph => Wrap(paragraph).Append("")))
            text.Append(Shown(line)).Append("T*\n");
        text.Append("ET\n0.6 w 72 726 m 523 726 l S\n");
        return Assemble(text.ToString(), $"Deed {number}", at);
    }

    static IEnumerable<string> Wrap(string paragraph)
    {
        var line = new StringBuilder();
        foreach (var word in paragraph.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > LineLength)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        yield return line.ToString();
    }

    // ISO 32000-1 7.3.4.2: parentheses and the backslash are escaped, and no control character can end the line.
    static string Literal(string text)
    {
        var literal = new StringBuilder("(");
        foreach (var c in text)
            literal.Append(c is '(' or ')' or '\\' ? $"\\{c}" : char.IsControl(c) ? " " : c.ToString());
        return literal.Append(')').ToString();
    }

    static string Shown(string text) => Literal(text) + " Tj\n";

    static byte[] Assemble(string content, string title, DateTimeOffset at)
    {
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /Text 5 0 R >> >> >>",
            $"<< /Length {WinAnsi.GetByteCount(content)} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            $"<< /Title {Literal(title)} /CreationDate (D:{at.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}Z) >>",
        ];
        using var file = new MemoryStream();
        void Put(string text) => file.Write(WinAnsi.GetBytes(text));

        // 7.5.2: four characters above 127 say that the file is binary.
        Put("%PDF-1.7\n%âãÏÓ\n");
        var offsets = new long[objects.Length];
        for (var i = 0; i < objects.Length; i++)
        {
            offsets[i] = file.Position;
            Put($"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }
        var crossReferences = file.Position;
        // 7.5.4: each entry has exactly 20 bytes.
        Put($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            Put(offset.ToString("D10", CultureInfo.InvariantCulture) + " 00000 n \n");
        Put($"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{crossReferences}\n%%EOF\n");
        return file.ToArray();
    }
}
