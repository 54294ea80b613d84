using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>Developer extensions (ISO 32000-2 7.12): may be declared or raised, never lowered or withdrawn.</summary>
public sealed class ExtensionsGrow : ChangeRule
{
    public static ExtensionsGrow Rule { get; } = new();

    private ExtensionsGrow() { }

    public override bool IsLenient => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (ObjectComparison.SameValue(before, after) && before is not PdfDictionary)
            return;
        if (after is not PdfDictionary isNow || before is not (PdfDictionary or PdfNull))
        {
            comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("extensions-lowered"));
            return;
        }
        comparison.Entries.Accept(after);
        var was = before as PdfDictionary;
        var grows = true;
        var changed = was is null;
        foreach (var entry in isNow.Entries)
        {
            var old = was is null ? PdfNull.Absent : comparison.Before.Resolve(was[entry.Key.Value]);
            var fresh = comparison.ResolveAfter(entry.Value);
            changed |= !ObjectComparison.SameValue(old, fresh);
            grows &= entry.Key.Value == "Type" || Grows(comparison, old, fresh);
        }
        grows &= was is null || was.Entries.All(entry => isNow.Has(entry.Key.Value));
        if (!grows)
            comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("extensions-lowered"));
        else if (changed)
            comparison.Report(ChangeKind.Archival, place, ValidationMessage.Information("extensions-raised"));
    }

    // 7.12.3: a developer has one extension dictionary, or since 2.0 an array of them.
    private static bool Grows(RevisionComparison comparison, PdfObject before, PdfObject after) => (before, after) switch
    {
        (_, _) when ObjectComparison.SameValue(before, after) => true,
        (PdfNull, PdfDictionary or PdfArray) => true,
        (PdfDictionary was, PdfDictionary isNow) => ObjectComparison.SameValue(comparison.Before.Resolve(was["BaseVersion"]), comparison.ResolveAfter(isNow["BaseVersion"]))
            && comparison.Before.Get<PdfInteger>(was, "ExtensionLevel") is { } older
            && comparison.After.Get<PdfInteger>(isNow, "ExtensionLevel") is { } newer && newer.Value >= older.Value,
        (PdfArray was, PdfArray isNow) => isNow.Count >= was.Count
            && was.Items.Select((item, index) => (item, index)).All(pair =>
                Grows(comparison, comparison.Before.Resolve(pair.item), comparison.ResolveAfter(isNow[pair.index]))),
        (PdfDictionary, PdfArray isNow) => isNow.Items.Any(item => ObjectComparison.SameValue(before, comparison.ResolveAfter(item))),
        _ => false,
    };
}
