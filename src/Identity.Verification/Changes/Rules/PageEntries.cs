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
            else if (key == "Tabs" || (key == "StructParents" && !was.Has(key)))
                // The order of the tabulator key, and a number in the structure tree that there was none of: they follow annotations and show nothing. Another number
                // would give the content that was there to other structure elements (ISO 32000-2 14.7.5.4).
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule, ChangeKind.Annotation));
            else if (key != "Parent")
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
            else
                InheritedEntries.Parent(comparison, place, was[key], isNow[key], ValidationMessage.Error("page-entry-changed", place.Page ?? 0, key));
        }
    }
}
