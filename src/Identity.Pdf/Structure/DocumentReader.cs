using Identity.Pdf.Signatures;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>The order in which a file is read; each step needs the ones before.</summary>
internal static class DocumentReader
{
    private const int HeaderSearch = 1024;

    // How many earlier ends of file are tried when the newest cannot be read; each try costs a whole reading.
    private const int MostEarlierEnds = 4;

    // ISO 32000-1 annex H note 18: readers look for %%EOF in so many last bytes.
    private const int EndSearch = 1024;

    // PDFium takes no object from this number on, and searches the file when there is one.
    private const int MostObjects = 4 * 1024 * 1024;

    /// <exception cref="PdfRefusedException">The file is refused.</exception>
    public static PdfDocument Read(DocumentBytes file, PdfLimits limits)
    {
        if (file.Length > limits.FileBytes)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the file has more than {limits.FileBytes} bytes");
        try
        {
            return ReadUpTo(file.Length, file, limits, null);
        }
        catch (PdfRefusedException refused) when (refused.Refusal.Code is PdfRefusalCode.Malformed or PdfRefusalCode.Ambiguous)
        {
            if (ReadSignedPrefix(file, limits, refused.Refusal) is { } signed)
                return signed;
            throw;
        }
    }

    /// <summary>
    /// What was signed is a prefix of the file that can stand alone. When what was appended later cannot be read, the signed prefix still
    /// is, and the rest is reported as unreadable: that is a changed document, while a file without any signature is just refused.
    /// </summary>
    private static PdfDocument? ReadSignedPrefix(DocumentBytes file, PdfLimits limits, PdfRefusal reason)
    {
        foreach (var end in new EndMarkers(new FileView(file, file.Length, limits)).EarlierEnds().Take(MostEarlierEnds))
        {
            try
            {
                var document = ReadUpTo(end, file, limits, reason);
                if (document.Signatures.Any(signature => signature.FieldName is not null))
                    return document;
            }
            catch (PdfRefusedException)
            {
                // This prefix cannot be read either; the refusal of the whole file is the one to report.
            }
        }
        return null;
    }

    private static PdfDocument ReadUpTo(long length, DocumentBytes wholeFile, PdfLimits limits, PdfRefusal? unreadableUpdate)
    {
        var file = new FileView(wholeFile, length, limits);
        var deviations = new DeviationList(limits.ListedDeviations);
        var ofItsSize = limits.For(length);
        var budget = new ParseBudget(ofItsSize);
        var streams = new StreamBudget(ofItsSize);

        var version = ReadHeader(file, deviations);
        var markers = new EndMarkers(file);
        if (markers.Last is not { HasEndOfFile: true } last || markers.LastIsUnreadable is not null)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file has no startxref with an offset and %%EOF at its end");
        // Without a password encrypted documents are refused here: nothing inside them could be read.
        var chain = new CrossReferenceReader(file, budget, streams, markers, deviations, wholeFile.Password is not null).ReadChain(last.PointsAt);
        var layouts = RevisionLayout.Cut(chain, file, markers, limits, deviations);
        var table = new ObjectTable();
        foreach (var layout in layouts)
            table.Add(layout);
        foreach (var section in chain)
            section.Forget();
        var encryption = DocumentEncryption.Of(chain);
        if (encryption is not null)
            file.Split();
        var loader = new ObjectLoader(file, table, layouts, budget, streams, deviations);
        loader.Load(encryption is null ? new UnkeptObjects(wholeFile, file.Whole, ofItsSize) : null, () => encryption?.Open(table, wholeFile.Password!));

        file.Release();

        var account = new Lazy<ByteAccount>(() => ByteAccount.Of(file, layouts, table));
        var revisions = layouts.Select(layout => Describe(layout, table, account)).ToList();
        NoteObjectsBeyondSize(table, revisions, deviations);
        if (last.Start < wholeFile.Length - EndSearch)
        {
            deviations.InRevision(revisions.Count);
            deviations.Add("startxref-far-from-end", last.Start, null, "more follows the last startxref than programs search for it");
        }
        var document = new PdfDocument(wholeFile, limits, version, table, revisions, last.PointsAt, Trailing(new FileView(wholeFile, wholeFile.Length, limits), layouts[^1].End), deviations)
        {
            UnreadableUpdate = unreadableUpdate,
            TrailingWhiteSpace = new FileView(wholeFile, wholeFile.Length, limits).SkipWhiteSpace(layouts[^1].End, wholeFile.Length) - layouts[^1].End,
            Security = encryption?.Handler,
        };
        foreach (var revision in revisions)
            document.AsOf(revision.Number).CheckCatalog();
        ReferenceCheck.Check(document, loader.Defective, budget.MetGeneration, deviations);
        foreach (var layout in layouts)
            revisions[layout.Number - 1].InvitingRepair = deviations.InvitingRepair(layout);
        document.Signatures = SignatureFinder.Find(document);
        // With a signature the rest is a change to report; without one nothing is known of what was lost with the end, a signature for instance.
        if (document.Signatures.Count == 0 && document.TrailingBytes is { } rest && (rest.Length > EndSearch || wholeFile.Slice(rest.Start, (int)rest.Length).AsSpan().IndexOf(" obj"u8) >= 0))
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file breaks off in the middle of an update: its end is missing");
        return document;
    }

