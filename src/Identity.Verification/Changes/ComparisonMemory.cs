using Identity.Pdf.Structure;

namespace Identity.Verification.Changes;

/// <summary>What is known of a document while its revisions are compared, newest first.</summary>
/// <param name="graph">Null: nothing is known, and every revision is compared in full.</param>
public sealed class ComparisonMemory(ReferenceGraph? graph)
{
    private StructureElements? structure;

    public ReferenceGraph? Graph => graph;

    public static ComparisonMemory Of(PdfDocument document, ComparisonBudget budget) => new(UntouchedParts.GraphOf(document, budget));

    public StructureElements Structure(RevisionView view, ComparisonBudget budget) =>
        structure = StructureElements.Of(view, graph is null ? null : structure, budget);
}
