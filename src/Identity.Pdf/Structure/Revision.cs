using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

public enum CrossReferenceKind
{
    Table,
    Stream,

    /// <summary>A table whose trailer names a cross-reference stream with further entries (XRefStm, ISO 32000-2 7.5.8.4).</summary>
    Hybrid,
}

/// <summary>One cross-reference section with its trailer.</summary>
/// <param name="Span">From the word xref (or the object header of the stream) to the end of the trailer dictionary (or endobj).</param>
/// <param name="Trailer">The trailer dictionary, or the dictionary of the cross-reference stream.</param>
/// <param name="Entries">Number of entries, free ones included.</param>
public sealed record CrossReferenceSection(CrossReferenceKind Kind, ByteSpan Span, PdfDictionary Trailer, int Entries);

/// <summary>Where an object stands.</summary>
public abstract record ObjectLocation
{
    private ObjectLocation() { }

    /// <summary>In the file.</summary>
    /// <param name="Span">From the object number to the end of the word endobj.</param>
    public sealed record InFile(ByteSpan Span) : ObjectLocation;

    /// <summary>In an object stream (7.5.7).</summary>
    public sealed record InObjectStream(int StreamNumber, int Index) : ObjectLocation;
}

public enum ObjectChangeKind
{
    /// <summary>Did not exist in the revision before.</summary>
    Added,

    /// <summary>Existed, and now stands elsewhere.</summary>
    Overridden,

    /// <summary>Existed, and is now marked free: references to it stand for null.</summary>
    Freed,
}

/// <summary>What a revision does to one object. The values: <see cref="PdfDocument.AsOf"/> the revision before and this one.</summary>
public sealed record ObjectChange(ObjectChangeKind Kind, ObjectId Id, ObjectLocation? Old, ObjectLocation? New);

/// <summary>The original document, or one incremental update (7.5.6).</summary>
public sealed class Revision
{
    private readonly Lazy<ByteAccount> account;

    internal Revision(int number, long start, long endOfFileMarker, long end, bool isLinearized, IReadOnlyList<CrossReferenceSection> sections,
        IReadOnlyList<ObjectChange> changes, Lazy<ByteAccount> account)
    {
        (Number, Start, EndOfFileMarker, End, IsLinearized) = (number, start, endOfFileMarker, end, isLinearized);
        (Sections, Changes, this.account) = (sections, changes, account);
    }

    /// <summary>1 is the original.</summary>
    public int Number { get; }

    public long Start { get; }

    /// <summary>Offset behind the marker %%EOF of this revision.</summary>
    public long EndOfFileMarker { get; }

    /// <summary>Length in bytes of the file as of this revision: behind the end-of-line that follows %%EOF, when there is one.</summary>
    public long End { get; }

    /// <summary>First-page and main section of a linearized file, together one revision (annex F).</summary>
    public bool IsLinearized { get; }

    /// <summary>Newest first: one, or two for a linearized file, and the stream of a hybrid behind its table.</summary>
    public IReadOnlyList<CrossReferenceSection> Sections { get; }

    public CrossReferenceKind Kind => Sections[0].Kind;

    public PdfDictionary Trailer => Sections[0].Trailer;

    /// <summary>By object number. For revision 1 every object is <see cref="ObjectChangeKind.Added"/>.</summary>
    public IReadOnlyList<ObjectChange> Changes { get; }

    /// <summary>
    /// Bytes of this revision that no cross-reference entry, section or trailer explains, white space and comments left out.
    /// Bytes behind the end of the last revision belong to <see cref="PdfDocument.TrailingBytes"/>.
    /// </summary>
    public IReadOnlyList<ByteSpan> Unaccounted => account.Value.Unaccounted[Number - 1];

    /// <summary>
    /// Where in this revision the first word stands by which a program that repairs files would find an object or a trailer that is none by the cross-references;
    /// null when there is none, and for the original.
    /// </summary>
    public long? HiddenObject => account.Value.Hidden[Number - 1];

    /// <summary>
    /// Kinds of <see cref="PdfDocument.Deviations"/> in this revision to which programs may answer by repairing the file; all kinds, even where the list of
    /// deviations is full.
    /// </summary>
    public IReadOnlyList<string> InvitingRepair { get; internal set; } = [];
}
