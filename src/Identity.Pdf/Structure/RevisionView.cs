using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>The document as a reader saw it when the file ended with this revision.</summary>
public sealed class RevisionView
{
    // An object may be nothing but a reference to another one; readers give up on long chains.
    private const int MostHops = 32;
    private readonly Lazy<PageTree> pages;
    private readonly Lazy<FormTree> form;
    private readonly Lazy<SecurityStore?> store;
    private readonly Lazy<ObjectClosure> closure;

    internal RevisionView(PdfDocument document, Revision revision)
    {
        (Document, Revision) = (document, revision);
        pages = new(() => PageTreeReader.Read(this));
        form = new(() => FormReader.Read(this));
        store = new(() => SecurityStoreReader.Read(this));
        closure = new(() => new ObjectClosure(this));
    }

    public PdfDocument Document { get; }

    public Revision Revision { get; }

    /// <summary>The document catalog (ISO 32000-2 7.7.2).</summary>
    public PdfDictionary Catalog => (PdfDictionary)Resolve(CatalogId);

    public ObjectId CatalogId => ((PdfReference)Revision.Trailer["Root"]!).Target;

    /// <summary>The later of header and catalog Version (7.2.2), for instance 2.0.</summary>
    public string Version
    {
        get
        {
            var catalog = Get<PdfName>(Catalog, "Version")?.Value;
            return catalog is [>= '0' and <= '9', '.', >= '0' and <= '9'] && string.CompareOrdinal(catalog, Document.HeaderVersion) > 0
                ? catalog : Document.HeaderVersion;
        }
    }

    /// <summary>All objects that exist, by number, reachable or not.</summary>
    public IEnumerable<ObjectId> Objects => Document.Table.Newest
        .Select(newest => Document.Table.At(newest.Number, Revision.Number))
        .Where(definition => definition is not null and not { Kind: EntryKind.Free })
        .Select(definition => definition!.Id)
        .OrderBy(id => id.Number);

    public PageTree Pages => pages.Value;

    public FormTree Form => form.Value;

    /// <summary>Null when the catalog has no DSS dictionary.</summary>
    public SecurityStore? SecurityStore => store.Value;

    /// <summary>Objects reachable from the trailer, and who uses whom.</summary>
    public ObjectClosure Closure => closure.Value;

    /// <summary>The object; <see cref="PdfNull.Absent"/> when there is none or it was freed.</summary>
    public PdfObject Resolve(ObjectId id) => Definition(id)?.Value ?? PdfNull.Absent;

    /// <summary>Follows references until something else; any other value is given back, and null as <see cref="PdfNull.Absent"/>.</summary>
    public PdfObject Resolve(PdfObject? value)
    {
        for (var hops = 0; value is PdfReference reference; hops++)
        {
            if (hops == MostHops)
                return PdfNull.Absent;
            value = Resolve(reference.Target);
        }
        return value ?? PdfNull.Absent;
    }

    /// <summary>The entry with references followed; null when it is absent or of another kind.</summary>
    public T? Get<T>(PdfDictionary dictionary, string key) where T : PdfObject => Resolve(dictionary[key]) as T;

    /// <summary>Where the object stands; null when there is none or it was freed.</summary>
    public ObjectLocation? Locate(ObjectId id) => Definition(id)?.Location;

    /// <summary>The data of a stream through all its filters, within the limits of the document. Image filters are Unsupported.</summary>
    public StreamData Decode(PdfStream stream) => Decode(stream, Document.Limits.DecodedStreamBytes);

    /// <param name="mostBytes">After each filter; no more than that is decoded, and a stream that has more is TooLarge.</param>
    public StreamData Decode(PdfStream stream, int mostBytes)
    {
        try
        {
            return new StreamData.Decoded(Filters.Decode(stream, Resolve, Document.Limits with { DecodedStreamBytes = Math.Min(mostBytes, Document.Limits.DecodedStreamBytes) }));
        }
        catch (PdfRefusedException refused)
        {
            return new StreamData.Failed(refused.Refusal);
        }
    }

    internal ObjectDefinition? Definition(ObjectId id)
    {
        var definition = Document.Table.At(id.Number, Revision.Number);
        return definition is { Kind: not EntryKind.Free } && definition.Id == id ? definition : null;
    }

    /// <exception cref="PdfRefusedException">The trailer of this revision does not lead to a catalog.</exception>
    internal void CheckCatalog()
    {
        // 7.5.5: Root is an indirect reference to a dictionary.
        if (Revision.Trailer["Root"] is not PdfReference { Target: var root } || Resolve(root) is not PdfDictionary)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the trailer at byte {Revision.Trailer.Start} does not lead to a catalog");
    }
}
