using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>Scripts (ISO 32000-2 12.6.4.17), wherever they are run from.</summary>
public sealed class JavaScript : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document) =>
        document.Dictionaries.Where(found => document.Name(found.Dictionary, "S") == "JavaScript" || (document.View.Resolve(found.Dictionary["JS"]) is PdfString or PdfStream && found.Dictionary.Has("S")))
            .Select(found => LintFinding.On("javascript", document, found.Holder));
}
