using System.Globalization;
using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Encryption;

/// <summary>
/// One state of an encrypted document as a file of its own, in the clear: for programs that draw it and are not to get the password. It shows the
/// same; its bytes are others, and no signature holds in it.
/// </summary>
public static class PlainCopy
{
    /// <param name="mostBytes">Of the copy.</param>
    /// <returns>Null when it would be larger: what stood compressed in object streams stands for itself in it.</returns>
    public static ReadOnlyMemory<byte>? Of(RevisionView view, int mostBytes)
    {
        var writer = new SyntaxWriter();
        writer.Put("%PDF-"u8).Put(Encoding.ASCII.GetBytes(view.Version)).Put("\n%\u00e2\u00e3\n"u8);
        var offsets = new List<(ObjectId Id, int Offset)>();
        foreach (var id in view.Objects)
        {
            var value = view.Definition(id)!.PassingValue;
            if (value is PdfStream { Dictionary: var kind } && kind["Type"] is PdfName { Value: "XRef" or "ObjStm" })
                continue;
            // In digits a string takes twice its bytes.
            if (writer.Length + (2 * value.Length) > mostBytes)
                return null;
            offsets.Add((id, writer.Length));
            writer.Put(Ascii($"{id.Number} {id.Generation} obj\n"));
            if (value is PdfStream stream)
                Write(writer, stream);
            else
                EncryptedSyntax.WritePlain(writer, value);
            writer.Put("\nendobj\n"u8);
        }

        var section = writer.Length;
        writer.Put("xref\n0 1\n0000000000 65535 f \n"u8);
        foreach (var (id, offset) in offsets)
            writer.Put(Ascii($"{id.Number} 1\n{offset:D10} {id.Generation:D5} n \n"));
        writer.Put("trailer\n"u8).BeginDictionary().Name("Size").Integer(offsets.Select(entry => entry.Id.Number).DefaultIfEmpty(0).Max() + 1L)
            .Name("Root").Reference(view.CatalogId).EndDictionary();
        writer.Put(Ascii($"\nstartxref\n{section}\n%%EOF\n"));
        return writer.Length <= mostBytes ? writer.Written : null;
    }

    private static void Write(SyntaxWriter writer, PdfStream stream)
    {
        // What cannot be decrypted shows nothing, here as elsewhere.
        var data = ObjectComparison.Plain(stream) ?? ReadOnlyMemory<byte>.Empty;
        writer.BeginDictionary();
        foreach (var (key, value) in stream.Dictionary.Entries.Where(entry => entry.Key.Value != "Length"))
        {
            writer.Verbatim(key.Raw.Span);
            EncryptedSyntax.WritePlain(writer, value);
        }
        writer.Name("Length").Integer(data.Length).EndDictionary().Put("\nstream\n"u8).Put(data.Span).Put("\nendstream"u8);
    }

    private static byte[] Ascii(FormattableString text) => Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture));
}
