using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>What runs by itself when the document or a page is opened, closed, printed, or a field changes (ISO 32000-2 12.6.3). To open at a page is no action.</summary>
public sealed class AutomaticActions : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        if (document.View.Get<PdfDictionary>(document.View.Catalog, "OpenAction") is { } action && document.Name(action, "S") is not "GoTo")
            yield return new LintFinding("automatic-action");
        foreach (var (holder, dictionary) in document.Dictionaries)
        {
            if (document.View.Get<PdfDictionary>(dictionary, "AA") is { Entries.Count: > 0 })
                yield return LintFinding.On("automatic-action", document, holder);
        }
    }
}
