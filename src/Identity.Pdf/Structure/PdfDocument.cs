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
    internal PdfDocument(ReadOnlyMemory<byte> file, PdfLimits limits) => (File, Limits) = (file, limits);

    /// <summary>Reads a file. The bytes must not change while the document is in use.</summary>
    public static PdfRead Read(ReadOnlyMemory<byte> file, PdfLimits? limits = null) => throw new NotImplementedException();

    public ReadOnlyMemory<byte> File { get; }

    public PdfLimits Limits { get; }

    /// <summary>Version in the header, for instance 1.7.</summary>
    public string HeaderVersion => throw new NotImplementedException();

    /// <summary>Oldest first; never empty.</summary>
    public IReadOnlyList<Revision> Revisions => throw new NotImplementedException();

    public IReadOnlyList<Deviation> Deviations => throw new NotImplementedException();

    /// <summary>Bytes behind the end of the last revision, when they are more than white space.</summary>
    public ByteSpan? TrailingBytes => throw new NotImplementedException();

    /// <summary>The newest revision.</summary>
    public RevisionView Latest => throw new NotImplementedException();

    /// <summary>The document as of a revision.</summary>
    /// <param name="revision">1 is the original.</param>
    public RevisionView AsOf(int revision) => throw new NotImplementedException();

    /// <summary>The object that a reference means as of a revision: <see cref="PdfNull.Absent"/> when there is none or it was freed.</summary>
    public PdfObject ResolveAsOf(int revision, ObjectId id) => AsOf(revision).Resolve(id);

    /// <summary>Every signature dictionary of every revision, in file order.</summary>
    public IReadOnlyList<SignatureDictionary> Signatures => throw new NotImplementedException();

    /// <summary>The data of a stream through all its filters, within the limits. Image filters are Unsupported.</summary>
    public StreamData Decode(PdfStream stream) => throw new NotImplementedException();
}
