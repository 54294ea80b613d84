using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>Fields of the form, or the kids of a field (ISO 32000-2 12.7.4.1): none goes; a new one may only be a signature at the root of the form.</summary>
public sealed class FieldList : ChangeRule
{
    public static FieldList OfForm { get; } = new(isRoot: true);

    public static FieldList OfField { get; } = new(isRoot: false);

    private readonly bool isRoot;

    private FieldList(bool isRoot) => this.isRoot = isRoot;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (before is not (PdfArray or PdfNull) || after is not (PdfArray or PdfNull))
        {
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("fields-changed"));
            return;
        }
        var lists = KeptAndAdded.Match((before as PdfArray)?.Items ?? [], (after as PdfArray)?.Items ?? []);
        foreach (var (was, isNow) in lists.Kept)
        {
            // A widget, and a field that stands in two places, go by the name of what they are found below.
            var name = was is PdfReference reference ? comparison.Landmarks.NameBefore(comparison.Before, reference.Target) : null;
            if (name is null || (!isRoot && !Landmarks.IsAtOrBelow(name, place.Field ?? "")))
                name = place.Field ?? "";
            comparison.Compare(was, isNow, place.Inside("[]", FieldEntries.Rule) with { Field = name });
        }
        foreach (var gone in lists.Removed)
            Removed(comparison, place, gone);
        foreach (var fresh in lists.Added)
            Added(comparison, place, fresh);
    }

    private static void Removed(RevisionComparison comparison, Place place, PdfObject gone)
    {
        var id = (gone as PdfReference)?.Target;
        var field = id is { } target ? comparison.Landmarks.FieldBefore(target) : null;
        var wasSigned = field?.FieldType == "Sig" && comparison.Before.Resolve(field.Value) is PdfDictionary;
        comparison.Report(wasSigned ? ChangeKind.Suspicious : ChangeKind.Content, id ?? place.Holder, null, field?.FullName,
            ValidationMessage.Error(wasSigned ? "signature-removed" : "field-removed", field?.FullName ?? ""));
    }

    private void Added(RevisionComparison comparison, Place place, PdfObject fresh)
    {
        var id = (fresh as PdfReference)?.Target;
        var field = id is { } target ? comparison.Landmarks.FieldAfter(target) : null;
        if (comparison.ResolveAfter(fresh) is PdfNull)
            return;
        if (!isRoot || field is null || id is null || !NewSignatureField.Accepts(comparison, field, id.Value))
        {
            comparison.Report(ChangeKind.Content, id ?? place.Holder, Landmarks.PageOf(field), field?.FullName,
                ValidationMessage.Error("field-added", field?.FullName ?? ""));
            comparison.Entries.Accept(fresh);
            return;
        }
        NewSignatureField.Report(comparison, field, id.Value);
    }
}
