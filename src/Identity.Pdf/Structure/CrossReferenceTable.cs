using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Reads the subsections of a cross-reference table (ISO 32000-2 7.5.4), behind the word xref.</summary>
internal static class CrossReferenceTable
{
    // Of twenty by the standard; sixteen is the least that is read here.
    private const int BytesOfAnEntry = 16;

    private const int EntryBytes = 20;

    /// <summary>Reads up to the word trailer; the lexer then stands on it.</summary>
    public static List<CrossReferenceEntry> Read(PdfSource source, long fileLength, ref PdfLexer lexer, ref int entriesLeft, PdfLimits limits, DeviationList deviations)
    {
        var entries = new List<CrossReferenceEntry>();
        var offset = source.Offset;
        var hasForm = true;
        var expected = BehindLine(source, ref lexer);
        for (lexer.Next(); !lexer.IsKeyword("trailer"u8); lexer.Next())
        {
            var at = offset + lexer.Start;
            hasForm &= expected is null || lexer.Start == expected;
            var first = Number(offset, ref lexer, limits.ObjectNumber, "first object number");
            var behindFirst = lexer.Position;
            lexer.Next();
            var count = Number(offset, ref lexer, int.MaxValue, "count");
            expected = BehindLine(source, ref lexer);
            hasForm &= lexer.Start == behindFirst + 1 && source.Bytes.Span[behindFirst] == ' ';
            if (count > entriesLeft || (long)first + count - 1 > limits.ObjectNumber)
                throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"a cross-reference subsection at byte {at} has too many entries");
            entriesLeft -= count;
            hasForm &= Subsection(source, fileLength, ref lexer, first, count, entries, deviations, ref expected);
        }
        // 7.5.4: each line has its place. Programs that look for it there, and not for words, find something else or rebuild the table.
        if (!hasForm || (expected is { } end && !IsShortSpace(source.Bytes.Span, end, lexer.Start)))
            deviations.Add("cross-reference-table-form", null, null, "a cross-reference table has more in it than its entries and their headings");
        return entries;
    }

    // An empty line before the word trailer is where all programs skip white space.
    private static bool IsShortSpace(ReadOnlySpan<byte> bytes, int from, int to) =>
        from >= 0 && to >= from && to - from <= IndirectObjectReader.MostSpaceBefore && bytes[from..to].IndexOfAnyExcept(" \r\n"u8) < 0;

    /// <summary>Behind blanks and one end-of-line; -1 when something else stands there.</summary>
    private static int? BehindLine(PdfSource source, ref PdfLexer lexer)
    {
        var bytes = source.Bytes.Span;
        var at = lexer.Position;
        while (at < bytes.Length && bytes[at] == ' ')
            at++;
        if (at + 2 > bytes.Length)
            lexer.CheckEnd();
        return bytes[at..] switch
        {
            [(byte)'\r', (byte)'\n', ..] => at + 2,
            [(byte)'\r' or (byte)'\n', ..] => at + 1,
            _ => -1,
        };
    }

    private static int Number(long offset, ref PdfLexer lexer, int most, string what)
    {
        if (lexer.Kind != TokenKind.Integer || lexer.Integer < 0)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"a cross-reference subsection has no {what}, at byte {offset + lexer.Start}");
        if (lexer.Integer > most)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"a {what} in a cross-reference table is too large, at byte {offset + lexer.Start}");
        return (int)lexer.Integer;
    }

    /// <summary>False when something other than entries stands before or between them. What follows an entry of another form is expected nowhere.</summary>
    private static bool Subsection(PdfSource source, long fileLength, ref PdfLexer lexer, int first, int count, List<CrossReferenceEntry> entries,
        DeviationList deviations, ref int? expected)
    {
        var bytes = source.Bytes.Span;
        var followsDirectly = true;
        entries.EnsureCapacity(entries.Count + Math.Min(count, (bytes.Length - lexer.Position) / BytesOfAnEntry));
        for (var index = 0; index < count; index++)
        {
            lexer.SkipWhiteSpaceAndComments();
            var start = lexer.Position;
            followsDirectly &= expected is null || start == expected;
            lexer.Next();
            var offset = lexer.Kind == TokenKind.Integer ? lexer.Integer : -1;
            lexer.Next();
            var generation = lexer.Kind == TokenKind.Integer ? lexer.Integer : -1;
            lexer.Next();
            var used = lexer.IsKeyword("n"u8);
            if (!used && generation is > 65535 and <= 99999 && lexer.IsKeyword("f"u8))
            {
                // MuPDF writes 65536 for the head of the free list; a free entry's generation decides nothing here.
                deviations.Add("free-entry-generation", null, first + index, "a free entry has a generation above 65535");
                generation = 65535;
            }
            if (offset < 0 || generation is < 0 or > 65535 || !used && !lexer.IsKeyword("f"u8))
                throw new PdfRefusedException(PdfRefusalCode.Malformed, $"a cross-reference entry cannot be read, at byte {source.Offset + start}");
            if (lexer.Position + 2 > bytes.Length)
                lexer.CheckEnd();
            expected = HasFixedForm(bytes, start, lexer.Position) ? start + EntryBytes : null;
            if (expected is null)
                deviations.Add("cross-reference-entry-form", null, null, "cross-reference entries do not have the form of twenty bytes");
            if (used && offset >= fileLength)
                offset = long.MaxValue; // Points behind the file: an object that cannot be read, judged when it is asked for.
            // 7.5.4: object 0 is the head of the free list.
            if (used && first + index == 0)
                deviations.Add("object-zero-in-use", null, 0, "the head of the list of free entries is said to be in use");
            entries.Add(new CrossReferenceEntry(first + index, used ? EntryKind.InFile : EntryKind.Free, used ? offset : 0, (int)generation));
        }
        return followsDirectly;
    }

    // 7.5.4: nnnnnnnnnn ggggg n and a two-character end-of-line, twenty bytes in all.
    private static bool HasFixedForm(ReadOnlySpan<byte> file, int start, int end) =>
        end - start == 18 && end + 2 <= file.Length && file[start + 10] == ' ' && file[start + 16] == ' '
        && (file[end] is (byte)' ' or (byte)'\r') && (file[end + 1] is (byte)'\r' or (byte)'\n');
}
