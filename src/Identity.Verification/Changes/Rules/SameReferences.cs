using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>An index into objects that another rule judges: the same structure with the same references, which are not followed again.</summary>
public sealed class SameReferences : ChangeRule
{
    public static SameReferences Rule { get; } = new();

    private SameReferences() { }

    public override bool IsSilentOfUntouched => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        place = place with { Rule = Rule };
        switch (before, after)
        {
            case (PdfDictionary was, PdfDictionary isNow):
                foreach (var key in Keys(was, isNow))
                    Pair(comparison, place, key, was[key], isNow[key]);
                break;
            case (PdfArray was, PdfArray isNow) when was.Count == isNow.Count:
                for (var i = 0; i < was.Count; i++)
                    Pair(comparison, place, "[]", was[i], isNow[i]);
                break;
            default:
                if (!ObjectComparison.SameValue(before, after))
                    comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
                break;
        }
    }

    private static void Pair(RevisionComparison comparison, Place place, string step, PdfObject? was, PdfObject? isNow)
    {
        var isElement = comparison.Before.Resolve(was) is PdfDictionary element && element.Has("S");
        if (!isElement || !StructureTreeGrows.SameReference(was, isNow))
            comparison.Compare(was, isNow, place.Inside(step));
    }
}
