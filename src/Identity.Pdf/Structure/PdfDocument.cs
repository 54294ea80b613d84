using Identity.Pdf.Encryption;
using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// A PDF file read strictly, with one interpretation and without repair (ISO 32000-1, 32000-2). Reading checks the syntax of
/// every object of every revision, so asking for objects later does not fail; page and image streams are not decoded.
/// Safe for use by several threads.
/// </summary>
public sealed class PdfDocument
{
    private readonly RevisionView[] views;

    internal PdfDocument(DocumentBytes bytes, PdfLimits limits, string headerVersion, ObjectTable table, List<Revision> revisions,
        long newestSection, ByteSpan? trailingBytes, DeviationList deviations)
    {
        (Bytes, Limits, HeaderVersion, Table, Revisions) = (bytes, limits, headerVersion, table, revisions);
        (NewestSection, TrailingBytes, Deviations) = (newestSection, trailingBytes, deviations.Listed);
        StoreStreams = new(limits);
        views = [.. revisions.Select(revision => new RevisionView(this, revision))];
    }

    public DocumentBytes Bytes { get; }

    /// <summary>The whole file. Only for a document that was read from memory.</summary>
    public ReadOnlyMemory<byte> File => Bytes.InMemory ?? throw new InvalidOperationException("the document was not read from memory");

    public PdfLimits Limits { get; }

    /// <summary>Version in the header, for instance 1.7.</summary>
    public string HeaderVersion { get; }

    /// <summary>Oldest first; never empty.</summary>
    public IReadOnlyList<Revision> Revisions { get; }

    /// <summary>What breaks the letter of the standard without leaving a choice of reading.</summary>
    public IReadOnlyList<Deviation> Deviations { get; }

    /// <summary>Bytes behind the end of the last revision that was read, when they are more than white space.</summary>
    public ByteSpan? TrailingBytes { get; }

    /// <summary>White space behind the end of the last revision that was read, in bytes.</summary>
    public long TrailingWhiteSpace { get; internal init; }

    /// <summary>
    /// Why <see cref="TrailingBytes"/>, although they have an end of file of their own, are not read: the document is then read as it was
    /// when it was signed. Null in the ordinary case. Such a document must never count as unchanged.
    /// </summary>
    public PdfRefusal? UnreadableUpdate { get; internal init; }

    /// <summary>The newest revision.</summary>
    public RevisionView Latest => views[^1];

    /// <summary>Every signature dictionary of every revision, in file order.</summary>
    public IReadOnlyList<SignatureDictionary> Signatures { get; internal set; } = [];

    /// <summary>Null when the document is not encrypted.</summary>
    internal SecurityHandler? Security { get; init; }

    internal ObjectTable Table { get; }

    /// <summary>Streams of security stores, which many revisions have in common.</summary>
    internal SecurityStoreStreams StoreStreams { get; }

    /// <summary>The offset that the last startxref gives.</summary>
    internal long NewestSection { get; }

    /// <summary>Reads a file. The bytes must not change while the document is in use.</summary>
    public static PdfRead Read(DocumentBytes file, PdfLimits? limits = null)
    {
        try
        {
            return new PdfRead.Document(DocumentReader.Read(file, limits ?? PdfLimits.Default));
        }
        catch (PdfRefusedException refused)
        {
            return new PdfRead.Refused(refused.Refusal);
        }
    }

    /// <summary>The document as of a revision.</summary>
    /// <param name="revision">1 is the original.</param>
    public RevisionView AsOf(int revision)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(revision, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, views.Length);
        return views[revision - 1];
    }

    /// <summary>
    /// As <see cref="AsOf"/>, but nobody else's: pages, form and closure go with the view when it is dropped. For going through
    /// all revisions of a document, which together can have more pages than memory has room for.
    /// </summary>
    public RevisionView AsOfAnew(int revision) => new(this, AsOf(revision).Revision);

    /// <summary>The object that a reference means as of a revision: <see cref="PdfNull.Absent"/> when there is none or it was freed.</summary>
    public PdfObject ResolveAsOf(int revision, ObjectId id) => AsOf(revision).Resolve(id);
}
