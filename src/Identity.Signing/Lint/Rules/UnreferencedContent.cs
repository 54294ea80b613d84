using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>
/// Pages, forms, images, fonts, annotations that the document has and does not use: a later revision need only point to them (the shadow attack's hide and
/// replace). Streams that are nothing by their dictionary count when they draw text.
/// </summary>
public sealed class UnreferencedContent : LintRule
{
    private static readonly HashSet<string> Shown = new(StringComparer.Ordinal) { "Page", "Pages", "Catalog", "Font", "FontDescriptor", "XObject", "Annot" };
    private const int LargestLookedInto = 256 * 1024;

    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        var view = document.View;
        var pages = view.Pages.Pages.Select(page => page.Id).ToHashSet();
        // Pages that something names, but not the page tree: what was captured, or put aside.
        foreach (var (holder, dictionary) in document.Dictionaries)
        {
            if (holder is { } aside && !pages.Contains(aside) && document.Name(dictionary, "Type") is ("Page" or "Template") && dictionary.Has("Contents"))
                yield return new LintFinding("unreferenced-content", null, aside.Number);
        }
        foreach (var id in view.Objects.TakeWhile(_ => document.Spend()).Where(id => !view.Closure.Contains(id)))
        {
            var value = view.Resolve(id);
            if (value is PdfStream stream ? IsShown(document, stream.Dictionary) || DrawsText(document, stream) : value is PdfDictionary dictionary && IsShown(document, dictionary))
                yield return new LintFinding("unreferenced-content", null, id.Number);
        }
    }

    private static bool IsShown(LintedDocument document, PdfDictionary dictionary) =>
        Shown.Contains(document.Name(dictionary, "Type") ?? "") || document.Name(dictionary, "Subtype") is "Widget" or "Form" or "Image" || (dictionary.Has("FT") && dictionary.Has("T"));

    private static bool DrawsText(LintedDocument document, PdfStream stream) =>
        // 7.8.2: a content stream's dictionary says nothing but how it is stored.
        stream.Dictionary.Entries.All(entry => entry.Key.Value is "Length" or "Filter" or "DecodeParms") && stream.DataLength <= LargestLookedInto && document.Spend(1000)
        && PageMarks.OfForm(document, stream).Texts.Count > 0;
}
