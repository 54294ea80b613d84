namespace Identity.Pdf.Syntax;

/// <summary>What parsing one document may still cost, and what it met on the way.</summary>
internal sealed class ParseBudget(PdfLimits limits)
{
    public PdfLimits Limits { get; } = limits;

    public long ValuesLeft { get; set; } = limits.Values;

    /// <summary>What arrays and dictionaries that are not closed yet hold so far, outer ones first: the lists for them would be half of all memory.</summary>
    public List<PdfObject> OpenItems { get; } = [];

    public List<PdfEntry> OpenEntries { get; } = [];

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
        return Current();
    }

    /// <summary>The value whose first token the lexer stands on.</summary>
    public PdfObject Current()
    {
        // What an object that was refused has left behind.
        budget.OpenItems.Clear();
        budget.OpenEntries.Clear();
        return Current(0);
    }

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
        var first = budget.OpenItems.Count;
        for (Lexer.Next(); Lexer.Kind != TokenKind.ArrayClose; Lexer.Next())
            budget.OpenItems.Add(Current(depth + 1));
        return new PdfArray(source, start, Lexer.Position - start, Closed(budget.OpenItems, first));
    }

    private PdfDictionary Dictionary(int depth)
    {
        CheckDepth(depth);
        var start = Lexer.Start;
        var first = budget.OpenEntries.Count;
        for (Lexer.Next(); Lexer.Kind != TokenKind.DictionaryClose; Lexer.Next())
        {
            if (Lexer.Kind != TokenKind.Name)
                throw Malformed("a dictionary key is expected");
            var key = Name();
            Lexer.Next();
            budget.OpenEntries.Add(new PdfEntry(key, Current(depth + 1)));
        }
        var entries = Closed(budget.OpenEntries, first);
        return new PdfDictionary(source, start, Lexer.Position - start, entries, DuplicateKeys(entries));
    }

    private static T[] Closed<T>(List<T> open, int first)
    {
        var closed = open.Count == first ? [] : new T[open.Count - first];
        open.CopyTo(first, closed, 0, closed.Length);
        open.RemoveRange(first, closed.Length);
        return closed;
    }

    private readonly string[] DuplicateKeys(PdfEntry[] entries)
    {
        if (entries.Length < 2)
            return [];
        HashSet<string>? duplicates = null;
        if (entries.Length <= 12)
        {
            for (var left = 0; left < entries.Length; left++)
            {
                for (var right = left + 1; right < entries.Length; right++)
                {
                    if (entries[left].Key.Value == entries[right].Key.Value)
                        (duplicates ??= []).Add(entries[left].Key.Value);
                }
            }
        }
        else
        {
            var seen = new HashSet<string>(entries.Length, StringComparer.Ordinal);
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
    private static bool Conflict(PdfEntry[] entries, HashSet<string> duplicates)
    {
        if (entries.Any(entry => entry.Key.Value == "ByteRange"))
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
