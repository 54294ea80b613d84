using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// The structure tree of a tagged document (ISO 32000-2 14.7): an element for a widget or annotation that came with this revision may
/// be hung in; every element that was there stays what it was.
/// </summary>
public sealed class StructureTreeGrows : ChangeRule
{
    public static StructureTreeGrows Rule { get; } = new();

    private StructureTreeGrows() { }

    public override bool IsSilentOfUntouched => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            NothingChanges.Rule.Explain(comparison, place, before, after);
            return;
        }
        foreach (var key in Keys(was, isNow))
        {
            switch (key)
            {
                case "K":
                    Children(comparison, place, was[key], isNow[key]);
                    break;
                case "ParentTree":
                    comparison.Compare(was[key], isNow[key], place.Inside(key, ParentTreeGrows.Rule));
                    break;
                case "ParentTreeNextKey":
                    if (comparison.ResolveAfter(isNow[key]) is not PdfInteger next || (comparison.Before.Resolve(was[key]) is PdfInteger old && next.Value < old.Value))
                        comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("structure-changed"));
                    break;
                case "P" when SameReference(was[key], isNow[key]):
                    break;
                case "IDTree" or "Ref":
                    comparison.Compare(was[key], isNow[key], place.Inside(key, SameReferences.Rule));
                    break;
                default:
                    comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
                    break;
            }
        }
    }

    private static void Children(RevisionComparison comparison, Place place, PdfObject? before, PdfObject? after)
    {
        var lists = KeptAndAdded.Match(Items(comparison.Before, before), Items(comparison.After, after));
        foreach (var (was, isNow) in lists.Kept)
            comparison.Compare(was, isNow, place.Inside("K", comparison.Before.Resolve(was) is PdfDictionary element && element.Has("S") ? Rule : NothingChanges.Rule));
        foreach (var item in lists.Added)
            comparison.Entries.Accept(item);
        if (lists.Removed.Count > 0 || lists.Added.Any(item => !DescribesNewAnnotation(comparison, item, depth: 0)))
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("structure-changed"));
    }

    // 14.7.2 table 355: K is one child or an array of them.
    private static IReadOnlyList<PdfObject> Items(RevisionView view, PdfObject? value) => view.Resolve(value) switch
    {
        PdfArray array => array.Items,
        PdfNull => [],
        _ => [value!],
    };

    // 14.7.5.3: an object reference to an annotation that did not exist before, or elements that hold nothing else.
    private static bool DescribesNewAnnotation(RevisionComparison comparison, PdfObject item, int depth)
    {
        const int deepest = 4;
        if (depth > deepest || comparison.ResolveAfter(item) is not PdfDictionary element)
            return false;
        if (comparison.After.Get<PdfName>(element, "Type")?.Value == "OBJR")
            return element["Obj"] is PdfReference annotation && comparison.Before.Resolve(annotation.Target) is PdfNull;
        var isElement = item is PdfReference reference && comparison.Before.Resolve(reference.Target) is PdfNull && element.Has("S");
        return isElement && Items(comparison.After, element["K"]) is { Count: > 0 } children
            && children.All(child => DescribesNewAnnotation(comparison, child, depth + 1));
    }

    internal static bool SameReference(PdfObject? before, PdfObject? after) =>
        before is PdfReference was && after is PdfReference isNow && was.Target == isNow.Target;
}
