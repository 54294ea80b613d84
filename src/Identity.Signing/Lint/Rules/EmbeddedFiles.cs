using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>Files inside the document (ISO 32000-2 7.11.4): signed with it, and not seen by who signs.</summary>
public sealed class EmbeddedFiles : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document) =>
        document.Dictionaries.Where(found => document.View.Get<PdfDictionary>(found.Dictionary, "EF") is { Entries.Count: > 0 }).Select(found => LintFinding.On("attachment", document, found.Holder));
}
