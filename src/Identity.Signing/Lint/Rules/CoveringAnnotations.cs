using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>A note or form field that paints over text of its page (ISO 32000-2 12.5.5): the text is still there, and the cover can go without the page being changed.</summary>
public sealed class CoveringAnnotations : LintRule
{
    // Those that mark text are meant to lie over it.
    private static readonly HashSet<string> Marking = new(StringComparer.Ordinal) { "Highlight", "Underline", "Squiggly", "StrikeOut", "Link", "Popup" };
    private const long Hidden = 0b10_0010;

    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        foreach (var page in document.View.Pages.Pages.TakeWhile(_ => !document.IsSpent))
        {
            foreach (var (id, annotation) in document.Annotations(page))
            {
                if (document.MarksOf(page) is { Texts: { Count: > 0 } texts } && IsSeen(document, annotation) && AreaOf(document.View, annotation) is { } area
                    && document.Spend(texts.Count) && texts.Any(text => area.Holds(text)) && Paints(document, annotation))
                    yield return new LintFinding("annotation-covers-content", page.Number, id?.Number);
            }
        }
    }

    internal static MarkedArea? AreaOf(RevisionView view, PdfDictionary annotation)
    {
        if (view.Get<PdfArray>(annotation, "Rect") is not { Count: 4 } rectangle)
            return null;
        var sides = rectangle.Items.Select(item => view.Resolve(item) switch { PdfInteger whole => whole.Value, PdfReal real => real.Value, _ => double.NaN }).ToArray();
        var area = new MarkedArea(Math.Min(sides[0], sides[2]), Math.Min(sides[1], sides[3]), Math.Max(sides[0], sides[2]), Math.Max(sides[1], sides[3]));
        return area.Right > area.Left && area.Top > area.Bottom ? area : null;
    }

    private static bool IsSeen(LintedDocument document, PdfDictionary annotation) =>
        !Marking.Contains(document.Name(annotation, "Subtype") ?? "") && ((document.View.Get<PdfInteger>(annotation, "F")?.Value ?? 0) & Hidden) == 0;

    private static bool Paints(LintedDocument document, PdfDictionary annotation) =>
        document.View.Get<PdfDictionary>(annotation, "AP") is { } appearance
        && (document.View.Resolve(appearance["N"]) switch
        {
            PdfStream one => [one],
            PdfDictionary states => states.Entries.Take(8).Select(state => document.View.Resolve(state.Value)).OfType<PdfStream>(),
            _ => Enumerable.Empty<PdfStream>(),
        }).Any(form => PageMarks.OfForm(document, form).Areas.Count > 0);
}
