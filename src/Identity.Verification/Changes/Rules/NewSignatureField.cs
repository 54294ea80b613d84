using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>What a field must be so that its coming counts as signing: a signature field that is signed in the same revision, and no more than that.</summary>
internal static class NewSignatureField
{
    // 12.5.3 table 167.
    private const long Hidden = 2;
    private const long Print = 4;
    private const long NoView = 32;
    private const long ToggleNoView = 256;

    public static bool Accepts(RevisionComparison comparison, FormField field, ObjectId id)
    {
        var view = comparison.After;
        if (field.Id != id || view.Resolve(id) is not PdfDictionary dictionary)
            return false;
        // 12.7.4.1: a terminal field at the root, with its own type and an own name that nobody else has.
        if (view.Get<PdfName>(dictionary, "FT")?.Value != "Sig" || dictionary.Has("Parent") || view.Resolve(dictionary["T"]) is not PdfString name)
            return false;
        var text = name.GetText();
        if (text.Length == 0 || text.Contains('.', StringComparison.Ordinal))
            return false;
        if (!comparison.Landmarks.IsNewName(field.FullName))
            return false;
        if (comparison.Before.Resolve(id) is not PdfNull)
            return false;
        // 12.7.4.1: with Kids a field is not its own widget, but a viewer shows it where its entries say so.
        if (dictionary.Has("Kids") && (dictionary.Has("Subtype") || dictionary.Has("Rect") || dictionary.Has("AP")))
            return false;
        // 12.6.3: what runs or toggles is no part of signing.
        if (dictionary.Has("A") || dictionary.Has("AA") || field.Widgets.Any(widget => widget.Dictionary.Has("A") || widget.Dictionary.Has("AA")))
            return false;
        return field.Widgets.Count <= 1 && IsNewSignature(comparison, dictionary["V"]);
    }

    /// <summary>The value is a signature that this revision brought.</summary>
    public static bool IsNewSignature(RevisionComparison comparison, PdfObject? value) =>
        comparison.ResolveAfter(value) is PdfDictionary signature
        && signature.Has("Contents") && signature.Has("ByteRange")
        && (value is not PdfReference reference || comparison.Before.Resolve(reference.Target) is PdfNull);

    public static void Report(RevisionComparison comparison, FormField field, ObjectId id)
    {
        comparison.Entries.Accept(id);
        var signature = (PdfDictionary)comparison.ResolveAfter(field.Value);
        var page = Landmarks.PageOf(field);
        var isVisible = field.Widgets.Any(widget => IsVisible(comparison.After, widget.Dictionary));
        // Any clock can make a time-stamp, and the document passes whoever's it is: so it must not show anything.
        if (IsTimestamp(comparison, signature) && page is { } covered && isVisible)
            comparison.Report(ChangeKind.Content, id, page, field.FullName, ValidationMessage.Error("timestamp-visible", field.FullName, covered));
        else if (IsTimestamp(comparison, signature))
            comparison.Report(ChangeKind.Archival, id, page, field.FullName, ValidationMessage.Information("document-timestamp-added", field.FullName));
        else if (page is { } shown && isVisible)
            comparison.Report(ChangeKind.Signature, id, page, field.FullName, ValidationMessage.Information(VisibleSignatureAdded, field.FullName, shown));
        else
            comparison.Report(ChangeKind.Signature, id, page, field.FullName, ValidationMessage.Information("signature-added", field.FullName));
    }

    /// <summary>The message by which a new signature is known that puts something on a page.</summary>
    public const string VisibleSignatureAdded = "visible-signature-added";

    public static bool IsTimestamp(RevisionComparison comparison, PdfDictionary signature) =>
        comparison.After.Get<PdfName>(signature, "Type")?.Value == "DocTimeStamp" || comparison.After.Get<PdfName>(signature, "SubFilter")?.Value == "ETSI.RFC3161";

    /// <summary>12.5.3: the flags that decide when a widget is shown. What is no number sets none.</summary>
    internal static long ShowingFlags(RevisionView view, PdfDictionary widget) =>
        view.Get<PdfInteger>(widget, "F") is { } flags ? flags.Value & (Hidden | Print | NoView | ToggleNoView) : 0;

    /// <summary>Neither on the screen, nor on paper, nor under the pointer.</summary>
    internal static bool IsHidden(RevisionView view, PdfDictionary widget) =>
        ShowingFlags(view, widget) is var flags && ((flags & Hidden) != 0 || (flags & (NoView | Print | ToggleNoView)) == NoView);

    internal static bool IsVisible(RevisionView view, PdfDictionary widget)
    {
        if (IsHidden(view, widget))
            return false;
        if (view.Get<PdfArray>(widget, "Rect") is not { Count: 4 } rectangle)
            return true;
        double? At(int index) => view.Resolve(rectangle[index]) switch
        {
            PdfInteger whole => whole.Value,
            PdfReal real => real.Value,
            _ => null,
        };
        // 12.7.5.5: width and height of zero make the field invisible. What cannot be read counts as visible.
        return At(0) is not { } left || At(1) is not { } bottom || At(2) is not { } right || At(3) is not { } top || (left != right && bottom != top);
    }
}
