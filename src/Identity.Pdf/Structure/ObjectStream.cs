using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>A decoded object stream (ISO 32000-2 7.5.7). Extends adds nothing: every object has its own cross-reference entry.</summary>
internal sealed class ObjectStream
{
    private readonly PdfSource source;
    private readonly ParseBudget budget;
    private readonly (int Number, int Start)[] index;
    private readonly PdfObject?[] values;
    private bool metIrregularName;

    private ObjectStream(PdfSource source, ParseBudget budget, (int, int)[] index)
    {
        (this.source, this.budget, this.index) = (source, budget, index);
        values = new PdfObject?[index.Length];
    }

    /// <summary>The objects in it, in order.</summary>
    public IReadOnlyList<(int Number, int Start)> Index => index;

    public static ObjectStream Open(int number, PdfStream stream, StreamBudget streams, ParseBudget budget, Func<PdfObject?, PdfObject> resolve)
    {
        var dictionary = stream.Dictionary;
        if (dictionary["Type"] is not PdfName { Value: "ObjStm" })
            throw Malformed(number, "is not an object stream");
        if (resolve(dictionary["N"]) is not PdfInteger { Value: >= 0 } count || resolve(dictionary["First"]) is not PdfInteger { Value: >= 0 } first)
            throw Malformed(number, "has no N or First");
        if (resolve(dictionary["Extends"]) is not (PdfNull or PdfStream))
            throw Malformed(number, "extends something that is no stream");
        var data = streams.Decode(stream, resolve);
        // A pair takes four bytes at least, so N is bounded by the data.
        if (first.Value > data.Length || count.Value > data.Length / 3)
            throw Malformed(number, "is shorter than its dictionary says");
        var source = new PdfSource(data, number);
        return new ObjectStream(source, budget, ReadIndex(number, source, (int)count.Value, (int)first.Value, budget.Limits));
    }

    private static (int, int)[] ReadIndex(int number, PdfSource source, int count, int first, PdfLimits limits)
    {
        var index = new (int Number, int Start)[count];
        var lexer = new PdfLexer(source.Bytes.Span[..first], 0, limits);
        var before = -1;
        for (var at = 0; at < count; at++)
        {
            lexer.Next();
            var inside = lexer.Kind == TokenKind.Integer ? lexer.Integer : -1;
            lexer.Next();
            var offset = lexer.Kind == TokenKind.Integer ? lexer.Integer : -1;
            if (inside is < 0 or > int.MaxValue || offset < 0 || offset > source.Bytes.Length - first || offset <= before)
                throw Malformed(number, "has an index that cannot be read");
            before = (int)offset;
            index[at] = ((int)inside, first + (int)offset);
        }
        return index;
    }

    /// <summary>The object at a position, which must be the object that the entry speaks of.</summary>
    public PdfObject Read(int position, int number)
    {
        if (position >= index.Length || index[position].Number != number)
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"object {number} is not where its entry says in object stream {source.ObjectStream}");
        if (values[position] is { } known)
            return known;
        budget.MetIrregularName = budget.MetConflictingKeys = false;
        // Objects follow each other, and each is read only up to the next, so that no byte is read for two of them.
        var end = position + 1 < index.Length ? index[position + 1].Start : source.Bytes.Length;
        var parser = new ObjectParser(source, index[position].Start, end, budget);
        var value = parser.Value();
        parser.Lexer.Next();
        if (parser.Lexer.Kind != TokenKind.EndOfInput)
            throw Malformed(source.ObjectStream!.Value, $"has more than one value for object {number}");
        if (budget.MetConflictingKeys)
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"a dictionary has one key with two values, in object {number}");
        metIrregularName |= budget.MetIrregularName;
        return values[position] = value;
    }

    public bool TakeIrregularName()
    {
        var met = metIrregularName;
        metIrregularName = false;
        return met;
    }

    private static PdfRefusedException Malformed(int number, string what) => new(PdfRefusalCode.Malformed, $"object stream {number} {what}");
}
