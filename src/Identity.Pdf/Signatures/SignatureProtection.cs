using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

/// <summary>What a signature forbids for later: DocMDP and FieldMDP (ISO 32000-2 12.8.2).</summary>
internal static class SignatureProtection
{
    /// <summary>The array Reference of the signature; empty when it forbids nothing.</summary>
    public static ReadOnlyMemory<byte> Of(RevisionView view, SignatureRequest request, FormField? existing)
    {
        var fields = existing is null ? request.Lock : ExistingSignatureField.LockOf(view, existing);
        if (request.Certification is null && fields is null)
            return ReadOnlyMemory<byte>.Empty;
        var writer = new SyntaxWriter().BeginArray();
        if (request.Certification is { } permission)
        {
            // 12.8.2.2 table 257.
            Begin(writer, "DocMDP").Name("P").Integer((int)permission).Name("V").Name("1.2").EndDictionary().EndDictionary();
        }
        if (fields is not null)
        {
            // 12.8.2.4 table 258; Data is the catalog, as table 256 asks for with FieldMDP.
            WriteFields(Begin(writer, "FieldMDP"), fields).Name("V").Name("1.2").EndDictionary().Name("Data").Reference(view.CatalogId).EndDictionary();
        }
        return writer.EndArray().Written;
    }

    /// <summary>The lock dictionary of a field (table 236).</summary>
    public static ReadOnlyMemory<byte> LockValue(FieldLock fields) =>
        WriteFields(new SyntaxWriter().BeginDictionary().Name("Type").Name("SigFieldLock"), fields).EndDictionary().Written;

    /// <summary>Perms in the catalog names the certification (12.8.6).</summary>
    public static void SetPermissions(IncrementalUpdate update, ObjectId signature)
    {
        var view = update.Document.Latest;
        var reference = new SyntaxWriter().Reference(signature).Written;
        if (view.Resolve(view.Catalog["Perms"]) is not PdfDictionary permissions)
            update.SetEntries(view.CatalogId, Entry("Perms", new SyntaxWriter().BeginDictionary().Name("DocMDP").Verbatim(reference.Span).EndDictionary().Written));
        else if (view.Catalog["Perms"] is PdfReference own && view.Resolve(own.Target) is PdfDictionary)
            update.SetEntries(own.Target, Entry("DocMDP", reference));
        else
            update.SetEntries(view.CatalogId, Entry("Perms", SyntaxEdit.WithEntries(permissions, new Dictionary<string, ReadOnlyMemory<byte>?> { ["DocMDP"] = reference })));
    }

    private static SyntaxWriter Begin(SyntaxWriter writer, string method) => writer.BeginDictionary().Name("Type").Name("SigRef").Name("TransformMethod").Name(method)
        .Name("TransformParams").BeginDictionary().Name("Type").Name("TransformParams");

    private static SyntaxWriter WriteFields(SyntaxWriter writer, FieldLock fields)
    {
        writer.Name("Action").Name(fields.Action.ToString());
        if (fields.Action == LockAction.All)
            return writer;
        writer.Name("Fields").BeginArray();
        foreach (var name in fields.Fields)
            writer.Text(name);
        return writer.EndArray();
    }

    private static KeyValuePair<string, ReadOnlyMemory<byte>?> Entry(string key, ReadOnlyMemory<byte> value) => new(key, value);
}
