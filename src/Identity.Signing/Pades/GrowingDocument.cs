using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Pades;

/// <summary>
/// A document to which revisions are appended, copied once however many they are. Bytes once appended never change, so what was read of it
/// stays true. Not for use by several threads.
/// </summary>
internal sealed class GrowingDocument
{
    /// <summary>What three revisions with two time-stamps and the validation data of a short chain take; more makes another copy.</summary>
    private const int RoomForRevisions = 128 * 1024;

    private ReadOnlyMemory<byte> bytes;
    private byte[]? own;

    public GrowingDocument(ReadOnlyMemory<byte> original) => bytes = original;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public void Append(ReadOnlyMemory<byte> revision)
    {
        var length = checked(bytes.Length + revision.Length);
        if (own is null || length > own.Length)
        {
            own = new byte[checked(length + RoomForRevisions)];
            bytes.CopyTo(own);
        }
        revision.CopyTo(own.AsMemory(bytes.Length));
        bytes = own.AsMemory(0, length);
    }

    /// <summary>Null when the document, with what was appended, goes beyond what can be read.</summary>
    public PdfDocument? Read() => PdfDocument.Read(bytes, new PdfLimits { FileBytes = bytes.Length }) is PdfRead.Document document ? document.Value : null;
}
