namespace Identity.Signing.Lint.Rules;

/// <summary>Form fields on a page that the form does not name (ISO 32000-2 12.7.3): readers differ in whether they show them, and a later revision can take them up.</summary>
public sealed class WidgetsOutsideForm : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        var known = document.View.Form.Fields.SelectMany(field => field.Widgets).Select(widget => widget.Id).ToHashSet();
        return document.View.Pages.Pages.TakeWhile(_ => !document.IsSpent).SelectMany(page => document.Annotations(page)
            .Where(found => document.Name(found.Annotation, "Subtype") == "Widget" && found.Id is { } id && !known.Contains(id))
            .Select(found => new LintFinding("widget-outside-form", page.Number, found.Id?.Number)));
    }
}
