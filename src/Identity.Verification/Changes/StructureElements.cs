using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes;

/// <summary>
/// The elements below the root of the structure tree (ISO 32000-2 14.7.2), which outlines and annotations refer to as well. A long document has hundreds of
/// thousands, so the revision before gets those of the one after when none of what was read for them is defined anew in between.
/// </summary>
public sealed class StructureElements
{
    private readonly int revision;
    private readonly ObjectId? root;
    private readonly HashSet<ObjectId> elements = [];
    private readonly HashSet<int> elementNumbers = [];
    private readonly HashSet<int> read = [];

    private StructureElements(RevisionView view, ComparisonBudget budget)
    {
        (revision, root) = (view.Revision.Number, RootOf(view));
        var waiting = new Stack<PdfObject?>();
        if (Read(view, view.Catalog["StructTreeRoot"]) is PdfDictionary tree)
            waiting.Push(tree["K"]);
        var seen = new HashSet<ObjectId>();
        while (waiting.TryPop(out var next) && budget.Spend())
        {
            if (next is PdfReference reference && !seen.Add(reference.Target))
                continue;
            switch (Read(view, next))
            {
                case PdfArray children:
                    foreach (var child in children.Items)
                        waiting.Push(child);
                    break;
                case PdfDictionary element when element.Has("S"):
                    if (next is PdfReference { Target: var id } && elements.Add(id))
                        elementNumbers.Add(id.Number);
                    waiting.Push(element["K"]);
                    break;
            }
        }
    }

    /// <param name="later">Of the revision behind the view's, when they are known.</param>
    public static StructureElements Of(RevisionView view, StructureElements? later, ComparisonBudget budget)
    {
        if (later is null || later.root is null || later.revision != view.Revision.Number + 1 || RootOf(view) != later.root)
            return new StructureElements(view, budget);
        var changes = view.Document.Revisions[later.revision - 1].Changes;
        if (!budget.Spend(changes.Count) || changes.Any(change => later.read.Contains(change.Id.Number)))
            return new StructureElements(view, budget);
        return new StructureElements(view.Revision.Number, later);
    }

    private StructureElements(int revision, StructureElements same) =>
        (this.revision, root, elements, elementNumbers, read) = (revision, same.root, same.elements, same.elementNumbers, same.read);

    public bool Contains(ObjectId id) => elements.Contains(id);

    public bool Contains(int number) => elementNumbers.Contains(number);

    private static ObjectId? RootOf(RevisionView view) => (view.Catalog["StructTreeRoot"] as PdfReference)?.Target;

    // 7.3.10: an object may be nothing but a reference to the next one; each of them is one that was read.
    private PdfObject Read(RevisionView view, PdfObject? value)
    {
        for (var next = value; next is PdfReference reference && read.Add(reference.Target.Number);)
            next = view.Resolve(reference.Target);
        return view.Resolve(value);
    }
}
