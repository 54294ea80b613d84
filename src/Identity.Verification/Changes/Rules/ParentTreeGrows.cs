using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The parent tree (ISO 32000-2 14.7.5.4), a number tree (7.9.7): numbers may be added behind the old ones, which keep their elements.</summary>
public sealed class ParentTreeGrows : ChangeRule
{
    public static ParentTreeGrows Rule { get; } = new();

    private ParentTreeGrows() { }

    public override bool IsSilentOfUntouched => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            SameReferences.Rule.Explain(comparison, place, before, after);
            return;
        }
        foreach (var key in Keys(was, isNow))
        {
            switch (key)
            {
                case "Nums":
                    Numbers(comparison, place, comparison.Before.Resolve(was[key]), comparison.ResolveAfter(isNow[key]), isNow);
                    break;
                case "Kids":
                    Kids(comparison, place, comparison.Before.Resolve(was[key]), comparison.ResolveAfter(isNow[key]));
                    break;
                case "Limits":
                    // 7.9.7: a program finds a number by them, and would find other elements, or none, by wrong ones.
                    if (!ObjectComparison.SameValue(comparison.Before.Resolve(was[key]), comparison.ResolveAfter(isNow[key])) && !AreLimits(comparison, isNow))
                        comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
                    break;
                default:
                    comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
                    break;
            }
        }
    }

    private static void Numbers(RevisionComparison comparison, Place place, PdfObject before, PdfObject after, PdfDictionary node)
    {
        var old = Pairs(comparison, before as PdfArray, isBefore: true);
        var fresh = Pairs(comparison, after as PdfArray, isBefore: false);
        if (old is null || fresh is null)
        {
            comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
            return;
        }
        foreach (var (number, value) in fresh.Where(pair => !old.ContainsKey(pair.Key)))
            comparison.Entries.Accept(value);
        var last = old.Count == 0 ? long.MinValue : old.Keys.Max();
        var came = fresh.Keys.Where(number => !old.ContainsKey(number)).ToList();
        if (came.Exists(number => number < last) || (came.Count > 0 && node.Has("Limits") && !AreLimits(comparison, node)))
            comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
        foreach (var (number, value) in old)
        {
            if (!fresh.TryGetValue(number, out var now))
                comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
            else if (!StructureTreeGrows.SameReference(value, now) || comparison.Before.Resolve(value) is PdfArray)
                comparison.Compare(value, now, place.Inside("[]", SameReferences.Rule));
        }
    }

    private static void Kids(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        var lists = KeptAndAdded.Match((before as PdfArray)?.Items ?? [], (after as PdfArray)?.Items ?? []);
        foreach (var (was, isNow) in lists.Kept)
            comparison.Compare(was, isNow, place.Inside("Kids"));
        foreach (var item in lists.Added)
            comparison.Entries.Accept(item);
        if (lists.Removed.Count > 0 || !AreApart(comparison, after as PdfArray, lists.Added))
            comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
    }

    // No node has a number that stands in another, which it would hide. Those that come stand last.
    private static bool AreApart(RevisionComparison comparison, PdfArray? kids, IReadOnlyList<PdfObject> added)
    {
        if (kids is null || !kids.Items.Skip(kids.Count - added.Count).SequenceEqual(added))
            return kids is null && added.Count == 0;
        var limits = kids.Items.Select(kid => comparison.After.Resolve(kid) is PdfDictionary node ? Limits(comparison, node) : null).ToList();
        if (kids.Count == 1 && added.Count == 0)
            return true;
        return limits.TrueForAll(range => range is not null) && limits.Zip(limits.Skip(1)).All(pair => pair.First!.Value.Last < pair.Second!.Value.First)
            && added.All(kid => comparison.ResolveAfter(kid) is PdfDictionary node && AreLimits(comparison, node));
    }

    private static (long First, long Last)? Limits(RevisionComparison comparison, PdfDictionary node) =>
        comparison.After.Resolve(node["Limits"]) is PdfArray { Count: 2 } limits && comparison.After.Resolve(limits[0]) is PdfInteger first
            && comparison.After.Resolve(limits[1]) is PdfInteger last && first.Value <= last.Value ? (first.Value, last.Value) : null;

    // Of a leaf its first and last number, of another node those of its kids.
    private static bool AreLimits(RevisionComparison comparison, PdfDictionary node)
    {
        if (Limits(comparison, node) is not { } limits || node.Has("Nums") == node.Has("Kids"))
            return false;
        if (node.Has("Nums"))
            return Pairs(comparison, comparison.After.Resolve(node["Nums"]) as PdfArray, isBefore: false) is { Count: > 0 } pairs && (pairs.Keys.Min(), pairs.Keys.Max()) == limits;
        var kids = (comparison.After.Resolve(node["Kids"]) as PdfArray)?.Items ?? [];
        return kids.Count > 0 && comparison.After.Resolve(kids[0]) is PdfDictionary lowest && comparison.After.Resolve(kids[^1]) is PdfDictionary highest
            && Limits(comparison, lowest)?.First == limits.First && Limits(comparison, highest)?.Last == limits.Last;
    }

    private static Dictionary<long, PdfObject>? Pairs(RevisionComparison comparison, PdfArray? numbers, bool isBefore)
    {
        var pairs = new Dictionary<long, PdfObject>();
        for (var i = 0; numbers is not null && i + 1 < numbers.Count; i += 2)
        {
            if ((isBefore ? comparison.Before : comparison.After).Resolve(numbers[i]) is not PdfInteger number || !pairs.TryAdd(number.Value, numbers[i + 1]))
                return null;
        }
        return pairs;
    }
}
