using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>The order in which a file is read; each step needs the ones before.</summary>
internal static class DocumentReader
{
    private const int HeaderSearch = 1024;

    /// <exception cref="PdfRefusedException">The file is refused.</exception>
    public static PdfDocument Read(ReadOnlyMemory<byte> file, PdfLimits limits)
    {
        if (file.Length > limits.FileBytes)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the file has more than {limits.FileBytes} bytes");
        var deviations = new DeviationList(limits.ListedDeviations);
        var source = new PdfSource(file, null);
        var budget = new ParseBudget(limits);
        var streams = new StreamBudget(limits);

        var version = ReadHeader(file.Span, deviations);
        var markers = new EndMarkers(file.Span);
        if (markers.Last is not { } last || markers.LastIsUnreadable is not null)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file has no startxref with an offset at its end");
        // Encrypted documents are refused here: nothing inside them could be read.
        var chain = new CrossReferenceReader(source, budget, streams, deviations).ReadChain(last.PointsAt);
        var layouts = RevisionLayout.Cut(chain, file.Span, markers, limits, deviations);
        var table = new ObjectTable();
        foreach (var layout in layouts)
            table.Add(layout);
        var loader = new ObjectLoader(source, table, layouts, budget, streams, deviations);
        loader.Load();

        var unaccounted = ByteAccount.Unaccounted(file.Span, layouts, table, limits);
        var revisions = layouts.Select((layout, index) => Describe(layout, table, unaccounted[index])).ToList();
        var document = new PdfDocument(file, limits, version, table, revisions, last.PointsAt, Trailing(file.Span, layouts[^1].End),
            deviations);
        foreach (var revision in revisions)
            document.AsOf(revision.Number).CheckCatalog();
        ReferenceCheck.Check(document, loader.Defective, budget.MetGeneration, deviations);
        document.Signatures = SignatureFinder.Find(document);
        return document;
    }

    // 7.5.2: %PDF-1.n or %PDF-2.n.
    private static string ReadHeader(ReadOnlySpan<byte> file, DeviationList deviations)
    {
        if (file.IsEmpty)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file is empty");
        var start = file[..Math.Min(file.Length, HeaderSearch)].IndexOf("%PDF-"u8);
        if (start < 0)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file is not a PDF: it has no header");
        // Offsets are then counted from the first byte; a file that counts them from the header is refused at its first section.
        if (start > 0)
            deviations.Add("header-not-at-start", start, null, "bytes stand before the header");
        if (file[(start + 5)..] is [>= (byte)'0' and <= (byte)'9' and var major, (byte)'.', >= (byte)'0' and <= (byte)'9' and var minor, ..])
            return FormattableString.Invariant($"{(char)major}.{(char)minor}");
        throw new PdfRefusedException(PdfRefusalCode.Malformed, "the header has no version");
    }

    private static Revision Describe(RevisionLayout layout, ObjectTable table, List<ByteSpan> unaccounted)
    {
        var sections = new List<CrossReferenceSection>();
        foreach (var section in layout.Sections)
        {
            sections.Add(section.Section);
            if (section.HybridPart is { } part)
                sections.Add(part.Section);
        }
        var changes = table.DefinedIn(layout.Number).Select(Change).ToList();
        return new Revision(layout.Number, layout.Start, layout.EndOfFileMarker, layout.End, layout.IsLinearized, sections, changes, unaccounted);
    }

    private static ObjectChange Change(ObjectDefinition definition)
    {
        var before = definition.Older is { Kind: not EntryKind.Free } older ? older : null;
        var kind = definition.Kind == EntryKind.Free ? ObjectChangeKind.Freed : before is null ? ObjectChangeKind.Added : ObjectChangeKind.Overridden;
        // The generation of a free entry is that of the next use; the object freed is the one before.
        return new ObjectChange(kind, kind == ObjectChangeKind.Freed ? before!.Id : definition.Id, before?.Location, definition.Location);
    }

    private static ByteSpan? Trailing(ReadOnlySpan<byte> file, long end)
    {
        foreach (var value in file[(int)end..])
        {
            if (!Characters.IsWhiteSpace(value))
                return new ByteSpan(end, file.Length);
        }
        return null;
    }
}
