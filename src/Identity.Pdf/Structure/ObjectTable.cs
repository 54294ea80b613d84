using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>One object as one revision defines it. Values are filled in by <see cref="ObjectLoader"/>.</summary>
internal sealed class ObjectDefinition(int revision, CrossReferenceEntry entry, ObjectDefinition? older)
{
    public int Number => entry.Number;

    public int Generation => entry.Kind == EntryKind.InFile ? entry.Detail : 0;

    public EntryKind Kind => entry.Kind;

    public CrossReferenceEntry Entry => entry;

    public int Revision { get; } = revision;

    /// <summary>What it overrides.</summary>
    public ObjectDefinition? Older { get; } = older;

    public ObjectId Id => new(Number, Generation);

    private PdfObject value = PdfNull.Absent;

    public PdfObject Value
    {
        get => value is UnkeptObjects unkept ? Kept(unkept) : value;
        set => this.value = value;
    }

    /// <summary>The same, and not kept when it had been let go: for walks over all objects.</summary>
    public PdfObject PassingValue => value is UnkeptObjects unkept ? unkept.Read(Span) : value;

    /// <summary>The value, or what stands in its place.</summary>
    public PdfObject ValueOrUnkept => value;

    /// <summary>From the object number to behind endobj; only for objects in the file.</summary>
    public ByteSpan Span { get; set; }

    /// <summary>Why it cannot be read; such an object may exist as long as nothing refers to it.</summary>
    public PdfRefusal? Defect { get; set; }

    // Everybody is to get the same instance.
    private PdfObject Kept(UnkeptObjects unkept)
    {
        var before = Interlocked.CompareExchange(ref value, unkept.Read(Span), unkept);
        return before == unkept ? value : before;
    }

    public ObjectLocation? Location => Kind switch
    {
        EntryKind.InFile => new ObjectLocation.InFile(Span),
        EntryKind.InObjectStream => new ObjectLocation.InObjectStream((int)entry.Position, entry.Detail),
        _ => null,
    };
}

/// <summary>Which revision defines which object where.</summary>
internal sealed class ObjectTable
{
    private readonly Dictionary<int, ObjectDefinition> newest = [];
    private readonly List<List<ObjectDefinition>> byRevision = [];

    /// <summary>Highest number in any entry, free ones too.</summary>
    public int HighestNumber { get; private set; }

    public IReadOnlyCollection<ObjectDefinition> Newest => newest.Values;

    public IEnumerable<ObjectDefinition> All => byRevision.SelectMany(definitions => definitions);

    /// <summary>What the revision changes, by number.</summary>
    public IReadOnlyList<ObjectDefinition> DefinedIn(int revision) => byRevision[revision - 1];

    /// <summary>The definition in force as of a revision; null when there is none. It may be free.</summary>
    public ObjectDefinition? At(int number, int revision)
    {
        var definition = newest.GetValueOrDefault(number);
        while (definition is not null && definition.Revision > revision)
            definition = definition.Older;
        return definition;
    }

    public void Add(RevisionLayout revision)
    {
        var defined = new List<ObjectDefinition>();
        byRevision.Add(defined);
        // The original, as most programs write it: nothing has to be put in order, for which there would have to be room.
        if (newest.Count == 0 && revision.Sections is [{ HybridPart: null, Entries: var single }] && IsInOrder(single))
        {
            newest.EnsureCapacity(single.Count);
            defined.EnsureCapacity(single.Count);
            foreach (var entry in single)
                Define(revision.Number, entry, null, defined);
            return;
        }
        var entries = Merge(revision.Sections);
        foreach (var section in revision.Sections)
            CheckOlderHybridPart(section, entries);
        var numbers = entries.Keys.ToArray();
        Array.Sort(numbers);
        if (newest.Count == 0)
            newest.EnsureCapacity(entries.Count);
        foreach (var number in numbers)
            Define(revision.Number, entries[number], entries, defined);
    }

    private void Define(int revision, CrossReferenceEntry entry, Dictionary<int, CrossReferenceEntry>? others, List<ObjectDefinition> defined)
    {
        if (entry.Number == 0)
            return;
        HighestNumber = Math.Max(HighestNumber, entry.Number);
        var older = newest.GetValueOrDefault(entry.Number);
        if (older is null ? entry.Kind == EntryKind.Free : SameObject(older, entry, others!))
            return;
        var definition = new ObjectDefinition(revision, entry, older);
        newest[entry.Number] = definition;
        defined.Add(definition);
    }

    private static bool IsInOrder(List<CrossReferenceEntry> entries)
    {
        for (var at = 1; at < entries.Count; at++)
        {
            if (entries[at].Number <= entries[at - 1].Number)
                return false;
        }
        return true;
    }

    // 7.5.8.4: by the letter, an old stream named again would undo what was updated since. It must not say anything else than what is in force.
    private void CheckOlderHybridPart(SectionRead section, Dictionary<int, CrossReferenceEntry> revision)
    {
        if (!section.HybridPartIsOlder)
            return;
        foreach (var entry in section.HybridPart!.Entries)
        {
            if (entry.Kind == EntryKind.Free || entry.Number == 0)
                continue;
            var disagrees = revision.TryGetValue(entry.Number, out var own) ? own.Kind == EntryKind.Free : newest.GetValueOrDefault(entry.Number)?.Entry != entry;
            if (disagrees)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"an old cross-reference stream, named again, disagrees about object {entry.Number}");
        }
    }

    // An update may state entries again that it does not change. An entry into an object stream that the same revision replaces is a change.
    private static bool SameObject(ObjectDefinition older, CrossReferenceEntry entry, Dictionary<int, CrossReferenceEntry> revision) =>
        older.Kind == entry.Kind
        && (entry.Kind == EntryKind.Free || older.Entry.Position == entry.Position && older.Entry.Detail == entry.Detail)
        && !(entry.Kind == EntryKind.InObjectStream && revision.ContainsKey((int)entry.Position));

    private static Dictionary<int, CrossReferenceEntry> Merge(List<SectionRead> newestFirst)
    {
        var merged = Single(newestFirst[^1]);
        for (var at = newestFirst.Count - 2; at >= 0; at--)
        {
            foreach (var (number, entry) in Single(newestFirst[at]))
                merged[number] = entry;
        }
        // 7.5.4: object 0 is the head of the free list.
        merged.Remove(0);
        return merged;
    }

    private static Dictionary<int, CrossReferenceEntry> Single(SectionRead section)
    {
        var entries = Unique(section.Entries, section.Start);
        if (section.HybridPart is not { } part || section.HybridPartIsOlder)
            return entries;
        foreach (var (number, hidden) in Unique(part.Entries, part.Start))
        {
            // 7.5.8.4: what the table hides as free is found in the stream.
            if (!entries.TryGetValue(number, out var visible) || visible.Kind == EntryKind.Free)
                entries[number] = hidden;
            else if (hidden.Kind != EntryKind.Free && visible != hidden)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"table and stream of a hybrid file disagree about object {number}");
        }
        return entries;
    }

    private static Dictionary<int, CrossReferenceEntry> Unique(List<CrossReferenceEntry> entries, long section)
    {
        var unique = new Dictionary<int, CrossReferenceEntry>(entries.Count);
        foreach (var entry in entries)
        {
            if (!unique.TryAdd(entry.Number, entry) && unique[entry.Number] != entry)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"the section at byte {section} has two entries for object {entry.Number}");
        }
        return unique;
    }
}
