using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>
/// Finds the bytes that nothing explains, and the beginnings and ends of objects inside of what is something else: what an attacker hides, or what a sloppy
/// producer left behind.
/// </summary>
/// <param name="Unaccounted">By revision: spans that are neither object, section, end marker, white space nor comment as of that revision.</param>
/// <param name="Hidden">By revision: the first place that <see cref="HiddenObjects"/> finds in it.</param>
internal sealed record ByteAccount(List<List<ByteSpan>> Unaccounted, long?[] Hidden)
{
    public static ByteAccount Of(FileView file, List<RevisionLayout> layouts, ObjectTable table)
    {
        var explained = new List<(ByteSpan Span, int Revision)>();
        foreach (var definition in table.All)
        {
            if (definition is { Kind: EntryKind.InFile, Defect: null })
                explained.Add((definition.Span, definition.Revision));
        }
        foreach (var layout in layouts)
        {
            foreach (var section in layout.Sections)
            {
                explained.Add((section.Section.Span, layout.Number));
                if (section.HybridPart is { } part)
                    explained.Add((part.Section.Span, layout.Number));
            }
        }
        // Of what two revisions define in one place, the older one comes first.
        explained.Sort((left, right) => (left.Span.Start, left.Revision).CompareTo((right.Span.Start, right.Revision)));
        var hidden = new HiddenObjects(file, layouts, explained).FirstByRevision();
        foreach (var layout in layouts)
        {
            foreach (var marker in layout.Markers)
                explained.Add((marker, layout.Number));
        }
        explained.Sort((left, right) => left.Span.Start.CompareTo(right.Span.Start));
        return new ByteAccount(Gaps(file, layouts, explained), hidden);
    }

    private static List<List<ByteSpan>> Gaps(FileView file, List<RevisionLayout> layouts, List<(ByteSpan Span, int Revision)> explained)
    {
        var result = new List<List<ByteSpan>>();
        var next = 0;
        foreach (var layout in layouts)
        {
            var gaps = new List<ByteSpan>();
            var at = layout.Start;
            for (; next < explained.Count && explained[next].Span.Start < layout.End; next++)
            {
                var (span, revision) = explained[next];
                // An object that only a later revision brings into use explains nothing as of this one.
                if (revision > layout.Number || span.End <= at)
                    continue;
                AddGap(file, at, span.Start, gaps);
                at = span.End;
            }
            AddGap(file, at, layout.EndOfFileMarker, gaps);
            result.Add(gaps);
        }
        return result;
    }

    private static void AddGap(FileView file, long start, long end, List<ByteSpan> gaps)
    {
        if (start >= end)
            return;
        var unexplained = file.SkipWhiteSpaceAndComments(start, end);
        if (unexplained < end)
            gaps.Add(new ByteSpan(unexplained, end));
    }
}
