namespace Identity.Signing.Lint;

/// <summary>Looks for one thing. May cost as many steps as the document has values, and stops when the budget is spent.</summary>
public abstract class LintRule
{
    public abstract IEnumerable<LintFinding> Find(LintedDocument document);
}
