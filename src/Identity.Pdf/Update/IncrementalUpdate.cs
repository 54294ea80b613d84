using Identity.Pdf.Encryption;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Update;

/// <summary>Why nothing can be appended to this document.</summary>
public enum UpdateRefusal
{
    /// <summary>Bytes behind the end of the last revision, or cross-references that other readers read otherwise.</summary>
    AmbiguousStructure,

    /// <summary>Offsets count from the header, or from the first byte: readers differ.</summary>
    HeaderNotAtStart,

    /// <summary>The result would break a limit of the format: object numbers.</summary>
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
    /// <summary>New objects that one update may hold at most.</summary>
    public const int MaxNewObjects = 100_000;

    // What other readers may answer by rebuilding the cross-references: nothing is appended to such a file.
    private static readonly string[] Disqualifying = ["section-without-end", "missing-end-of-file-marker", "unreadable-object", "object-beyond-size"];

    // As a rule: more only makes the writer grow.
    private const int RoomForTrailer = 1024;

    private readonly SortedDictionary<int, (ObjectId Id, ReadOnlyMemory<byte> Value)> objects = [];
    private readonly Dictionary<ObjectId, Dictionary<string, ReadOnlyMemory<byte>?>> edits = [];
    private int nextNumber;

    private IncrementalUpdate(PdfDocument document, int firstNumber) => (Document, nextNumber) = (document, firstNumber);

    public PdfDocument Document { get; }

    public static UpdateStart Begin(PdfDocument document)
    {
        if (document.TrailingBytes is not null)
            return new UpdateStart.Refused(UpdateRefusal.AmbiguousStructure, "bytes stand behind the end of the document");
        if (document.Deviations.FirstOrDefault(deviation => deviation.Kind == "header-not-at-start") is not null)
            return new UpdateStart.Refused(UpdateRefusal.HeaderNotAtStart, "bytes stand before the header of the document");
        if (document.Deviations.FirstOrDefault(deviation => Disqualifying.Contains(deviation.Kind)) is { } ambiguity)
            return new UpdateStart.Refused(UpdateRefusal.AmbiguousStructure, ambiguity.Text);
        if (Encryption.EncryptedSyntax.HasUnwritableString(document))
            return new UpdateStart.Refused(UpdateRefusal.TooLarge, "a string of the encrypted document is too long to be written again");
        // Some files hold objects above the Size that their trailer gives.
        var size = ((PdfInteger)document.Latest.Revision.Trailer["Size"]!).Value;
        var first = Math.Max(size, document.Table.HighestNumber + 1L);
        return first + MaxNewObjects > document.Limits.ObjectNumber
            ? new UpdateStart.Refused(UpdateRefusal.TooLarge, "the document has no object numbers left")
            : new UpdateStart.Started(new IncrementalUpdate(document, (int)first));
    }

    /// <summary>A number for an object that is defined later, so that others can refer to it already.</summary>
    public ObjectId Reserve() => new(nextNumber++, 0);

    /// <summary>A new object with this value.</summary>
    public ObjectId Add(ReadOnlyMemory<byte> value)
    {
        var id = Reserve();
        Define(id, value);
        return id;
    }

    /// <summary>The value of a reserved number.</summary>
    public void Define(ObjectId reserved, ReadOnlyMemory<byte> value)
    {
        if (objects.Count == MaxNewObjects)
            throw new InvalidOperationException($"an update holds at most {MaxNewObjects} objects");
        objects.Add(reserved.Number, (reserved, value));
    }

    /// <summary>A new stream; Length is added to the entries.</summary>
    public ObjectId AddStream(IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> entries, ReadOnlyMemory<byte> data)
    {
        var id = Reserve();
        if (Document.Security is { } handler)
            data = handler.EncryptStream(id, data.Span);
        var writer = new SyntaxWriter().BeginDictionary();
        foreach (var (key, value) in entries)
            writer.Name(key).Verbatim(value.Span);
        writer.Name("Length").Integer(data.Length).EndDictionary();
        Define(id, writer.Put("\nstream\n"u8).Put(data.Span).Put("\nendstream"u8).Written);
        return id;
    }

    /// <summary>Replaces a whole object by a new value.</summary>
    public void Replace(ObjectId id, ReadOnlyMemory<byte> value)
    {
        if (edits.ContainsKey(id))
            throw new InvalidOperationException($"object {id.Number} is edited in this update already");
        objects[id.Number] = (id, value);
    }

    /// <summary>
    /// Gives a dictionary object other values for these keys (null removes one); all other bytes stay as they are.
    /// Called again for the same object, it adds to the earlier changes.
    /// </summary>
    public void SetEntries(ObjectId dictionary, params ReadOnlySpan<KeyValuePair<string, ReadOnlyMemory<byte>?>> entries)
    {
        if (objects.ContainsKey(dictionary.Number) || Document.Latest.Resolve(dictionary) is not PdfDictionary)
            throw new InvalidOperationException($"object {dictionary.Number} is no dictionary of the document, or is replaced in this update already");
        if (!edits.TryGetValue(dictionary, out var changes))
            edits.Add(dictionary, changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal));
        foreach (var (key, value) in entries)
            changes[key] = value;
    }

    /// <summary>The bytes to append to the file.</summary>
    public byte[] WriteTail() => Compose().Bytes;

    /// <summary>The tail, and where in it the value of each object starts.</summary>
    internal (byte[] Bytes, Dictionary<ObjectId, int> ValueOffsets) Compose()
    {
        var all = new SortedDictionary<int, (ObjectId Id, ReadOnlyMemory<byte> Value)>(objects);
        foreach (var (id, changes) in edits)
            all.Add(id.Number, (id, SyntaxEdit.WithEntries((PdfDictionary)Document.Latest.Resolve(id), changes)));
        // An object's number, the words around it and its entry in the table.
        var writer = new SyntaxWriter(all.Values.Sum(one => one.Value.Length + 64) + RoomForTrailer);
        // 7.5.6: the update starts on a line of its own.
        if (Document.Bytes.Slice(Document.Bytes.Length - 1, 1)[0] is not ((byte)'\n' or (byte)'\r'))
            writer.Put("\n"u8);
        var valueOffsets = new Dictionary<ObjectId, int>();
        var entries = new List<(ObjectId Id, long Offset)>();
        foreach (var (id, value) in all.Values)
        {
            entries.Add((id, Document.Bytes.Length + writer.Length));
            writer.Put(System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"{id.Number} {id.Generation} obj\n")));
            valueOffsets.Add(id, writer.Length);
            writer.Put((Document.Security is { } handler ? EncryptedSyntax.Encrypt(handler, id, value) : value).Span).Put("\nendobj\n"u8);
        }
        SectionWriter.Write(Document, writer, entries, nextNumber);
        return (writer.Written.ToArray(), valueOffsets);
    }
}
