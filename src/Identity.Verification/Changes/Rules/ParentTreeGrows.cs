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
                    Numbers(comparison, place, comparison.Before.Resolve(was[key]), comparison.ResolveAfter(isNow[key]));
                    break;
                case "Kids":
                    Kids(comparison, place, comparison.Before.Resolve(was[key]), comparison.ResolveAfter(isNow[key]));
                    break;
                case "Limits":
                    // Follows from the numbers.
                    break;
                default:
                    comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
                    break;
            }
        }
    }

    private static void Numbers(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
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
        if (lists.Removed.Count > 0)
            comparison.Report(place.Unexplained, place, ValidationMessage.Error("structure-changed"));
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
