using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Finds the bytes that nothing explains: what an attacker hides, or what a sloppy producer left behind.</summary>
internal static class ByteAccount
{
    /// <summary>By revision: spans that are neither object, section, end marker, white space nor comment as of that revision.</summary>
    public static List<List<ByteSpan>> Unaccounted(FileView file, List<RevisionLayout> layouts, ObjectTable table)
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
            foreach (var marker in layout.Markers)
                explained.Add((marker, layout.Number));
        }
        explained.Sort((left, right) => left.Span.Start.CompareTo(right.Span.Start));

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
