using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Follows the sections from the newest to the oldest (ISO 32000-2 7.5.4 to 7.5.8).</summary>
internal sealed class CrossReferenceReader(FileView file, ParseBudget budget, StreamBudget streams, EndMarkers markers, DeviationList deviations,
    bool mayBeEncrypted)
{
    private readonly IndirectObjectReader objects = new(file, budget, deviations);
    private readonly PdfLimits limits = budget.Limits;
    private int entriesLeft = budget.Limits.Entries;

    /// <summary>Newest first.</summary>
    public List<SectionRead> ReadChain(long newest)
    {
        var chain = new List<SectionRead>();
        var visited = new HashSet<long>();
        // A linearized file has one section more than revisions.
        var most = limits.Revisions + 1;
        for (long? next = newest; next is { } offset; next = chain[^1].Previous)
        {
            if (!visited.Add(offset))
                throw new PdfRefusedException(PdfRefusalCode.Malformed, "the cross-reference sections follow each other in a circle");
            if (chain.Count == most)
                throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the document has more than {limits.Revisions} revisions");
            chain.Add(ReadSection(offset));
            CheckTrailer(chain[^1].Section.Trailer);
            // 7.5.8.2 table 17: Prev of a stream leads to a stream. Programs that follow one kind only rebuild the table where the other comes.
            if (chain.Count > 1 && (chain[^2].Section.Kind == CrossReferenceKind.Stream) != (chain[^1].Section.Kind == CrossReferenceKind.Stream))
            {
                deviations.InSection(chain[^2].PointedAt);
                deviations.Add("sections-mixed", chain[^2].Start, null, "a cross-reference stream follows a table, or a table a stream");
            }
        }
        MarkOlderHybridParts(chain);
        return chain;
    }

    private void MarkOlderHybridParts(List<SectionRead> chain)
    {
        var named = new HashSet<long>();
        for (var at = chain.Count - 1; at >= 0; at--)
        {
            if (chain[at].HybridPart is not { } part || named.Add(part.Start))
                continue;
            deviations.Add("stale-hybrid-stream", chain[at].Start, null, "an update names the cross-reference stream of an earlier revision");
            chain[at] = chain[at] with { HybridPartIsOlder = true };
        }
    }

    private SectionRead ReadSection(long offset)
    {
        deviations.InSection(offset);
        var start = SectionStart(offset);
        var kept = entriesLeft;
        for (var size = 0; ; entriesLeft = kept)
        {
            var (source, position) = file.At(start, ref size);
            try
            {
                var lexer = new PdfLexer(source, position, limits);
                lexer.Next();
                if (lexer.Kind == TokenKind.Integer)
                    return ReadStream(offset, start);
                if (!lexer.IsKeyword("xref"u8))
                    throw NoSection(offset);
                var entries = CrossReferenceTable.Read(source, file.Length, ref lexer, ref entriesLeft, limits, deviations);
                return ReadTrailer(offset, start, entries, source.Offset + lexer.Position);
            }
            catch (MoreBytesNeededException)
            {
                // Again with more of the file in sight.
            }
        }
    }

    private long SectionStart(long offset)
    {
        if (offset < 0 || offset >= file.Length)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "a cross-reference section is said to stand outside the file");
        // Inside a number or a word an object number or xref could be found that is not there.
        if (offset > 0 && file.Peek(offset - 1, 2) is [var before, var first] && Characters.IsRegular(first) && Characters.IsRegular(before))
            throw NoSection(offset);
        var start = file.SkipWhiteSpace(offset, file.Length);
        if (start != offset)
            deviations.Add(start - offset > IndirectObjectReader.MostSpaceBefore ? "offset-far-before-section" : "offset-before-section", offset, null,
                "the offset of a cross-reference section points at white space before it");
        return start;
    }

    private SectionRead ReadTrailer(long offset, long start, List<CrossReferenceEntry> entries, long behindWord)
    {
        budget.MetConflictingKeys = false;
        if (objects.ReadValue(behindWord) is not PdfDictionary trailer)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the trailer behind byte {behindWord} is not a dictionary");
        CheckKeys(trailer);
        var hybrid = Offset(trailer, "XRefStm") is { } stream ? ReadHybridPart(stream) : null;
        var section = new CrossReferenceSection(hybrid is null ? CrossReferenceKind.Table : CrossReferenceKind.Hybrid, new ByteSpan(start, trailer.End),
            trailer, entries.Count);
        return new SectionRead(section, offset, entries, Previous(trailer), hybrid);
    }

    // 7.5.8.4: its own Prev is not followed; the chain is that of the tables.
    private SectionRead ReadHybridPart(long offset)
    {
        var part = ReadStream(offset, SectionStart(offset));
        CheckTrailer(part.Section.Trailer);
        return part with { Previous = null };
    }

    private SectionRead ReadStream(long offset, long start)
    {
        var open = objects.Read(start);
        if (!open.IsOpenStream || open.Value is not PdfDictionary dictionary || dictionary["Type"] is not PdfName { Value: "XRef" })
            throw NoSection(offset);
        CheckKeys(dictionary);
        // 7.5.8.2: none of the values may be indirect, so Length is direct.
        if (dictionary["Length"] is not PdfInteger length)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the cross-reference stream at byte {start} has no direct Length");
        var complete = objects.Complete(open, length.Value);
        var data = streams.Decode((PdfStream)complete.Value, static value => value ?? PdfNull.Absent);
        var entries = CrossReferenceStream.Read(dictionary, data.Span, file.Length, ref entriesLeft, limits, deviations);
        var section = new CrossReferenceSection(CrossReferenceKind.Stream, new ByteSpan(complete.Start, complete.End), dictionary, entries.Count);
        return new SectionRead(section, offset, entries, Previous(dictionary), null);
    }

    private void CheckKeys(PdfDictionary trailer)
    {
        if (budget.MetConflictingKeys || trailer.DuplicateKeys.Count > 0)
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"the trailer at byte {trailer.Start} has a key twice");
    }

    private void CheckTrailer(PdfDictionary trailer)
    {
        if (trailer["Encrypt"] is not (null or PdfNull) && !mayBeEncrypted)
            throw new PdfRefusedException(PdfRefusalCode.Encrypted, "the document is encrypted");
        if (trailer["Size"] is not PdfInteger { Value: >= 0 } size)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the trailer at byte {trailer.Start} has no Size");
        if (size.Value - 1 > limits.ObjectNumber)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the trailer at byte {trailer.Start} speaks of object numbers above {limits.ObjectNumber}");
    }

    private long? Previous(PdfDictionary trailer)
    {
        var previous = Offset(trailer, "Prev");
        if (previous != 0)
            return previous;
        // Offset 0 is the header: no section can be there. With an earlier end of file in sight, readers may look for what Prev fails to name.
        if (markers.IsOneBefore(trailer.Start))
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"the trailer at byte {trailer.Start} does not say where the section before it is");
        deviations.Add("prev-zero", trailer.Start, null, "a trailer names byte 0 as its previous section");
        return null;
    }

    private static long? Offset(PdfDictionary trailer, string key) => trailer[key] switch
    {
        null or PdfNull => null,
        PdfInteger { Value: >= 0 } offset => offset.Value,
        _ => throw new PdfRefusedException(PdfRefusalCode.Malformed, $"{key} of the trailer at byte {trailer.Start} is not an offset"),
    };

    private static PdfRefusedException NoSection(long offset) => new(PdfRefusalCode.Malformed, $"no cross-reference section stands at byte {offset}");
}

/// <summary>Decodes structure streams within what the document may cost in all.</summary>
internal sealed class StreamBudget(PdfLimits limits)
{
    // A stream that is found damaged at its end has been decoded all the same; how far is not known.
    private const int ShareOfDamaged = 8;
    private long left = limits.DecodedBytes;

    public ReadOnlyMemory<byte> Decode(PdfStream stream, Func<PdfObject?, PdfObject> resolve)
    {
        ReadOnlyMemory<byte> data;
        try
        {
            data = Filters.Decode(stream, resolve, limits);
        }
        catch (PdfRefusedException) when ((left -= limits.DecodedBytes / ShareOfDamaged) < 0)
        {
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, "too many object and cross-reference streams are damaged");
        }
        left -= data.Length;
        return left >= 0 ? data
            : throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the object and cross-reference streams decode to more than {limits.DecodedBytes} bytes in all");
    }
}
