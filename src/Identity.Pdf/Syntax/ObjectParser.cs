namespace Identity.Pdf.Syntax;

/// <summary>What parsing one document may still cost, and what it met on the way.</summary>
internal sealed class ParseBudget(PdfLimits limits)
{
    public PdfLimits Limits { get; } = limits;

    public long ValuesLeft { get; set; } = limits.Values;

    /// <summary>A name with a number sign that is no escape was met since this was last reset.</summary>
    public bool MetIrregularName { get; set; }

    /// <summary>A reference with a generation other than 0 was met anywhere.</summary>
    public bool MetGeneration { get; set; }

    /// <summary>Dictionaries with the same key twice and different values, other than signature dictionaries, since this was last reset.</summary>
    public bool MetConflictingKeys { get; set; }
}

/// <summary>Builds values from tokens (ISO 32000-2 7.3). The recursion is bounded by <see cref="PdfLimits.NestingDepth"/>.</summary>
internal ref struct ObjectParser(PdfSource source, int position, int end, ParseBudget budget)
{
    // Whatever the caller's limits: a frame of Value is about 250 bytes, and the smallest stack in use is 1 MB.
    private const int DeepestRecursion = 500;
    private readonly PdfSource source = source;
    private readonly ReadOnlySpan<byte> bytes = source.Bytes.Span[..end];
    private readonly ParseBudget budget = budget;
    private readonly int depthLimit = Math.Min(budget.Limits.NestingDepth, DeepestRecursion);
    private int valuesLeft = budget.Limits.ValuesPerObject;

    public ObjectParser(PdfSource source, int position, ParseBudget budget) : this(source, position, source.Bytes.Length, budget) { }

    public PdfLexer Lexer = new(source.Bytes.Span[..end], position, budget.Limits, source.Offset, source.IsPartial && end == source.Bytes.Length);

    /// <summary>One value; afterwards the lexer stands on its last token.</summary>
    public PdfObject Value()
    {
        Lexer.Next();
        return Current(0);
    }

    /// <summary>The value whose first token the lexer stands on.</summary>
    public PdfObject Current() => Current(0);

    private PdfObject Current(int depth)
    {
        if (--valuesLeft < 0)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"an object has more than {budget.Limits.ValuesPerObject} values");
        budget.ValuesLeft -= Lexer.Kind is TokenKind.ArrayOpen or TokenKind.DictionaryOpen ? 2 : 1;
        if (budget.ValuesLeft < 0)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the document has more than {budget.Limits.Values} values");
        int start = Lexer.Start, length = Lexer.Position - Lexer.Start;
        return Lexer.Kind switch
        {
            TokenKind.Integer => IntegerOrReference(),
            TokenKind.Real => new PdfReal(source, start, length, Lexer.Real),
            TokenKind.LiteralString => new PdfString(source, start, length, isHexadecimal: false),
            TokenKind.HexadecimalString => new PdfString(source, start, length, isHexadecimal: true),
            TokenKind.Name => Name(),
            TokenKind.ArrayOpen => Array(depth),
            TokenKind.DictionaryOpen => Dictionary(depth),
            TokenKind.Keyword when Lexer.IsKeyword("true"u8) => new PdfBoolean(source, start, length, true),
            TokenKind.Keyword when Lexer.IsKeyword("false"u8) => new PdfBoolean(source, start, length, false),
            TokenKind.Keyword when Lexer.IsKeyword("null"u8) => new PdfNull(source, start, length),
            _ => throw Malformed("a value is expected"),
        };
    }

    private PdfObject IntegerOrReference()
    {
        int start = Lexer.Start, length = Lexer.Position - Lexer.Start;
        var number = Lexer.Integer;
        if (number is >= 0 and <= int.MaxValue && Characters.IsDigit(bytes[start]))
        {
            var ahead = Lexer;
            ahead.SkipWhiteSpaceAndComments();
            // Only a digit can go on to a reference: this also keeps a look ahead from reading a long string twice.
            if (ahead.Position < bytes.Length && Characters.IsDigit(bytes[ahead.Position]))
            {
                ahead.Next();
                if (ahead.Kind == TokenKind.Integer && ahead.Integer is >= 0 and <= 65535)
                {
                    var generation = (int)ahead.Integer;
                    ahead.SkipWhiteSpaceAndComments();
                    if (ahead.Position < bytes.Length && bytes[ahead.Position] == 'R')
                    {
                        ahead.Next();
                        if (ahead.IsKeyword("R"u8))
                        {
                            Lexer = ahead;
                            budget.MetGeneration |= generation != 0;
                            return new PdfReference(source, start, ahead.Position - start, new ObjectId((int)number, generation));
                        }
                    }
                }
            }
        }
        return new PdfInteger(source, start, length, number);
    }

    private readonly PdfName Name()
    {
        var name = NameText.Decode(Lexer.Token[1..], out var irregular);
        budget.MetIrregularName |= irregular;
        return new PdfName(source, Lexer.Start, Lexer.Position - Lexer.Start, name);
    }

    private PdfArray Array(int depth)
    {
        CheckDepth(depth);
        var start = Lexer.Start;
        var items = new List<PdfObject>();
        for (Lexer.Next(); Lexer.Kind != TokenKind.ArrayClose; Lexer.Next())
            items.Add(Current(depth + 1));
        return new PdfArray(source, start, Lexer.Position - start, [.. items]);
    }

    private PdfDictionary Dictionary(int depth)
    {
        CheckDepth(depth);
        var start = Lexer.Start;
        var entries = new List<PdfEntry>();
        for (Lexer.Next(); Lexer.Kind != TokenKind.DictionaryClose; Lexer.Next())
        {
            if (Lexer.Kind != TokenKind.Name)
                throw Malformed("a dictionary key is expected");
            var key = Name();
            Lexer.Next();
            entries.Add(new PdfEntry(key, Current(depth + 1)));
        }
        var duplicates = DuplicateKeys(entries);
        return new PdfDictionary(source, start, Lexer.Position - start, [.. entries], duplicates);
    }

    private readonly string[] DuplicateKeys(List<PdfEntry> entries)
    {
        if (entries.Count < 2)
            return [];
        HashSet<string>? duplicates = null;
        if (entries.Count <= 12)
        {
            for (var left = 0; left < entries.Count; left++)
            {
                for (var right = left + 1; right < entries.Count; right++)
                {
                    if (entries[left].Key.Value == entries[right].Key.Value)
                        (duplicates ??= []).Add(entries[left].Key.Value);
                }
            }
        }
        else
        {
            var seen = new HashSet<string>(entries.Count, StringComparer.Ordinal);
            foreach (var entry in entries)
            {
                if (!seen.Add(entry.Key.Value))
                    (duplicates ??= []).Add(entry.Key.Value);
            }
        }
        if (duplicates is null)
            return [];
        budget.MetConflictingKeys |= Conflict(entries, duplicates);
        return [.. duplicates];
    }

    // 7.3.7: no two entries have the same key. The same value twice can be read in one way only. A signature dictionary is left to
    // the checks of the signature, which name the duplicate to the reader of the report.
    private static bool Conflict(List<PdfEntry> entries, HashSet<string> duplicates)
    {
        if (entries.Exists(entry => entry.Key.Value == "ByteRange"))
            return false;
        var first = new Dictionary<string, PdfObject>(StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            if (duplicates.Contains(key.Value) && !first.TryAdd(key.Value, value) && !first[key.Value].Raw.Span.SequenceEqual(value.Raw.Span))
                return true;
        }
        return false;
    }

    private readonly void CheckDepth(int depth)
    {
        if (depth >= depthLimit)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"arrays and dictionaries are nested deeper than {depthLimit}");
    }

    private readonly PdfRefusedException Malformed(string what) => new(PdfRefusalCode.Malformed, $"{what} at byte {source.Offset + Lexer.Start}");
}
