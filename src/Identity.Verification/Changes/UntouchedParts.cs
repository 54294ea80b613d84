using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes;

/// <summary>
/// Parts of the document that a revision cannot have changed, because nothing that a comparison would reach from them is defined anew in it. What it did
/// define anew is followed upwards through everything that names it, in any revision: so the cost is that of what was touched, not of the document.
/// </summary>
public sealed class UntouchedParts
{
    /// <summary>References of a document; with more of them all revisions are compared in full, as far as the budget goes.</summary>
    private const int MostReferences = 4_000_000;

    /// <summary>References that are followed upwards for the price of looking at one value.</summary>
    public const int ReferencesPerStep = 8;

    private readonly ReferenceGraph? graph;
    private readonly ComparisonBudget budget;
    private readonly HashSet<int> touched = [];
    private readonly HashSet<int> touchedDrawn = [];
    private readonly Queue<(int Number, bool IsDrawn)> waiting = new();
    private readonly bool isKnown;

    public UntouchedParts(ReferenceGraph? graph, RevisionView after, Landmarks landmarks, ComparisonBudget budget)
    {
        (this.graph, this.budget) = (graph, budget);
        if (graph is null || budget.IsSpent)
            return;
        foreach (var change in after.Revision.Changes)
        {
            Touch(change.Id.Number, isDrawn: false);
            if (graph.IsDrawn(change.Id.Number))
                Touch(change.Id.Number, isDrawn: true);
        }
        while (waiting.TryDequeue(out var next))
        {
            if (!Upwards(graph, next.Number, next.IsDrawn, landmarks.IsOwned(next.Number)))
                return;
        }
        isKnown = true;
    }

    public static ReferenceGraph? GraphOf(PdfDocument document, ComparisonBudget budget)
    {
        // A document without updates has nothing to compare.
        if (document.Revisions.Count == 1)
            return null;
        var graph = ReferenceGraph.Of(document, Way, MostReferences);
        budget.Spend(1 + ((graph?.Count ?? MostReferences) / ReferencesPerStep));
        return graph;
    }

    /// <summary>Nothing below the object can differ where a rule looks that leaves landmarks to their own rules, unless they are drawn.</summary>
    public bool Has(ObjectId id, bool isDrawn) =>
        isKnown && (isDrawn ? graph!.IsDrawn(id.Number) && !touchedDrawn.Contains(id.Number) : !touched.Contains(id.Number));

    // Every step of the comparison is one of these, the other way round: down to whatever is no landmark, to a landmark as part of
    // its tree, and to anything at all inside of what is drawn.
    private bool Upwards(ReferenceGraph graph, int number, bool isDrawn, bool isLandmark)
    {
        var uses = graph.UsesOf(number);
        if (!budget.Spend(1 + (uses.Length / ReferencesPerStep)))
            return false;
        foreach (var (user, way) in uses)
        {
            if (isDrawn && graph.IsDrawn(user))
                Touch(user, isDrawn: true);
            if (isDrawn ? way.HasFlag(ReferenceWay.Drawn) : !isLandmark || way.HasFlag(ReferenceWay.Part))
                Touch(user, isDrawn: false);
        }
        return true;
    }

    private void Touch(int number, bool isDrawn)
    {
        if ((isDrawn ? touchedDrawn : touched).Add(number))
            waiting.Enqueue((number, isDrawn));
    }

    // Keys by which the rules go down the trees of pages, fields, structure and names, and those inside of which Place.Inside calls everything drawn.
    private static ReferenceWay Way(string key) => key switch
    {
        "" or "Kids" or "K" or "Annots" or "Fields" or "Nums" or "Names" or "Ref" => ReferenceWay.Part,
        _ => Rules.Place.Draws(key) ? ReferenceWay.Drawn : ReferenceWay.None,
    };
}
