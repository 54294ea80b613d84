using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// Annotations that nobody takes for what the page says: notes and marks (ISO 32000-2 12.5.6) that draw no text and no image. All others can lie over a page as
/// if they were printed on it, which is how certified documents were changed in their readers' eyes.
/// </summary>
internal static class CommentingMarks
{
    private const int LargestAppearance = 64 * 1024;
    private const int MostForms = 64;
    private const int BytesPerStep = 16;
    private const int StepsPerForm = 100;

    private static readonly HashSet<string> Kinds = new(StringComparer.Ordinal) { "Text", "Popup", "Link", "Highlight", "Underline", "Squiggly", "StrikeOut", "Caret" };

    // 9.4.3, 8.9.7, 8.7.4.2: showing text, an image in the content, a shading.
    private static readonly HashSet<string> Telling = new(StringComparer.Ordinal) { "Tj", "TJ", "'", "\"", "BI", "sh" };

    public static bool Is(RevisionComparison comparison, RevisionView view, PdfObject annotation) =>
        annotation is PdfDictionary dictionary && Kinds.Contains(view.Get<PdfName>(dictionary, "Subtype")?.Value ?? "") && !DrawsContent(comparison, view, dictionary["AP"]);

    private static bool DrawsContent(RevisionComparison comparison, RevisionView view, PdfObject? appearances)
    {
        var waiting = new Stack<PdfObject>([view.Resolve(appearances)]);
        for (var forms = 0; waiting.TryPop(out var next);)
        {
            switch (next)
            {
                case PdfStream form:
                    if (++forms > MostForms || IsTelling(comparison, view, form))
                        return true;
                    if (view.Get<PdfDictionary>(form.Dictionary, "Resources") is { } resources && view.Get<PdfDictionary>(resources, "XObject") is { } objects)
                        PushAll(view, waiting, objects);
                    break;
                // 12.5.5: normal, rollover and down, each one or one for each state.
                case PdfDictionary several:
                    if (++forms > MostForms)
                        return true;
                    PushAll(view, waiting, several);
                    break;
            }
        }
        return false;
    }

    private static void PushAll(RevisionView view, Stack<PdfObject> waiting, PdfDictionary values)
    {
        foreach (var (_, value) in values.Entries.Take(MostForms + 1))
            waiting.Push(view.Resolve(value));
    }

    private static readonly char[] Delimiters = [' ', '\t', '\r', '\n', '\f', '\0', '(', ')', '<', '>', '[', ']', '{', '}', '/', '%'];

    // What cannot be looked through tells, for all that is known.
    private static bool IsTelling(RevisionComparison comparison, RevisionView view, PdfStream form) =>
        view.Get<PdfName>(form.Dictionary, "Subtype")?.Value == "Image"
        || view.Decode(form, LargestAppearance) is not StreamData.Decoded { Bytes: var bytes }
        || !comparison.Spend(StepsPerForm + (bytes.Length / BytesPerStep))
        || Encoding.Latin1.GetString(bytes.Span).Split(Delimiters, StringSplitOptions.RemoveEmptyEntries).Any(Telling.Contains);
}
