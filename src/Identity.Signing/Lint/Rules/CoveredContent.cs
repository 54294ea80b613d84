namespace Identity.Signing.Lint.Rules;

/// <summary>A page whose own content paints over text that it drew before: take the cover away in a later revision, and the page says something else.</summary>
public sealed class CoveredContent : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document) =>
        document.View.Pages.Pages.TakeWhile(_ => !document.IsSpent).Where(page => document.MarksOf(page) is { CoversItself: true })
            .Select(page => new LintFinding("content-covered", page.Number, page.Id?.Number));
}
