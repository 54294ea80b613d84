using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// What a page inherits through its Parent where that is not the node which has it among its Kids (ISO 32000-2 7.7.3.4): some programs go up, others came down, so
/// both must stay. Where it is that node, the rule of the page tree judges it.
/// </summary>
public sealed class InheritedEntries : ChangeRule
{
    public static InheritedEntries Rule { get; } = new();

    private InheritedEntries() { }

    /// <param name="message">What is said when the page or node gets another parent.</param>
    internal static void Parent(RevisionComparison comparison, Place place, PdfObject? was, PdfObject? isNow, ValidationMessage message)
    {
        if (was is not PdfReference parent || isNow is not PdfReference newParent || parent.Target != newParent.Target)
            comparison.Report(ChangeKind.Content, place, message);
        else if (place.Holder is { } child && comparison.Landmarks.HasOtherParent(child))
            comparison.Compare(was, isNow, place.Inside("Parent", Rule, ChangeKind.Content) with { IsDrawn = true });
    }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            NothingChanges.Rule.Explain(comparison, place, before, after);
            return;
        }
        foreach (var key in Keys(was, isNow))
        {
            // What goes down again is not inherited.
            if (key is "Kids" or "Count")
                continue;
            var isUp = key == "Parent" && was[key] is PdfReference parent && isNow[key] is PdfReference newParent && parent.Target == newParent.Target;
            comparison.Compare(was[key], isNow[key], place.Inside(key, isUp ? Rule : NothingChanges.Rule));
        }
    }
}
