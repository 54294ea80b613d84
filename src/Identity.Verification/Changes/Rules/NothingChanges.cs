using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The rule for all that no other rule speaks of: the value and everything below it stay as they were.</summary>
public sealed class NothingChanges : ChangeRule
{
    public static NothingChanges Rule { get; } = new();

    private NothingChanges() { }

    public override bool IsSilentOfUntouched => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        place = place with { Rule = Rule };
        switch (before, after)
        {
            case (PdfDictionary was, PdfDictionary isNow):
                Entries(comparison, place, was, isNow);
                break;
            case (PdfStream was, PdfStream isNow):
                if (!ReferenceEquals(was, isNow) && !ObjectComparison.SameData(was, isNow))
                    comparison.Report(place.Unexplained, place, Difference(place));
                Entries(comparison, place, was.Dictionary, isNow.Dictionary);
                break;
            case (PdfArray was, PdfArray isNow) when was.Count == isNow.Count:
                for (var i = 0; i < was.Count; i++)
                    Pair(comparison, place, was[i], isNow[i], $"[{i}]");
                break;
            default:
                if (!ReferenceEquals(before, after) && !ObjectComparison.SameValue(before, after))
                    comparison.Report(place.Unexplained, place, Difference(place));
                // Said, of whatever came with it too.
                comparison.Entries.Accept(after);
                break;
        }
    }

    private static void Entries(RevisionComparison comparison, Place place, PdfDictionary before, PdfDictionary after)
    {
        foreach (var key in Keys(before, after))
            Pair(comparison, place, before[key], after[key], key);
    }

    private static void Pair(RevisionComparison comparison, Place place, PdfObject? before, PdfObject? after, string step)
    {
        if (before is PdfInteger or PdfName or PdfBoolean or PdfReal && ReferenceEquals(before, after))
            return;
        comparison.Compare(before, after, place.Inside(step));
    }

    /// <summary>Says in plain words what differs, as far as the place tells.</summary>
    internal static ValidationMessage Difference(Place place)
    {
        if (place.Unexplained == ChangeKind.Annotation && place.Page is { } annotated)
            return ValidationMessage.Error("annotation-changed", annotated);
        if (place.Field is { } field)
            return OfField(place, field);
        if (place.Unexplained == ChangeKind.Form)
            return ValidationMessage.Warning("form-defaults-changed");
        if (place.Page is not { } page)
            return ValidationMessage.Error("object-changed", place.Path);
        var afterPage = place.Path[(place.Path.LastIndexOf("Page:", StringComparison.Ordinal) + "Page:".Length)..];
        var entry = afterPage.Split('/', '[') is [_, var first, ..] ? first : "";
        return entry switch
        {
            "Contents" => ValidationMessage.Error("page-content-changed", page),
            "Resources" => ValidationMessage.Error("page-resources-changed", page),
            "MediaBox" or "CropBox" or "BleedBox" or "TrimBox" or "ArtBox" or "Rotate" or "UserUnit" => ValidationMessage.Error("page-geometry-changed", page),
            _ => ValidationMessage.Error("page-entry-changed", page, entry),
        };
    }

    private static ValidationMessage OfField(Place place, string field) => place.Unexplained switch
    {
        ChangeKind.Form => ValidationMessage.Information("field-filled", field),
        ChangeKind.Signature => ValidationMessage.Information("signature-added", field),
        ChangeKind.Suspicious => ValidationMessage.Error("signed-field-changed", field),
        _ when place.IsDrawn => ValidationMessage.Error("appearance-without-value", field),
        _ => ValidationMessage.Error("field-structure-changed", field),
    };
}
