using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>Default resources of a form (ISO 32000-2 12.7.3): fonts and the like may be added by name, never exchanged under an old name.</summary>
public sealed class FormResourcesGrow : ChangeRule
{
    public static FormResourcesGrow Rule { get; } = new();

    private FormResourcesGrow() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        comparison.Entries.Accept(after);
        Added(comparison, place, before as PdfDictionary, after as PdfDictionary);
        if (IsAbsent(before) && after is PdfDictionary or PdfNull)
            return;
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("form-resources-changed"));
            return;
        }
        foreach (var category in was.Entries.Select(entry => entry.Key.Value))
        {
            // Texts of fields are set with fonts and the like, never with these: viewers keep parts of signature appearances here.
            var inside = place.Inside(category, NothingChanges.Rule, category == "XObject" ? ChangeKind.Form : place.Unexplained);
            if ((comparison.Before.Resolve(was[category]), comparison.ResolveAfter(isNow[category])) is not (PdfDictionary names, PdfDictionary newNames))
            {
                comparison.Compare(was[category], isNow[category], inside);
                continue;
            }
            foreach (var name in names.Entries.Select(entry => entry.Key.Value))
                comparison.Compare(names[name], newNames[name], inside.Inside(name));
        }
    }

    // What a field is set with that it did not find: as if it were exchanged.
    private static void Added(RevisionComparison comparison, Place place, PdfDictionary? before, PdfDictionary? after)
    {
        foreach (var category in after?.Entries ?? [])
        {
            var known = before is null ? null : comparison.Before.Resolve(before[category.Key.Value]) as PdfDictionary;
            var names = (comparison.ResolveAfter(category.Value) as PdfDictionary)?.Entries.Select(entry => entry.Key.Value).Where(name => known?.Has(name) != true) ?? [];
            if (names.Any(name => DrawnByViewer.AnyUses(comparison.Before, name)))
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("form-resources-changed"));
        }
    }
}
