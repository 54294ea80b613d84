using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>An indirect object as it stands at an offset.</summary>
/// <param name="Value">For a stream its dictionary, until <see cref="IndirectObjectReader.Complete"/>.</param>
/// <param name="End">Behind endobj; for a stream that is not complete, behind the word stream.</param>
/// <param name="DataStart">First byte of the stream's data; null when the object is no stream.</param>
internal readonly record struct IndirectObject(ObjectId Id, long Start, long End, PdfObject Value, long? DataStart)
{
    public bool IsOpenStream => DataStart is not null && Value is PdfDictionary;
}

/// <summary>Reads `n g obj ... endobj` (ISO 32000-2 7.3.10) and streams (7.3.8).</summary>
internal sealed class IndirectObjectReader(FileView file, ParseBudget budget, DeviationList deviations)
{
    // An end-of-line before endstream is two bytes at most; a few more bytes of white space are no other data.
    private const int SpaceBeforeEndStream = 16;

    /// <summary>White space that an offset may point at before what it names: an end-of-line, or few of them.</summary>
    public const int MostSpaceBefore = 16;

    /// <summary>Reads the object at an offset; when <paramref name="expected"/> is given, no other.</summary>
    public IndirectObject Read(long offset, ObjectId? expected = null)
    {
        var values = budget.ValuesLeft;
        for (var size = 0; ; budget.ValuesLeft = values)
        {
            var (source, position) = file.At(offset, ref size);
            try
            {
                var read = Read(source, position, offset, expected);
                source.Keep((int)(Math.Min(read.Value.End, read.End) - source.Offset));
                return read;
            }
            catch (MoreBytesNeededException)
            {
                // Again with more of the file in sight.
            }
        }
    }

    /// <summary>One value that is no object: the dictionary of a trailer.</summary>
    public PdfObject ReadValue(long offset)
    {
        var values = budget.ValuesLeft;
        for (var size = 0; ; budget.ValuesLeft = values)
        {
            var (source, position) = file.At(offset, ref size);
            try
            {
                var value = new ObjectParser(source, position, budget).Value();
                source.Keep((int)(value.End - source.Offset));
                return value;
            }
            catch (MoreBytesNeededException)
            {
                // Again with more of the file in sight.
            }
        }
    }

