using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>A page (ISO 32000-2 7.7.3.3): its annotations may grow, everything else stays.</summary>
public sealed class PageEntries : ChangeRule
{
    public static PageEntries Rule { get; } = new();

    private PageEntries() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        var (was, isNow) = ((PdfDictionary)before, (PdfDictionary)after);
        foreach (var key in Keys(was, isNow))
        {
            if (key == "Annots")
                comparison.Compare(was[key], isNow[key], place.Inside(key, PageAnnotations.Rule));
            else if (key is "Tabs" or "StructParents")
                // The order of the tabulator key, and a number in the structure tree: they follow annotations and show nothing.
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule, ChangeKind.Annotation));
            else if (key != "Parent")
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
            else
                InheritedEntries.Parent(comparison, place, was[key], isNow[key], ValidationMessage.Error("page-entry-changed", place.Page ?? 0, key));
        }
    }
}
