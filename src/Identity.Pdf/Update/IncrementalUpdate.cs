using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Update;

/// <summary>Why nothing can be appended to this document.</summary>
public enum UpdateRefusal
{
    /// <summary>Bytes behind the end of the last revision, or a cross-reference that other readers read otherwise.</summary>
    AmbiguousStructure,

    /// <summary>The result would break a limit of the format: object numbers or the size of the file.</summary>
    TooLarge,
}

public abstract record UpdateStart
{
    private UpdateStart() { }

    public sealed record Started(IncrementalUpdate Update) : UpdateStart;

    public sealed record Refused(UpdateRefusal Reason, string Message) : UpdateStart;
}

/// <summary>
/// Collects new and changed objects and writes them as one revision behind the file, whose bytes stay a prefix
/// (ISO 32000-2 7.5.6). Values are given as raw PDF syntax, made by <see cref="SyntaxWriter"/>. Not for use by several threads.
/// </summary>
public sealed class IncrementalUpdate
{
    private IncrementalUpdate(PdfDocument document) => Document = document;

    public static UpdateStart Begin(PdfDocument document) => throw new NotImplementedException();

    public PdfDocument Document { get; }

    /// <summary>A number for an object that is added later, so that others can refer to it already.</summary>
    public ObjectId Reserve() => throw new NotImplementedException();

    /// <summary>A new object with this value.</summary>
    public ObjectId Add(ReadOnlyMemory<byte> value) => throw new NotImplementedException();

    /// <summary>The value of a reserved number.</summary>
    public void Define(ObjectId reserved, ReadOnlyMemory<byte> value) => throw new NotImplementedException();

    /// <summary>A new stream; Length is added to the entries.</summary>
    public ObjectId AddStream(IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> entries, ReadOnlyMemory<byte> data) =>
        throw new NotImplementedException();

    /// <summary>Replaces a whole object by a new value.</summary>
    public void Replace(ObjectId id, ReadOnlyMemory<byte> value) => throw new NotImplementedException();

    /// <summary>
    /// Gives a dictionary object other values for these keys (null removes one); all other entries stay byte for byte as they are.
    /// Called again for the same object, it continues from the earlier result.
    /// </summary>
    public void SetEntries(ObjectId dictionary, params ReadOnlySpan<KeyValuePair<string, ReadOnlyMemory<byte>?>> entries) =>
        throw new NotImplementedException();

    /// <summary>The bytes to append to the file.</summary>
    public byte[] WriteTail() => throw new NotImplementedException();
}
