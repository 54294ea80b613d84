using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// The annotations of a page (ISO 32000-2 12.5.2): those that were there stay, in order; widgets of a new signature field are that
/// field's affair; any other newcomer is an annotation.
/// </summary>
public sealed class PageAnnotations : ChangeRule
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "Text", "Link", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly", "StrikeOut", "Caret",
        "Stamp", "Ink", "Popup", "FileAttachment", "Sound", "Movie", "Screen", "PrinterMark", "TrapNet", "Watermark", "3D", "Redact", "Projection", "RichMedia",
    };

    public static PageAnnotations Rule { get; } = new();

    private PageAnnotations() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (before is not (PdfArray or PdfNull) || after is not (PdfArray or PdfNull))
        {
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("page-entry-changed", place.Page ?? 0, "Annots"));
            return;
        }
        var lists = KeptAndAdded.Match((before as PdfArray)?.Items ?? [], (after as PdfArray)?.Items ?? []);
        foreach (var (was, isNow) in lists.Kept)
            Kept(comparison, place, was, isNow);
        foreach (var gone in lists.Removed)
            Removed(comparison, place, gone);
        foreach (var fresh in lists.Added)
            Added(comparison, place, fresh);
    }

    private static void Kept(RevisionComparison comparison, Place place, PdfObject was, PdfObject isNow)
    {
        // Fields are judged by the form's rules, which reach them from the catalog.
        if (was is PdfReference { Target: var id } && comparison.Landmarks.FieldBefore(id) is not null)
            return;
        var isWidget = comparison.Before.Resolve(was) is PdfDictionary annotation && comparison.Before.Get<PdfName>(annotation, "Subtype")?.Value == "Widget";
        // Given as values: an annotation is a landmark, and this is the rule that it is left to.
        comparison.Compare(comparison.Before.Resolve(was), comparison.ResolveAfter(isNow),
            place.Inside("[]", NothingChanges.Rule, isWidget ? ChangeKind.Content : ChangeKind.Annotation) with
            {
                Holder = (was as PdfReference)?.Target ?? place.Holder,
                LooksLikeContent = new(() => LooksLikeContent(comparison, comparison.Before, was) || LooksLikeContent(comparison, comparison.After, isNow)),
            });
    }

    private static void Removed(RevisionComparison comparison, Place place, PdfObject gone)
    {
        var isWidget = comparison.Before.Resolve(gone) is PdfDictionary annotation && comparison.Before.Get<PdfName>(annotation, "Subtype")?.Value == "Widget";
        var id = (gone as PdfReference)?.Target ?? place.Holder;
        comparison.Report(isWidget ? ChangeKind.Content : ChangeKind.Annotation, id, place.Page, null,
            isWidget ? ValidationMessage.Error("field-removed-from-page", place.Page ?? 0) : ValidationMessage.Error("annotation-removed", place.Page ?? 0),
            LooksLikeContent(comparison, comparison.Before, gone));
    }

    private static bool LooksLikeContent(RevisionComparison comparison, RevisionView view, PdfObject annotation) => !CommentingMarks.Is(comparison, view, view.Resolve(annotation));

    private static void Added(RevisionComparison comparison, Place place, PdfObject fresh)
    {
        var id = (fresh as PdfReference)?.Target;
        var value = comparison.ResolveAfter(fresh);
        // 7.3.10: a reference to nothing shows nothing.
        if (value is PdfNull)
            return;
        // 12.5.2: an annotation is a dictionary. A viewer may show another object all the same, such as a stream with the entries of one.
        if (value is not PdfDictionary annotation)
        {
            comparison.Entries.Accept(fresh);
            comparison.Report(ChangeKind.Content, id ?? place.Holder, place.Page, null, ValidationMessage.Error("page-entry-changed", place.Page ?? 0, "Annots"));
            return;
        }
        var subtype = comparison.After.Get<PdfName>(annotation, "Subtype")?.Value ?? "";
        if (subtype != "Widget")
        {
            comparison.Entries.Accept(fresh);
            comparison.Report(ChangeKind.Annotation, id ?? place.Holder, place.Page, null,
                ValidationMessage.Error("annotation-added", place.Page ?? 0, Known.Contains(subtype) ? subtype : "unknown"),
                LooksLikeContent(comparison, comparison.After, fresh));
            return;
        }
        var field = id is { } widget ? comparison.Landmarks.FieldAfter(widget) : null;
        // What is above the widgets of a field can have their entries too; the field's rule judges its widgets.
        if (field is null || !field.Widgets.Any(shown => shown.Id == id))
            comparison.Report(ChangeKind.Content, id ?? place.Holder, place.Page, null, ValidationMessage.Error("widget-without-field", place.Page ?? 0));
        // 12.7.4.1: only of a field that is new itself, which the form's rule judges. One that is a direct object may have been there all the time.
        else if (field.Id is not { } fieldId || comparison.Landmarks.FieldBefore(fieldId) is not null || comparison.Landmarks.FieldBefore(id!.Value) is not null)
            comparison.Report(ChangeKind.Content, id, place.Page, field.FullName, ValidationMessage.Error("field-placed-on-page", field.FullName, place.Page ?? 0));
    }
}
