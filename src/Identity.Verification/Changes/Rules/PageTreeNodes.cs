using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The page tree (ISO 32000-2 7.7.3): the same pages in the same order. Only inside a page may something be explained.</summary>
public sealed class PageTreeNodes : ChangeRule
{
    public static PageTreeNodes Rule { get; } = new();

    private PageTreeNodes() { }

    public override bool IsSilentOfUntouched => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            if (before is not PdfNull || after is not PdfNull)
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("pages-changed"));
            return;
        }
        if (!was.Has("Kids") && !isNow.Has("Kids"))
        {
            // The page number, not the path, is what a reader understands; the marker lets the wording find the entry of the page.
            var number = place.Holder is { } id ? comparison.Landmarks.PageNumber(id) : null;
            comparison.Compare(before, after, place with { Rule = PageEntries.Rule, Page = number, Path = "Page:" });
            return;
        }
        foreach (var key in Keys(was, isNow))
        {
            if (key == "Kids")
                Kids(comparison, place, comparison.Before.Resolve(was[key]), comparison.ResolveAfter(isNow[key]));
            else if (key != "Parent")
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
            else
                InheritedEntries.Parent(comparison, place, was[key], isNow[key], ValidationMessage.Error("pages-changed"));
        }
    }

    private static void Kids(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfArray was, PdfArray isNow) || was.Count != isNow.Count)
        {
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("pages-changed"));
            return;
        }
        for (var i = 0; i < was.Count; i++)
        {
            if (was[i] is PdfReference child && isNow[i] is PdfReference newChild && child.Target == newChild.Target)
            {
                if (!comparison.IsUntouched(child, newChild, place))
                    comparison.Compare(child, newChild, place.Inside($"Kids[{i}]"));
            }
            else
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("pages-changed"));
        }
    }
}
