using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// A field or widget that was there before (ISO 32000-2 12.7.4, 12.5.6.19): its value and appearance may be filled in, an empty
/// signature field may be signed, a signed one never changes.
/// </summary>
public sealed class FieldEntries : ChangeRule
{
    // 12.7.4.1 table 227, 12.7.5.2.1 table 229.
    private const long ReadOnly = 1;
    private const long PushButton = 1 << 16;

    // What filling in writes: the value, how it looks, which of several looks is on, how text is set, and flags such as read-only.
    private static readonly HashSet<string> Filled = new(StringComparer.Ordinal) { "V", "AP", "AS", "DA", "Q", "F", "Ff", "I", "RV", "M", "MK" };

    public static FieldEntries Rule { get; } = new();

    private FieldEntries() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            if (!IsAbsent(before) || !IsAbsent(after))
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("field-structure-changed", place.Field ?? ""));
            return;
        }
        var field = place.Holder is { } id ? comparison.Landmarks.FieldBefore(id) : null;
        place = place with { Page = field?.Widgets.FirstOrDefault(widget => widget.Id == place.Holder)?.Page?.Number ?? Landmarks.PageOf(field) };
        var isSignature = field?.FieldType == "Sig";
        if (isSignature && comparison.Before.Resolve(field!.Value) is PdfDictionary)
            Signed(comparison, place, was, isNow);
        else if (isSignature)
            Empty(comparison, place, was, isNow);
        else
            Ordinary(comparison, place, was, isNow);
    }

    private static void Signed(RevisionComparison comparison, Place place, PdfDictionary was, PdfDictionary isNow)
    {
        foreach (var key in Keys(was, isNow))
        {
            if (key == "Kids")
                Kids(comparison, place, was[key], isNow[key]);
            else if (!IsTypeStated(key, comparison, was, isNow))
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule, ChangeKind.Suspicious));
        }
    }

    private static void Empty(RevisionComparison comparison, Place place, PdfDictionary was, PdfDictionary isNow)
    {
        var value = isNow["V"];
        var signedNow = !IsAbsent(comparison.ResolveAfter(value));
        if (signedNow)
        {
            comparison.Entries.Accept(value);
            if (!NewSignatureField.IsNewSignature(comparison, value))
                comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("signature-not-new", place.Field ?? ""));
            else if (NewSignatureField.IsTimestamp(comparison, (PdfDictionary)comparison.ResolveAfter(value)) && ShownOn(comparison, place) is { } page)
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("timestamp-visible", place.Field ?? "", page));
            else if (NewSignatureField.IsTimestamp(comparison, (PdfDictionary)comparison.ResolveAfter(value)))
                comparison.Report(ChangeKind.Archival, place, ValidationMessage.Information("document-timestamp-added", place.Field ?? ""));
            else
                comparison.Report(ChangeKind.Signature, place, ValidationMessage.Information("signature-added", place.Field ?? ""));
        }
        // The field may be signed through its parent while this is the widget, so its looks may come with the signature of the field.
        var fieldSigned = signedNow || (place.Holder is { } id && comparison.Landmarks.FieldAfter(id) is { } field && !IsAbsent(comparison.ResolveAfter(field.Value)));
        if (fieldSigned && NewSignatureField.IsHidden(comparison.Before, was) != NewSignatureField.IsHidden(comparison.After, isNow))
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("field-shown-or-hidden", place.Field ?? ""));
        foreach (var key in Keys(was, isNow))
        {
            if (key == "V" || (key is "Lock" or "SV" && fieldSigned && !was.Has(key)) || IsTypeStated(key, comparison, was, isNow))
                comparison.Entries.Accept(isNow[key]);
            else if (key == "Kids")
                Kids(comparison, place, was[key], isNow[key]);
            else if (fieldSigned && key == "AP")
                Appearance(comparison, place.Inside(key, unexplained: ChangeKind.Signature), was[key], isNow[key]);
            else if (!fieldSigned || !Filled.Contains(key))
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
            else
                comparison.Entries.Accept(isNow[key]);
        }
    }

    private static void Ordinary(RevisionComparison comparison, Place place, PdfDictionary was, PdfDictionary isNow)
    {
        var hasNewValue = HasNewValue(comparison, place);
        // A viewer that fills in may set that the field is printed; one that does not has no reason to.
        if (NewSignatureField.IsHidden(comparison.Before, was) != NewSignatureField.IsHidden(comparison.After, isNow)
            || (!hasNewValue && NewSignatureField.ShowingFlags(comparison.Before, was) != NewSignatureField.ShowingFlags(comparison.After, isNow)))
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("field-shown-or-hidden", place.Field ?? ""));
        foreach (var key in Keys(was, isNow))
        {
            if (key == "Kids")
                Kids(comparison, place, was[key], isNow[key]);
            else if (key is "AP" or "MK")
                // What a field shows may follow its value, and nothing else: a push button has none.
                Appearance(comparison, place.Inside(key, unexplained: hasNewValue ? ChangeKind.Form : ChangeKind.Content), was[key], isNow[key]);
            else if (Filled.Contains(key) && !(IsOfKind(key, comparison.Before.Resolve(was[key])) && IsOfKind(key, comparison.ResolveAfter(isNow[key]))))
                comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("field-entry-unsound", place.Field ?? ""));
            else if (key == "AS" && !hasNewValue)
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule, ChangeKind.Content) with { IsDrawn = true });
            else if (hasNewValue ? Filled.Contains(key) : IsWithoutLooks(key, comparison, was, isNow))
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule, ChangeKind.Form));
            else if (!IsTypeStated(key, comparison, was, isNow))
                comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule));
        }
    }

    // Without another value: when it was changed, how it is shown, which is judged above, and that nobody is to fill it in any more. All else a viewer may draw by.
    private static bool IsWithoutLooks(string key, RevisionComparison comparison, PdfDictionary was, PdfDictionary isNow) => key switch
    {
        "M" or "F" => true,
        "Ff" => ((comparison.Before.Get<PdfInteger>(was, key)?.Value ?? 0) | ReadOnly) == (comparison.After.Get<PdfInteger>(isNow, key)?.Value ?? 0),
        _ => false,
    };

    // 12.6.3 table 200: the calculation is an additional action of the field.
    private static bool IsCalculated(RevisionView view, FormField field) =>
        view.Get<PdfDictionary>(field.Dictionary, "AA") is { } actions && view.Resolve(actions["C"]) is PdfDictionary;

    private static bool HasNewValue(RevisionComparison comparison, Place place)
    {
        if (place.Holder is not { } id || comparison.Landmarks.FieldBefore(id) is not { } old || comparison.Landmarks.FieldAfter(id) is not { } fresh)
            return false;
        // 12.7.5.2.2: a push button has no value, so whatever stands there is none. 12.7.4.1: nobody fills in what is read-only, but a calculation may.
        if ((old.FieldType == "Btn" && (old.Flags & PushButton) != 0) || ((old.Flags & ReadOnly) != 0 && !IsCalculated(comparison.Before, old)))
            return false;
        return !ObjectComparison.SameValue(comparison.Before.Resolve(old.Value), comparison.ResolveAfter(fresh.Value));
    }

    /// <summary>The page of the first widget that shows, whichever it is; null when none does.</summary>
    private static int? ShownOn(RevisionComparison comparison, Place place) => place.Holder is { } id && comparison.Landmarks.FieldAfter(id) is { } field
        ? field.Widgets.FirstOrDefault(widget => widget.Page is not null && NewSignatureField.IsVisible(comparison.After, widget.Dictionary))?.Page!.Number : null;

    // 12.5.2 table 166, 12.7.4.1 table 226, 12.7.4.3 table 228: under these keys other dictionaries keep other things (an action its file,
    // resources their images), so an object that is a field and something else as well must not pass as filled in.
    private static bool IsOfKind(string key, PdfObject value) => value is PdfNull || key switch
    {
        "AS" => value is PdfName,
        "Q" or "F" or "Ff" => value is PdfInteger,
        "DA" or "M" => value is PdfString,
        "RV" => value is PdfString or PdfStream,
        "I" => value is PdfArray array && array.Items.All(item => item is PdfInteger),
        _ => value is PdfString or PdfStream or PdfName or PdfArray,
    };

    // 12.7.4.1: with the entry Kids a field stops being its own widget.
    private static void Kids(RevisionComparison comparison, Place place, PdfObject? was, PdfObject? isNow)
    {
        if (was is null)
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("field-structure-changed", place.Field ?? ""));
        else
            comparison.Compare(was, isNow, place.Inside("Kids", FieldList.OfField));
    }

    // 12.5.2 table 166: Type is optional, and says what is known already.
    private static bool IsTypeStated(string key, RevisionComparison comparison, PdfDictionary was, PdfDictionary isNow) =>
        key == "Type" && !was.Has(key) && comparison.After.Get<PdfName>(isNow, key)?.Value == "Annot";

    private static void Appearance(RevisionComparison comparison, Place place, PdfObject? was, PdfObject? isNow)
    {
        var (old, fresh) = (comparison.Before.Resolve(was), comparison.ResolveAfter(isNow));
        // 12.5.5: an appearance that vanishes leaves it to each viewer what to show.
        if (fresh is not PdfDictionary && !IsAbsent(old))
            comparison.Report(ChangeKind.Content, place, ValidationMessage.Error("appearance-removed", place.Field ?? ""));
        else
            comparison.Compare(was, isNow, place with { Rule = NothingChanges.Rule });
    }
}