    // Table 15: what is numbered Size or above is missing by the letter, and found by most readers.
    private static void NoteObjectsBeyondSize(ObjectTable table, List<Revision> revisions, DeviationList deviations)
    {
        var sizes = revisions.Select(revision => ((PdfInteger)revision.Trailer["Size"]!).Value).ToList();
        var highest = -1;
        foreach (var definition in table.Newest)
        {
            if (definition.Revision == revisions.Count)
                highest = Math.Max(highest, definition.Number);
            if (definition.Kind == EntryKind.Free)
                continue;
            if (definition.Number >= MostObjects)
            {
                deviations.InRevision(definition.Revision);
                deviations.Add("object-number-high", null, definition.Number, "an object has a number that not all programs read");
            }
            if (definition.Number < sizes[^1])
                continue;
            // PDFBox counts only what it writes itself: then it is not the fault of the revision that brought the object.
            deviations.InRevision(definition.Number < sizes[definition.Revision - 1] ? 0 : definition.Revision);
            deviations.Add("object-beyond-size", null, definition.Number, "an object has a number above the Size that the trailer gives");
        }
        // 7.5.5: an object above Size is not there. A program that so finds no catalog searches the file for one.
        if (revisions[^1].Trailer["Root"] is PdfReference root && root.Target.Number > highest && root.Target.Number >= sizes[^1])
        {
            deviations.InRevision(revisions.Count);
            deviations.Add("size-below-catalog", revisions[^1].Trailer.Start, null, "the last trailer gives a Size that leaves out the catalog");
        }
    }

    // 7.5.2: %PDF-1.n or %PDF-2.n.
    private static string ReadHeader(FileView file, DeviationList deviations)
    {
        if (file.Length == 0)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file is empty");
        var start = file.Peek(0, HeaderSearch).IndexOf("%PDF-"u8);
        if (start < 0)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the file is not a PDF: it has no header");
        // Offsets are then counted from the first byte; a file that counts them from the header is refused at its first section.
        if (start > 0)
            deviations.Add("header-not-at-start", start, null, "bytes stand before the header");
        if (file.Peek(start + 5, 3) is [>= (byte)'0' and <= (byte)'9' and var major, (byte)'.', >= (byte)'0' and <= (byte)'9' and var minor, ..])
            return FormattableString.Invariant($"{(char)major}.{(char)minor}");
        throw new PdfRefusedException(PdfRefusalCode.Malformed, "the header has no version");
    }

    private static Revision Describe(RevisionLayout layout, ObjectTable table, Lazy<ByteAccount> account)
    {
        var sections = new List<CrossReferenceSection>();
        foreach (var section in layout.Sections)
        {
            sections.Add(section.Section);
            if (section.HybridPart is { } part)
                sections.Add(part.Section);
        }
        return new Revision(layout.Number, layout.Start, layout.EndOfFileMarker, layout.End, layout.IsLinearized, sections,
            new ObjectChanges(table.DefinedIn(layout.Number)), account);
    }

    private static ByteSpan? Trailing(FileView file, long end) => file.SkipWhiteSpace(end, file.Length) < file.Length ? new ByteSpan(end, file.Length) : null;
}
