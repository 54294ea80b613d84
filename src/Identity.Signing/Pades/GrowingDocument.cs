using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Pades;

/// <summary>
/// A document to which revisions are appended. Its beginning stays where it is, in memory or on disk, and is hashed once however many
/// signatures and time-stamps cover it. Not for use by several threads.
/// </summary>
internal sealed class GrowingDocument(DocumentBytes original)
{
    // What three revisions with two time-stamps and the validation data of a short chain take.
    private const int RoomForRevisions = 128 * 1024;

    public DocumentBytes Bytes { get; private set; } = original;

    public void Append(ReadOnlyMemory<byte> revision) => Bytes = Bytes.Append(revision, RoomForRevisions);

    /// <summary>Null when the document, with what was appended, goes beyond what can be read.</summary>
    public PdfDocument? Read() => PdfDocument.Read(Bytes, new PdfLimits { FileBytes = Bytes.Length }) is PdfRead.Document document ? document.Value : null;
}
