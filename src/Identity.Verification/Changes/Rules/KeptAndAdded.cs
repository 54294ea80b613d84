using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>Two states of a list that may grow: what stayed (in its old order), what went, what came.</summary>
public sealed record KeptAndAdded(IReadOnlyList<(PdfObject Before, PdfObject After)> Kept, IReadOnlyList<PdfObject> Removed, IReadOnlyList<PdfObject> Added)
{
    /// <summary>References are matched by object; direct values by being the next one that is no reference.</summary>
    public static KeptAndAdded Match(IReadOnlyList<PdfObject> before, IReadOnlyList<PdfObject> after)
    {
        var kept = new List<(PdfObject, PdfObject)>(before.Count);
        var removed = new List<PdfObject>();
        var positions = new Dictionary<ObjectId, int>(after.Count);
        for (var i = 0; i < after.Count; i++)
        {
            if (after[i] is PdfReference reference)
                positions.TryAdd(reference.Target, i);
        }
        var direct = NextDirect(after);
        var taken = new bool[after.Count];
        var next = 0;
        foreach (var item in before)
        {
            var at = item is PdfReference reference
                ? positions.TryGetValue(reference.Target, out var found) ? found : -1
                : direct[next];
            // Out of its order counts as removed and added again: order decides what lies on top.
            if (at < next || at >= after.Count || taken[at])
            {
                removed.Add(item);
                continue;
            }
            taken[at] = true;
            next = at + 1;
            kept.Add((item, after[at]));
        }
        var added = new List<PdfObject>();
        for (var i = 0; i < after.Count; i++)
        {
            if (!taken[i])
                added.Add(after[i]);
        }
        return new KeptAndAdded(kept, removed, added);
    }

    // For each position the first one from there on that holds no reference, or -1: found once, not once for each item.
    private static int[] NextDirect(IReadOnlyList<PdfObject> items)
    {
        var next = new int[items.Count + 1];
        next[items.Count] = -1;
        for (var i = items.Count - 1; i >= 0; i--)
            next[i] = items[i] is PdfReference ? next[i + 1] : i;
        return next;
    }
}
