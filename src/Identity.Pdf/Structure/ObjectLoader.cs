using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// Reads the value of every definition, in the order in which one needs the other: objects in the file, then Lengths that stand
/// apart, then object streams, then the rest. Each byte is read once: objects that overlap are refused.
/// </summary>
internal sealed class ObjectLoader(FileView file, ObjectTable table, List<RevisionLayout> revisions, ParseBudget budget, StreamBudget streams,
    DeviationList deviations)
{
    private const int MostDefects = 200;
    private static readonly string[] WaysIn = ["Root", "Info", "Encrypt"];
    private readonly IndirectObjectReader reader = new(file, budget, deviations);
    private readonly List<(ObjectDefinition Definition, IndirectObject Object)> open = [];
    private readonly List<ObjectDefinition> defective = [];
    private readonly Dictionary<ObjectDefinition, (ObjectStream? Objects, PdfRefusal? Defect)> opened = [];
    private int defects;
    private UnkeptObjects? unkept;
    private bool hasLateStreams;
    private PdfRefusal? atNought;
    private PdfRefusal? outside;

    /// <summary>Definitions that cannot be read.</summary>
    public IReadOnlyList<ObjectDefinition> Defective => defective;

    /// <param name="letGo">What values are read again from, where there are very many; null to keep them all.</param>
    /// <param name="open">Opens an encrypted document, once the objects that stand in the file are read and before those in object streams are.</param>
    public void Load(UnkeptObjects? letGo, Action open)
    {
        ReadObjectsInFile(letGo);
        CloseStreams(last: false);
        open();
        ReadObjectStreams();
        CloseStreams(last: true);
        CheckReplacedObjectStreams();
        NoteUnlisted();
    }

    // 7.5.7, 7.5.8: a program that repairs a file takes every object of every object stream that it finds, and every cross-reference stream.
    private void NoteUnlisted()
    {
        var sections = revisions.SelectMany(revision => revision.Sections)
            .SelectMany(read => read.HybridPart is { } part ? [read.Section.Span.Start, part.Section.Span.Start] : new[] { read.Section.Span.Start }).ToHashSet();
        foreach (var definition in table.All.Where(definition => definition is { Kind: EntryKind.InFile, ValueOrUnkept: PdfStream }))
        {
            var type = (ResolveInFile(((PdfStream)definition.Value).Dictionary["Type"], definition.Revision) as PdfName)?.Value;
            if (type is not ("ObjStm" or "XRef"))
                continue;
            deviations.InRevision(definition.Revision);
            if (type == "XRef" && !sections.Contains(definition.Span.Start) && !LeadsAsItsRevision(definition))
                deviations.Add("cross-reference-stream-unused", definition.Span.Start, definition.Number, "a cross-reference stream belongs to no revision");
            if (type == "ObjStm" && !IsListed(definition))
                deviations.Add("object-stream-unlisted", definition.Span.Start, definition.Number, "an object stream holds objects that no cross-reference entry names");
        }
    }

    // PDFBox writes a table behind the stream that says the same. Root, Info and Encrypt are what a program takes from it that scans the file.
    private bool LeadsAsItsRevision(ObjectDefinition definition)
    {
        var (own, trailer) = (((PdfStream)definition.Value!).Dictionary, revisions[definition.Revision - 1].Sections[0].Section.Trailer);
        return WaysIn.All(key => ObjectComparison.SameValue(own[key] ?? PdfNull.Absent, trailer[key] ?? PdfNull.Absent));
    }

    private bool IsListed(ObjectDefinition container) => opened.TryGetValue(container, out var found) && found.Objects is { } objects
        && objects.Index.Select((item, at) => (item.Number, at)).All(item => table.At(item.Number, container.Revision) is { Kind: EntryKind.InObjectStream } definition
            && definition.Entry.Position == container.Number && definition.Entry.Detail == item.at);

    private void ReadObjectsInFile(UnkeptObjects? letGo)
    {
        var definitions = table.All.Where(definition => definition.Kind == EntryKind.InFile).ToList();
        unkept = definitions.Count > UnkeptObjects.MostKept ? letGo : null;
        definitions.Sort((left, right) => left.Entry.Position.CompareTo(right.Entry.Position));
        long free = 0;
        ObjectDefinition? before = null;
        foreach (var definition in definitions)
        {
            if (before is not null && before.Entry.Position == definition.Entry.Position && before.Id == definition.Id)
            {
                // A later revision goes back to an earlier definition.
                (definition.Value, definition.Span, definition.Defect) = (before.ValueOrUnkept, before.Span, before.Defect);
                if (before.Defect is not null)
                    defective.Add(definition);
                continue;
            }
            // Only a true overlap is two readings; an entry that names a place where its object is not is a defect like any other.
            if (definition.Entry.Position < free && reader.HasHeader(definition.Entry.Position, definition.Id))
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"object {definition.Number} stands inside another one, at byte {definition.Entry.Position}");
            if (TryRead(definition) is { } read)
            {
                free = Math.Max(free, read.End);
                definition.Span = new ByteSpan(read.Start, read.End);
            }
            before = definition;
        }
    }

    private IndirectObject? TryRead(ObjectDefinition definition)
    {
        deviations.InRevision(definition.Revision);
        // Of these there can be as many as entries: an exception, or a text, for each would cost more than everything else.
        if (definition.Entry.Position == 0 && definition.Id != reader.First)
        {
            Reject(definition, atNought ??= new PdfRefusal(PdfRefusalCode.Ambiguous, "an object is said to stand at byte 0, where it is not"));
            return null;
        }
        if (definition.Entry.Position >= file.Length)
        {
            Reject(definition, outside ??= new PdfRefusal(PdfRefusalCode.Malformed, "an object is said to stand outside the file"));
            return null;
        }
        try
        {
            if (definition.Entry.Position >= revisions[definition.Revision - 1].End)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"object {definition.Number} stands behind the end of the revision that defines it");
            var read = reader.Read(definition.Entry.Position, definition.Id);
            if (read.IsOpenStream)
            {
                if (((PdfDictionary)read.Value)["Length"] is PdfInteger length)
                    read = reader.Complete(read, length.Value);
                else
                {
                    open.Add((definition, read));
                    hasLateStreams = true;
                }
            }
            definition.Value = unkept is not null && !read.IsOpenStream && UnkeptObjects.CanGo(read.Value) ? unkept : read.Value;
            return read;
        }
        catch (PdfRefusedException refused) when (refused.Refusal.Code is PdfRefusalCode.Malformed or PdfRefusalCode.Ambiguous)
        {
            Reject(definition, refused.Refusal);
            return null;
        }
    }

    private void Reject(ObjectDefinition definition, PdfRefusal reason)
    {
        definition.Defect = reason;
        definition.Value = PdfNull.Absent;
        defective.Add(definition);
        // Entries that point at byte 0 are many in some files and cost nothing.
        if (definition.Entry.Position > 0 && ++defects > MostDefects)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"more than {MostDefects} objects cannot be read; the first: {defective[0].Defect!.Message}");
    }

    /// <summary>Closes the streams whose Length is an object of its own, as far as that object has been read.</summary>
    private void CloseStreams(bool last)
    {
        for (var at = open.Count - 1; at >= 0; at--)
        {
            var (definition, stream) = open[at];
            deviations.InRevision(definition.Revision);
            try
            {
                if (LengthOf(definition, (PdfDictionary)stream.Value) is not { } length)
                {
                    if (last)
                        throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the stream at byte {stream.Start} has no Length");
                    continue;
                }
                var complete = reader.Complete(stream, length);
                (definition.Value, definition.Span) = (complete.Value, new ByteSpan(complete.Start, complete.End));
            }
            catch (PdfRefusedException refused) when (refused.Refusal.Code is PdfRefusalCode.Malformed or PdfRefusalCode.Ambiguous)
            {
                Reject(definition, refused.Refusal);
            }
            open.RemoveAt(at);
        }
        if (last && hasLateStreams)
            CheckOverlaps();
    }

    private long? LengthOf(ObjectDefinition definition, PdfDictionary dictionary)
    {
        if (dictionary["Length"] is not PdfReference reference)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, $"the stream at byte {dictionary.Start} has no Length");
        if (table.At(reference.Target.Number, definition.Revision) is not { } length || length.Id != reference.Target || length.Value is not PdfInteger value)
            return null;
        // As long as the stream is not replaced, nothing may change what its Length says.
        var replaced = ReplacedIn(definition);
        for (var later = table.At(reference.Target.Number, replaced - 1); later is not null && later != length; later = later.Older)
        {
            if (later.Value is not PdfInteger same || same.Value != value.Value)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"a later revision changes the Length of the stream at byte {dictionary.Start}");
        }
        return value.Value;
    }

    private int ReplacedIn(ObjectDefinition definition)
    {
        var replaced = int.MaxValue;
        for (var later = table.At(definition.Number, int.MaxValue); later is not null && later != definition; later = later.Older)
            replaced = later.Revision;
        return replaced;
    }

    // Streams that were closed late: their spans were not known while the objects were read in order.
    private void CheckOverlaps()
    {
        var spans = table.All.Where(definition => definition is { Kind: EntryKind.InFile, Defect: null }).Select(definition => definition.Span).Distinct().ToList();
        spans.Sort((left, right) => left.Start.CompareTo(right.Start));
        for (var at = 1; at < spans.Count; at++)
        {
            if (spans[at].Start < spans[at - 1].End)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"two objects overlap at byte {spans[at].Start}");
        }
    }

    private void ReadObjectStreams()
    {
        foreach (var definition in table.All.Where(definition => definition.Kind == EntryKind.InObjectStream).ToList())
        {
            deviations.InRevision(definition.Revision);
            try
            {
                var container = table.At((int)definition.Entry.Position, definition.Revision);
                if (container is not { Kind: EntryKind.InFile, Value: PdfStream stream })
                    throw new PdfRefusedException(PdfRefusalCode.Malformed, $"object {definition.Number} is said to stand in a stream that cannot be read");
                if (!opened.TryGetValue(container, out var result))
                    opened.Add(container, result = Open(container, stream));
                if (result.Objects is not { } objects)
                    throw new PdfRefusedException(result.Defect!);
                definition.Value = objects.Read(definition.Entry.Detail, definition.Number);
                if (objects.TakeIrregularName())
                    deviations.Add("irregular-name", null, definition.Number, "a name has a number sign that is not an escape, or an escaped zero byte");
            }
            catch (PdfRefusedException refused) when (refused.Refusal.Code is PdfRefusalCode.Malformed or PdfRefusalCode.Ambiguous)
            {
                Reject(definition, refused.Refusal);
            }
        }
    }

    // Once, also when it fails: a bomb must not be decoded again for each object that it is said to hold.
    private (ObjectStream? Objects, PdfRefusal? Defect) Open(ObjectDefinition container, PdfStream stream)
    {
        try
        {
            return (ObjectStream.Open(container.Number, stream, streams, budget, value => ResolveInFile(value, container.Revision)), null);
        }
        catch (PdfRefusedException refused) when (refused.Refusal.Code is PdfRefusalCode.Malformed or PdfRefusalCode.Ambiguous)
        {
            return (null, refused.Refusal);
        }
    }

    private PdfObject ResolveInFile(PdfObject? value, int revision)
    {
        if (value is not PdfReference reference)
            return value ?? PdfNull.Absent;
        var definition = table.At(reference.Target.Number, revision);
        return definition is { Kind: EntryKind.InFile } && definition.Id == reference.Target && definition.Value is not PdfReference ? definition.Value : PdfNull.Absent;
    }

    // What an object stream holds would silently be something else for objects that no later entry mentions.
    private void CheckReplacedObjectStreams()
    {
        foreach (var definition in table.All.Where(definition => definition.Kind == EntryKind.InObjectStream))
        {
            var replaced = ReplacedIn(definition);
            var container = table.At((int)definition.Entry.Position, definition.Revision);
            if (container != table.At((int)definition.Entry.Position, replaced - 1))
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"a later revision replaces object stream {definition.Entry.Position}, whose objects are in use");
        }
    }
}
