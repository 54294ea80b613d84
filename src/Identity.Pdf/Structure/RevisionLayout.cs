using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>One revision's sections and its place in the file; objects come later.</summary>
/// <param name="Sections">Newest first.</param>
/// <param name="Markers">The startxref ... %%EOF that belong to it.</param>
internal sealed record RevisionLayout(int Number, long Start, long EndOfFileMarker, long End, bool IsLinearized, List<SectionRead> Sections, List<ByteSpan> Markers)
{
    /// <summary>Cuts the chain of sections, newest first, into revisions, oldest first.</summary>
    public static List<RevisionLayout> Cut(List<SectionRead> chain, FileView file, EndMarkers markers, PdfLimits limits, DeviationList deviations)
    {
        var revisions = new List<RevisionLayout>();
        var pending = new List<SectionRead>();
        var extraMarkers = new List<ByteSpan>();
        var linearized = IsLinearizedPair(chain, file, limits);
        for (var at = chain.Count - 1; at >= 0; at--)
        {
            var section = chain[at];
            pending.Insert(0, section);
            deviations.InSection(section.PointedAt);
            var previousEnd = revisions.Count == 0 ? 0 : revisions[^1].End;
            if (linearized && at == chain.Count - 1)
                continue;
            var first = linearized && at == chain.Count - 2;
            CheckOrder(section, chain, at, first);
            if (first && EndMarkers.DirectlyBehind(file, section.End) is { } own)
                extraMarkers.Add(new ByteSpan(own.Start, own.Marker));
            var from = first ? chain[^1].End : Math.Max(section.End, section.HybridPart?.End ?? 0);
            if (markers.FirstAfter(from, section.PointedAt) is not { } marker)
            {
                if (at == 0)
                    throw new PdfRefusedException(PdfRefusalCode.Ambiguous, "the last startxref stands before the section that it points at");
                deviations.Add("section-without-end", section.Start, null, "a cross-reference section has no startxref of its own");
                continue;
            }
            if (marker.End <= previousEnd || section.Start < previousEnd)
                throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"the section at byte {section.Start} stands inside an earlier revision");
            if (!marker.HasEndOfFile)
                deviations.Add("missing-end-of-file-marker", marker.Start, null, "no %%EOF follows a startxref");
            extraMarkers.Add(new ByteSpan(marker.Start, marker.Marker));
            revisions.Add(new RevisionLayout(revisions.Count + 1, previousEnd, marker.Marker, marker.End, first, pending, extraMarkers));
            (pending, extraMarkers) = ([], []);
        }
        if (revisions.Count > limits.Revisions)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the document has more than {limits.Revisions} revisions");
        return revisions;
    }

    // Annex F.3.4: the first-page section stands at the beginning and names the main section further down as its Prev.
    private static bool IsLinearizedPair(List<SectionRead> chain, FileView file, PdfLimits limits) =>
        chain.Count >= 2 && chain[^2].Start < chain[^1].Start && StartsLinearized(file, limits);

    private static bool StartsLinearized(FileView file, PdfLimits limits)
    {
        for (var size = 0; ;)
        {
            var (source, position) = file.At(0, ref size);
            try
            {
                return IsLinearizationDictionary(new PdfLexer(source, position, limits));
            }
            catch (MoreBytesNeededException)
            {
                // Again with more of the file in sight.
            }
        }
    }

    private static bool IsLinearizationDictionary(PdfLexer lexer)
    {
        try
        {
            // F.3.3: the linearization parameter dictionary is the first object.
            lexer.Next();
            lexer.Next();
            lexer.Next();
            if (!lexer.IsKeyword("obj"u8))
                return false;
            lexer.Next();
            for (var tokens = 0; lexer.Kind != TokenKind.DictionaryClose && tokens < 64; tokens++)
            {
                if (lexer.Kind == TokenKind.Name && lexer.Token.SequenceEqual("/Linearized"u8))
                    return true;
                lexer.Next();
            }
            return false;
        }
        catch (PdfRefusedException)
        {
            return false; // Not a linearization dictionary; what it is instead is judged when the objects are read.
        }
    }

    private static void CheckOrder(SectionRead section, List<SectionRead> chain, int at, bool linearizedFirst)
    {
        if (at + 1 < chain.Count && !linearizedFirst && chain[at + 1].Start > section.Start)
            throw new PdfRefusedException(PdfRefusalCode.Ambiguous, $"the section at byte {section.Start} names a later one as its previous");
    }
}
