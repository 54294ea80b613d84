using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>The document as a reader saw it when the file ended with this revision.</summary>
public sealed class RevisionView
{
    internal RevisionView(PdfDocument document, Revision revision) => (Document, Revision) = (document, revision);

    public PdfDocument Document { get; }

    public Revision Revision { get; }

    public PdfDictionary Catalog => throw new NotImplementedException();

    public ObjectId CatalogId => throw new NotImplementedException();

    /// <summary>The later of header and catalog Version, for instance 2.0.</summary>
    public string Version => throw new NotImplementedException();

    /// <summary>The object; <see cref="PdfNull.Absent"/> when there is none or it was freed.</summary>
    public PdfObject Resolve(ObjectId id) => throw new NotImplementedException();

    /// <summary>Follows references until something else; any other value, and null, is given back (null as <see cref="PdfNull.Absent"/>).</summary>
    public PdfObject Resolve(PdfObject? value) => throw new NotImplementedException();

    /// <summary>The entry with references followed; null when it is absent or of another kind.</summary>
    public T? Get<T>(PdfDictionary dictionary, string key) where T : PdfObject => Resolve(dictionary[key]) as T;

    /// <summary>Where the object stands; null when there is none or it was freed.</summary>
    public ObjectLocation? Locate(ObjectId id) => throw new NotImplementedException();

    /// <summary>All objects that exist, by number, reachable or not.</summary>
    public IEnumerable<ObjectId> Objects => throw new NotImplementedException();

    public PageTree Pages => throw new NotImplementedException();

    public FormTree Form => throw new NotImplementedException();

    /// <summary>Null when the catalog has no DSS dictionary.</summary>
    public SecurityStore? SecurityStore => throw new NotImplementedException();

    /// <summary>Objects reachable from the trailer, and by which first path.</summary>
    public ObjectClosure Closure => throw new NotImplementedException();
}
