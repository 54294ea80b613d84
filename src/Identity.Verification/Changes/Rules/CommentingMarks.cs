using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// Annotations that nobody takes for what the page says: notes and marks (ISO 32000-2 12.5.6) that are drawn by the viewer, and highlights that leave all below
/// them readable. All others can lie over a page as if they were printed on it, which is how certified documents were changed in their readers' eyes.
/// </summary>
internal static class CommentingMarks
{
    private const double WidestBorder = 3;

    private static readonly HashSet<string> Kinds = new(StringComparer.Ordinal) { "Text", "Popup", "Link", "Highlight", "Underline", "Squiggly", "StrikeOut", "Caret" };

    // 12.5.2 table 166, 12.5.6.2 table 172 and the tables of these kinds. Not BM, by which a highlight can be made to cover, nor AA.
    private static readonly HashSet<string> Entries = new(StringComparer.Ordinal)
    {
        "Type", "Subtype", "Rect", "Contents", "P", "NM", "M", "F", "AP", "AS", "Border", "C", "StructParent", "OC", "AF", "ca", "CA", "Lang",
        "T", "Popup", "RC", "CreationDate", "IRT", "Subj", "RT", "IT", "ExData", "Open", "Name", "State", "StateModel", "Parent",
        "QuadPoints", "A", "Dest", "H", "PA", "BS", "RD", "Sy",
    };

    public static bool Is(RevisionComparison comparison, RevisionView view, PdfObject annotation)
    {
        if (annotation is not PdfDictionary dictionary || view.Get<PdfName>(dictionary, "Subtype")?.Value is not { } kind || !Kinds.Contains(kind))
            return false;
        // An object with other entries may be something else as well. Annex E: a program's own have its prefix, which no entry of the standard has.
        if (!dictionary.Entries.All(entry => Entries.Contains(entry.Key.Value) || entry.Key.Value.Contains(':', StringComparison.Ordinal)) || HasWideBorder(view, dictionary))
            return false;
        if (view.Resolve(dictionary["AP"]) is PdfNull)
            return kind != "Highlight" || HasLightColour(view, dictionary);
        return kind == "Highlight" && HighlightAppearance.Is(comparison, view, dictionary["AP"]);
    }

    // 12.5.2 table 166: C is grey, RGB or CMYK. A viewer that draws a highlight multiplies by it; without one, some take black.
    private static bool HasLightColour(RevisionView view, PdfDictionary annotation)
    {
        if (view.Get<PdfArray>(annotation, "C") is not { Count: 1 or 3 } colour)
            return false;
        var values = colour.Items.Select(item => view.Resolve(item) switch { PdfInteger whole => whole.Value, PdfReal real => real.Value, _ => double.NaN }).ToList();
        return values.TrueForAll(value => value is >= 0 and <= 1) && values.Max() >= HighlightAppearance.Light;
    }

    // 12.5.4: the third element of Border, or W of BS. A wide one covers what it is drawn on.
    private static bool HasWideBorder(RevisionView view, PdfDictionary annotation)
    {
        var styles = view.Resolve(annotation["BS"]);
        var border = view.Resolve(annotation["Border"]);
        return (styles is not PdfNull && (styles is not PdfDictionary style || IsWide(view.Resolve(style["W"]))))
            || (border is not PdfNull && (border is not PdfArray { Count: >= 3 } array || IsWide(view.Resolve(array[2]))));
    }

    private static bool IsWide(PdfObject width) => width switch
    {
        PdfNull => false,
        PdfInteger whole => whole.Value > WidestBorder,
        PdfReal real => !(real.Value <= WidestBorder),
        _ => true,
    };
}
