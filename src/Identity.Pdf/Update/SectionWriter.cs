using System.Globalization;
using System.Security.Cryptography;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Update;

/// <summary>Writes the cross-reference section and the end of an update, in the kind of the last section.</summary>
internal static class SectionWriter
{
    // 7.5.6: every other entry of the last trailer is taken over. These belong to the section itself.
    private static readonly HashSet<string> OwnKeys = new(StringComparer.Ordinal)
    {
        "Size", "Prev", "XRefStm", "ID", "Type", "W", "Index", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL",
    };

    public static void Write(PdfDocument document, SyntaxWriter writer, List<(ObjectId Id, long Offset)> entries, int nextNumber)
    {
        var section = document.Bytes.Length + writer.Length;
        var identifier = Identifier(document, writer.Written.Span);
        // A stream behind a hybrid's table would not be understood by the readers that the table is there for.
        if (document.Latest.Revision.Kind == CrossReferenceKind.Stream)
            WriteStream(document, writer, entries, new ObjectId(nextNumber, 0), section, identifier);
        else
            WriteTable(document, writer, entries, nextNumber, identifier);
        writer.Put("\nstartxref\n"u8).Ascii(section.ToString(CultureInfo.InvariantCulture)).Put("\n%%EOF\n"u8);
    }

    private static void WriteTable(PdfDocument document, SyntaxWriter writer, List<(ObjectId Id, long Offset)> entries, int size, ReadOnlyMemory<byte> identifier)
    {
        writer.Put(entries.Count == 0 ? "xref\n0 0\n"u8 : "xref\n"u8);
        foreach (var (first, count) in Runs(entries))
        {
            writer.Put(Ascii($"{entries[first].Id.Number} {count}\n"));
            foreach (var (id, offset) in entries.Skip(first).Take(count))
                writer.Put(Ascii($"{offset:D10} {id.Generation:D5} n \n"));
        }
        writer.Put("trailer\n"u8).BeginDictionary();
        WriteTrailer(document, writer, size, identifier);
        writer.EndDictionary();
    }

    private static void WriteStream(PdfDocument document, SyntaxWriter writer, List<(ObjectId Id, long Offset)> entries, ObjectId own, long section,
        ReadOnlyMemory<byte> identifier)
    {
        entries.Add((own, section));
        var width = 1;
        while (width < 8 && section >> (8 * width) != 0)
            width++;
        writer.Put(Ascii($"{own.Number} 0 obj\n")).BeginDictionary().Name("Type").Name("XRef").Name("W").BeginArray().Integer(1).Integer(width).Integer(2).EndArray();
        writer.Name("Index").BeginArray();
        foreach (var (first, count) in Runs(entries))
            writer.Integer(entries[first].Id.Number).Integer(count);
        writer.EndArray();
        WriteTrailer(document, writer, own.Number + 1, identifier);
        writer.Name("Length").Integer(entries.Count * (width + 3L)).EndDictionary().Put("\nstream\n"u8);
        foreach (var (id, offset) in entries)
        {
            writer.Put([1]);
            for (var at = width - 1; at >= 0; at--)
                writer.Put([(byte)(offset >> (8 * at))]);
            writer.Put([(byte)(id.Generation >> 8), (byte)id.Generation]);
        }
        writer.Put("\nendstream\nendobj"u8);
    }

    private static void WriteTrailer(PdfDocument document, SyntaxWriter writer, int size, ReadOnlyMemory<byte> identifier)
    {
        writer.Name("Size").Integer(size);
        foreach (var (key, value) in document.Latest.Revision.Trailer.Entries)
        {
            if (!OwnKeys.Contains(key.Value))
                writer.Verbatim(key.Raw.Span).Verbatim(value.Raw.Span);
        }
        writer.Name("ID").Verbatim(identifier.Span).Name("Prev").Integer(document.NewestSection);
    }

    // 14.4: the first element stays, the second says which state of the file this is.
    private static ReadOnlyMemory<byte> Identifier(PdfDocument document, ReadOnlySpan<byte> objects)
    {
        var array = document.Latest.Resolve(document.Latest.Revision.Trailer["ID"]) as PdfArray;
        var first = array is { Count: 2 } ? document.Latest.Resolve(array[0]) as PdfString : null;
        using var hash = first is null ? document.Bytes.HashOfPrefix(HashAlgorithmName.SHA256, document.Bytes.Length) : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (first is not null)
            hash.AppendData(first.GetBytes());
        hash.AppendData(Ascii($"{document.Bytes.Length}"));
        hash.AppendData(objects);
        var state = hash.GetHashAndReset().AsSpan(0, 16);
        var writer = new SyntaxWriter().BeginArray();
        if (first is null)
            writer.Hexadecimal(state);
        else
            writer.Verbatim(first.Raw.Span);
        return writer.Hexadecimal(state).EndArray().Written;
    }

    /// <summary>Entries with consecutive numbers: the subsections.</summary>
    private static List<(int First, int Count)> Runs(List<(ObjectId Id, long Offset)> entries)
    {
        var runs = new List<(int First, int Count)>();
        for (var at = 0; at < entries.Count; at++)
        {
            if (at > 0 && entries[at].Id.Number == entries[at - 1].Id.Number + 1)
                runs[^1] = (runs[^1].First, runs[^1].Count + 1);
            else
                runs.Add((at, 1));
        }
        return runs;
    }

    private static byte[] Ascii(FormattableString text) => System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant(text));
}
