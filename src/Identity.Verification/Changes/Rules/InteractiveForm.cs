using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The form (ISO 32000-2 12.7.3): may come into being with a signature, its fields may be filled and signature fields added.</summary>
public sealed class InteractiveForm : ChangeRule
{
    public static InteractiveForm Rule { get; } = new();

    private InteractiveForm() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (IsAbsent(before) && IsAbsent(after))
            return;
        if (after is not PdfDictionary isNow || before is not (PdfDictionary or PdfNull))
        {
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("form-removed"));
            return;
        }
        var was = before as PdfDictionary;
        foreach (var key in was is null ? isNow.Entries.Select(entry => entry.Key.Value) : Keys(was, isNow))
            Entry(comparison, place, key, was?[key], isNow[key]);
    }

    private static void Entry(RevisionComparison comparison, Place place, string key, PdfObject? was, PdfObject? isNow)
    {
        switch (key)
        {
            case "Fields":
                comparison.Compare(was, isNow, place.Inside(key, FieldList.OfForm));
                break;
            case "SigFlags":
                // 12.7.3 table 225: bits are set when the first signature comes; a bit that disappears hides signatures.
                var (old, fresh) = (Flags(comparison.Before.Resolve(was)), Flags(comparison.ResolveAfter(isNow)));
                if ((old & ~fresh) != 0 || comparison.ResolveAfter(isNow) is not (PdfInteger or PdfNull))
                    comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("signature-flags-cleared"));
                break;
            case "DR":
                comparison.Compare(was, isNow, place.Inside(key, FormResourcesGrow.Rule));
                break;
            case "NeedAppearances" when IsTrue(comparison.ResolveAfter(isNow)) && !IsTrue(comparison.Before.Resolve(was))
                && comparison.Before.Form.Fields.Any(field => DrawnByViewer.ShowsMoreThanItsValue(comparison, comparison.Before, field)):
                // 12.7.3: viewers then draw each field from its value, whatever its appearance showed when it was signed.
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("appearances-rebuilt"));
                break;
            case "DA" or "Q" or "NeedAppearances":
                if (!ObjectComparison.SameValue(comparison.Before.Resolve(was), comparison.ResolveAfter(isNow)))
                    Defaults(comparison, place, key);
                break;
            default:
                comparison.Compare(was, isNow, place.Inside(key, NothingChanges.Rule));
                break;
        }
    }

    // 12.7.4.3: what fields take from the form decides how those look that a viewer draws.
    private static void Defaults(RevisionComparison comparison, Place place, string key)
    {
        if (key != "NeedAppearances" && DrawnByViewer.AnyTakesFromForm(comparison.Before, key))
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("form-resources-changed"));
        else
            comparison.Report(ChangeKind.Form, place, ValidationMessage.Warning("form-defaults-changed"));
    }

    private static bool IsTrue(PdfObject value) => value is PdfBoolean { Value: true };

    private static long Flags(PdfObject value) => value is PdfInteger number ? number.Value : 0;
}
