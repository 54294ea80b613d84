using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>A font that a later revision of the file replaced: the same characters look different than they did.</summary>
public sealed class RedefinedFonts : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        foreach (var revision in document.View.Document.Revisions.Skip(1).TakeWhile(_ => document.Spend()))
        {
            foreach (var change in revision.Changes.Where(change => change.Kind == ObjectChangeKind.Overridden && document.Spend()))
            {
                var before = document.View.Document.ResolveAsOf(revision.Number - 1, change.Id);
                var after = document.View.Document.ResolveAsOf(revision.Number, change.Id);
                if (IsFont(document, before) && after is PdfDictionary && !ObjectComparison.SameValue(before, after) && document.View.Closure.Contains(change.Id))
                    yield return LintFinding.On("font-redefined", document, change.Id);
            }
        }
    }

    private static bool IsFont(LintedDocument document, PdfObject value) => value is PdfDictionary dictionary && document.Name(dictionary, "Type") is "Font" or "FontDescriptor";
}
