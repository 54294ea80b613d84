using System.Buffers;
using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// Fields that viewers draw from their value and from what the form gives by default (ISO 32000-2 12.7.4.3), for they have no appearance of their own or the form
/// asks for new ones.
/// </summary>
internal static class DrawnByViewer
{
    private const int LargestAppearance = 64 * 1024;
    private const int BytesPerStep = 16;
    private const int StepsPerAppearance = 100;

    private static readonly SearchValues<string> ShowsText = Words("Tj", "TJ", "'", "\"", "Do", "BI", "sh");
    private static readonly SearchValues<string> Fills = Words("f", "F", "f*", "B", "B*", "b", "b*");
    private static readonly char[] Separators = [' ', '\t', '\r', '\n', '\f', '\0', '(', ')', '<', '>', '[', ']', '{', '}', '/', '%'];

    private static SearchValues<string> Words(params string[] words) => SearchValues.Create(words, StringComparison.Ordinal);

    public static bool AsksForAppearances(RevisionView view) =>
        view.Form.Dictionary is { } form && view.Resolve(form["NeedAppearances"]) is PdfBoolean { Value: true };

    /// <summary>A field that shows something takes this entry from the form.</summary>
    public static bool AnyTakesFromForm(RevisionView view, string key) =>
        Shown(view).Any(shown => Own(view, shown.Field, shown.Widget, key) is null);

    /// <summary>A field that shows something is set with the resource of this name.</summary>
    public static bool AnyUses(RevisionView view, string name) => Shown(view).Any(shown =>
        (Own(view, shown.Field, shown.Widget, "DA") ?? view.Resolve(view.Form.Dictionary?["DA"])) is PdfString appearance
        && appearance.GetText().Split(Separators).Contains(name));

    /// <summary>
    /// New appearances from the value would not show what the field shows by its own: all that has a value, and of what has none whatever draws more than
    /// what viewers put around fields.
    /// </summary>
    public static bool ShowsMoreThanItsValue(RevisionComparison comparison, RevisionView view, FormField field)
    {
        if (field.FieldType == "Sig")
            return false;
        var hasValue = field.FieldType is "Tx" or "Ch" && view.Resolve(field.Value) is not PdfNull;
        return field.Widgets.Any(widget => view.Resolve(widget.Dictionary["AP"]) is PdfDictionary looks
            && (hasValue || Draws(comparison, view, widget.Dictionary, view.Resolve(looks["N"]))));
    }

    private static IEnumerable<(FormField Field, PdfDictionary Widget)> Shown(RevisionView view)
    {
        var all = AsksForAppearances(view);
        return view.Form.Fields.Where(field => field.FieldType != "Sig" && (field.FieldType == "Btn" || view.Resolve(field.Value) is not PdfNull))
            .SelectMany(field => field.Widgets, (field, widget) => (field, widget.Dictionary))
            .Where(shown => all || view.Get<PdfDictionary>(shown.Dictionary, "AP")?.Has("N") != true);
    }

    // 12.7.4.3: the widget's own, or that of the nearest node above.
    private static PdfObject? Own(RevisionView view, FormField field, PdfDictionary widget, string key)
    {
        if (view.Resolve(widget[key]) is not PdfNull and var own)
            return own;
        return view.Resolve(field.Dictionary[key]) is not PdfNull and var inField ? inField
            : field.Path.Reverse().Select(node => view.Resolve(node) is PdfDictionary dictionary ? view.Resolve(dictionary[key]) : PdfNull.Absent)
                .FirstOrDefault(value => value is not PdfNull);
    }

    private static bool Draws(RevisionComparison comparison, RevisionView view, PdfDictionary widget, PdfObject look)
    {
        if (look is PdfDictionary states)
            look = view.Get<PdfName>(widget, "AS") is { } state ? view.Resolve(states[state.Value]) : PdfNull.Absent;
        if (look is PdfNull)
            return false;
        if (look is not PdfStream form || view.Decode(form, LargestAppearance) is not StreamData.Decoded { Bytes: var bytes }
            || !comparison.Spend(StepsPerAppearance + (bytes.Length / BytesPerStep)))
            return true;
        var words = Encoding.Latin1.GetString(bytes.Span).Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        // 12.5.6.19 table 192: a background is drawn again from MK.
        var hasBackground = view.Get<PdfDictionary>(widget, "MK")?.Has("BG") == true;
        return words.Any(word => ShowsText.Contains(word) || (!hasBackground && Fills.Contains(word)));
    }
}
