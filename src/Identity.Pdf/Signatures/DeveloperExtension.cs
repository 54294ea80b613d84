using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;

namespace Identity.Pdf.Signatures;

/// <summary>An extension of PDF that a document uses, as its catalog declares it (ISO 32000-2 7.12).</summary>
/// <param name="Prefix">The developer's registered name, such as ESIC.</param>
/// <param name="BaseVersion">Version of PDF that it extends, such as 1.7.</param>
public sealed record DeveloperExtension(string Prefix, string BaseVersion, int Level)
{
    /// <summary>EN 319 142-1 5.6: the security store, before PDF 2.0.</summary>
    public static DeveloperExtension SecurityStore { get; } = new("ESIC", "1.7", 1);

    /// <summary>ISO/TS 32002: further elliptic curves, and EdDSA.</summary>
    public static DeveloperExtension EllipticCurves { get; } = new("ISO_", "2.0", 32002) { Revision = ":2022", Address = "https://www.iso.org/standard/45875.html" };

    /// <summary>ExtensionRevision; with it the prefix holds an array, for its developer has several extensions.</summary>
    public string? Revision { get; private init; }

    public string? Address { get; private init; }

    /// <summary>Declares it where that is possible and has not been done. What is there stays.</summary>
    internal void Declare(IncrementalUpdate update)
    {
        var view = update.Document.Latest;
        switch (view.Resolve(view.Catalog["Extensions"]))
        {
            case PdfNull:
                update.SetEntries(view.CatalogId, Entry("Extensions", new SyntaxWriter().BeginDictionary().Name(Prefix).Verbatim(First().Span).EndDictionary().Written));
                break;
            case PdfDictionary extensions when Value(view, view.Resolve(extensions[Prefix])) is { } value:
                if (view.Catalog["Extensions"] is PdfReference reference && view.Resolve(reference.Target) is PdfDictionary)
                    update.SetEntries(reference.Target, Entry(Prefix, value));
                else
                    update.SetEntries(view.CatalogId, Entry("Extensions", SyntaxEdit.WithEntries(extensions, new Dictionary<string, ReadOnlyMemory<byte>?> { [Prefix] = value })));
                break;
            // Declared already, or something that only its author may mend: the document is read all the same.
        }
    }

    private ReadOnlyMemory<byte>? Value(RevisionView view, PdfObject present) => present switch
    {
        PdfNull => (ReadOnlyMemory<byte>?)First(),
        PdfArray several when Revision is not null && !several.Items.Any(item => IsThis(view, view.Resolve(item))) => SyntaxEdit.WithItem(several, Dictionary().Span),
        _ => null,
    };

    private bool IsThis(RevisionView view, PdfObject declared) => declared is PdfDictionary dictionary && view.Resolve(dictionary["ExtensionLevel"]) is PdfInteger level && level.Value == Level;

    private ReadOnlyMemory<byte> First() => Revision is null ? Dictionary() : new SyntaxWriter().BeginArray().Verbatim(Dictionary().Span).EndArray().Written;

    private ReadOnlyMemory<byte> Dictionary()
    {
        var writer = new SyntaxWriter().BeginDictionary();
        if (Revision is not null)
            writer.Name("Type").Name("DeveloperExtensions");
        writer.Name("BaseVersion").Name(BaseVersion).Name("ExtensionLevel").Integer(Level);
        if (Revision is not null)
            writer.Name("ExtensionRevision").Text(Revision);
        if (Address is not null)
            writer.Name("URL").Text(Address);
        return writer.EndDictionary().Written;
    }

    private static KeyValuePair<string, ReadOnlyMemory<byte>?> Entry(string key, ReadOnlyMemory<byte> value) => new(key, value);
}