    private IndirectObject Read(PdfSource source, int position, long offset, ObjectId? expected)
    {
        budget.MetIrregularName = budget.MetConflictingKeys = false;
        var parser = new ObjectParser(source, position, budget);
        parser.Lexer.SkipWhiteSpaceAndComments();
        var startInSource = parser.Lexer.Position;
        var start = source.Offset + startInSource;
        var number = HeaderNumber(source, ref parser.Lexer, int.MaxValue);
        var generation = HeaderNumber(source, ref parser.Lexer, 65535);
        parser.Lexer.Next();
        if (!parser.Lexer.IsKeyword("obj"u8))
            throw Malformed("no object stands", offset);
        if (expected is { } wanted && wanted != new ObjectId(number, generation))
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"another object stands where object {wanted.Number} is said to be, at byte {offset}");
        if (start != offset)
        {
            var isNear = start - offset <= MostSpaceBefore && !source.Bytes.Span[position..startInSource].Contains((byte)'%');
            deviations.Add(isNear ? "offset-before-object" : "offset-far-before-object", offset, number, "a cross-reference entry points at white space before its object");
        }
        parser.Lexer.Next();
        if (parser.Lexer.IsKeyword("endobj"u8))
        {
            deviations.Add("empty-object", start, number, "an object has no value");
            return new IndirectObject(new ObjectId(number, generation), start, source.Offset + parser.Lexer.Position, new PdfNull(source, parser.Lexer.Start, 0), null);
        }
        var value = parser.Current();
        var valueEnd = source.Offset + parser.Lexer.Position;
        if (budget.MetConflictingKeys)
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"a dictionary has one key with two values, in the object at byte {start}");
        if (budget.MetIrregularName)
            deviations.Add("irregular-name", start, number, "a name has a number sign that is not an escape, or an escaped zero byte");
        parser.Lexer.Next();
        if (value is PdfDictionary && parser.Lexer.IsKeyword("stream"u8))
            return new IndirectObject(new ObjectId(number, generation), start, source.Offset + parser.Lexer.Position, value, StartOfData(source, ref parser.Lexer, start, number));
        return new IndirectObject(new ObjectId(number, generation), start, EndOfObject(source, ref parser.Lexer, valueEnd, number), value, null);
    }

    private readonly Lazy<ObjectId?> first = new(() => Header(file, budget.Limits, 0));

    /// <summary>The object at byte 0, which is behind the header: that is a comment. Null when none begins there.</summary>
    public ObjectId? First => first.Value;

    /// <summary>The first words of this object stand at the offset.</summary>
    public bool HasHeader(long offset, ObjectId id) => Header(file, budget.Limits, offset) == id;

    private static ObjectId? Header(FileView file, PdfLimits limits, long offset)
    {
        for (var size = 0; ;)
        {
            var (source, position) = file.At(offset, ref size);
            var lexer = new PdfLexer(source, position, limits);
            try
            {
                var number = HeaderNumber(source, ref lexer, int.MaxValue);
                var generation = HeaderNumber(source, ref lexer, 65535);
                lexer.Next();
                return lexer.IsKeyword("obj"u8) ? new ObjectId(number, generation) : null;
            }
            catch (PdfRefusedException)
            {
                return null; // Something else stands there; reading it says what.
            }
            catch (MoreBytesNeededException)
            {
                // Again with more of the file in sight.
            }
        }
    }

    /// <summary>Closes a stream whose Length is known.</summary>
    public IndirectObject Complete(IndirectObject open, long length)
    {
        var dictionary = (PdfDictionary)open.Value;
        var dataStart = open.DataStart!.Value;
        if (length < 0 || length > file.Length - dataStart)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the Length of the stream at byte {open.Start} is out of range");
        for (var size = 0; ;)
        {
            var (source, position) = file.At(dataStart + length, ref size);
            try
            {
                var (wordEnd, end) = EndOfStream(source, position, open);
                return open with { Value = new PdfStream(dictionary, wordEnd - dictionary.Start, dataStart, length), End = end };
            }
            catch (MoreBytesNeededException)
            {
                // Again with more of the file in sight.
            }
        }
    }

    /// <summary>Behind the word endstream, and behind the object.</summary>
    private (long WordEnd, long End) EndOfStream(PdfSource source, int dataEnd, IndirectObject open)
    {
        var bytes = source.Bytes.Span;
        var word = dataEnd;
        while (word < bytes.Length && word - dataEnd < SpaceBeforeEndStream && Characters.IsWhiteSpace(bytes[word]))
            word++;
        if (source.IsPartial && bytes.Length - word < SpaceBeforeEndStream + "endstream".Length)
            throw new MoreBytesNeededException();
        if (!bytes[word..].StartsWith("endstream"u8))
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"the stream at byte {open.Start} does not end where its Length says");
        if (!IsEndOfLineOrNothing(bytes[dataEnd..word]))
            deviations.Add("stream-length", open.Start, open.Id.Number, "white space follows the data of a stream");
        var end = word + "endstream".Length;
        var lexer = new PdfLexer(source, end, budget.Limits);
        lexer.Next();
        return (source.Offset + end, EndOfObject(source, ref lexer, source.Offset + end, open.Id.Number));
    }

    private static int HeaderNumber(PdfSource source, ref PdfLexer lexer, int most)
    {
        var start = source.Offset + lexer.Position;
        lexer.Next();
        return lexer.Kind == TokenKind.Integer && lexer.Integer >= 0 && lexer.Integer <= most ? (int)lexer.Integer : throw Malformed("no object stands", start);
    }

    // 7.3.8.1: the word stream is followed by CR LF or LF, not by CR alone.
    private long StartOfData(PdfSource source, ref PdfLexer lexer, long start, int number)
    {
        var bytes = source.Bytes.Span;
        var at = lexer.Position;
        var line = at;
        while (line < bytes.Length && bytes[line] is (byte)' ' or (byte)'\t')
            line++;
        if (line + 2 > bytes.Length)
            lexer.CheckEnd();
        if (line < bytes.Length && bytes[line] is (byte)'\r' or (byte)'\n')
        {
            if (line != at)
                deviations.Add("stream-keyword", start, number, "white space follows the word stream");
            if (bytes[line] == '\n')
                return source.Offset + line + 1;
            if (line + 1 < bytes.Length && bytes[line + 1] == '\n')
                return source.Offset + line + 2;
            deviations.Add("stream-keyword", start, number, "only a carriage return follows the word stream");
            return source.Offset + line + 1;
        }
        throw Malformed("no end-of-line follows the word stream", source.Offset + at);
    }

    private long EndOfObject(PdfSource source, ref PdfLexer lexer, long valueEnd, int number)
    {
        if (lexer.IsKeyword("endobj"u8))
            return source.Offset + lexer.Position;
        // The value is complete, so what follows cannot change it.
        if (lexer.Kind is TokenKind.Integer or TokenKind.EndOfInput || lexer.IsKeyword("xref"u8) || lexer.IsKeyword("startxref"u8))
        {
            deviations.Add("missing-endobj", valueEnd, number, "an object does not end with endobj");
            return valueEnd;
        }
        throw Malformed("something follows the value of an object", valueEnd);
    }

    private static bool IsEndOfLineOrNothing(ReadOnlySpan<byte> space) => space is [] or [(byte)'\n'] or [(byte)'\r'] or [(byte)'\r', (byte)'\n'];

    private static PdfRefusedException Malformed(string what, long at) => new(PdfRefusalCode.Malformed, $"{what} at byte {at}");
}
