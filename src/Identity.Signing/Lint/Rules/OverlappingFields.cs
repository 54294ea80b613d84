using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>Form fields on top of each other: one hides the other, and which one can change.</summary>
public sealed class OverlappingFields : LintRule
{
    private const int MostOnAPage = 400;

    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        foreach (var page in document.View.Pages.Pages.TakeWhile(_ => !document.IsSpent))
        {
            var fields = document.Annotations(page).Where(found => document.Name(found.Annotation, "Subtype") == "Widget")
                .Select(found => (found.Id, Area: CoveringAnnotations.AreaOf(document.View, found.Annotation))).Where(found => found.Area is not null).Take(MostOnAPage).ToList();
            for (var i = 0; i < fields.Count; i++)
            {
                for (var j = 0; j < i && document.Spend(); j++)
                {
                    if (IsMostlyOver(fields[i].Area!.Value, fields[j].Area!.Value))
                        yield return new LintFinding("fields-overlap", page.Number, fields[i].Id?.Number);
                }
            }
        }
    }

    // Neighbours in a table touch and overlap by a line's width: half of the smaller one counts.
    private static bool IsMostlyOver(MarkedArea one, MarkedArea other)
    {
        var both = one.Within(other);
        var (width, height) = (both.Right - both.Left, both.Top - both.Bottom);
        return width > 0 && height > 0 && width * height > Math.Min(Size(one), Size(other)) / 2;
    }

    private static double Size(MarkedArea area) => (area.Right - area.Left) * (area.Top - area.Bottom);
}
