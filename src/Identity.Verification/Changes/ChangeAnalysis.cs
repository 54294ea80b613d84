using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes;

/// <summary>
/// Explains every revision of a document by the rules of <see cref="Rules"/>. It fails closed: a change that no rule explains, bytes
/// that no cross-reference entry explains, and a comparison that would cost too much are all reported as changes of the document.
/// </summary>
public static class ChangeAnalysis
{
    /// <summary>White space behind the last end-of-file marker, in bytes. With much of it programs do not find the end, and repair the file.</summary>
    public const int MostTrailingWhiteSpace = 16;

    public static IReadOnlyList<RevisionChanges> Explain(PdfDocument document, CancellationToken cancellation) =>
        Explain(document, new ComparisonBudget(ComparisonBudget.DefaultSteps), cancellation);

    public static IReadOnlyList<RevisionChanges> Explain(PdfDocument document, ComparisonBudget budget, CancellationToken cancellation)
    {
        var revisions = document.Revisions;
        var memory = ComparisonMemory.Of(document, budget);
        var trailing = document.TrailingBytes ?? (document.TrailingWhiteSpace > MostTrailingWhiteSpace ? new ByteSpan(revisions[^1].End, document.Bytes.Length) : null);
        var explained = new RevisionChanges[revisions.Count + (trailing is null ? 0 : 1)];
        // Newest first, so that a file full of revisions spends its budget on those that came after the signatures.
        var after = document.Latest;
        for (var i = revisions.Count - 1; i > 0; i--)
        {
            var before = document.AsOfAnew(revisions[i - 1].Number);
            explained[i] = Revision(before, after, memory, budget, cancellation);
            after = before;
        }
        explained[0] = new RevisionChanges(revisions[0].Number, revisions[0].End, ChangeKind.None, [], 0);
        // What stands behind the last revision is not part of any signature's, so it counts as one more.
        if (trailing is not null)
        {
            var message = ValidationMessage.Error("bytes-behind-end", trailing.Value.Start);
            explained[^1] = new RevisionChanges(revisions.Count + 1, document.Bytes.Length, ChangeKind.Suspicious,
                [new DocumentChange(ChangeKind.Suspicious, null, null, null, message)], 0);
        }
        return explained;
    }

    private static RevisionChanges Revision(RevisionView before, RevisionView after, ComparisonMemory memory, ComparisonBudget budget, CancellationToken cancellation)
    {
        var comparison = new RevisionComparison(before, after, memory, budget, cancellation);
        StructureOfUpdate(comparison);
        return comparison.Run();
    }

    /// <summary>What no walk over objects sees: bytes outside of objects, and containers that are replaced under the objects in them.</summary>
    private static void StructureOfUpdate(RevisionComparison comparison)
    {
        var (before, after) = (comparison.Before, comparison.After);
        foreach (var span in after.Revision.Unaccounted)
            comparison.Report(ChangeKind.Suspicious, null, null, null, ValidationMessage.Error("unexplained-bytes", span.Start, span.End));
        // A program that repairs a file finds objects by their words, wherever they stand, and shows them in place of what the cross-references name.
        if (after.Revision.HiddenObject is { } hidden)
            comparison.Report(ChangeKind.Suspicious, null, null, null, ValidationMessage.Error("hidden-object", hidden));
        foreach (var kind in after.Revision.InvitingRepair)
            comparison.Report(ChangeKind.Suspicious, null, null, null, ValidationMessage.Error("structure-deviates", kind));
        // 7.3.10: a reference to nothing is null, but there are programs that search the whole file for what it names.
        if (comparison.NamesNothing())
            comparison.Report(ChangeKind.Suspicious, null, null, null, ValidationMessage.Error("structure-deviates", "reference-to-nothing"));
        foreach (var change in after.Revision.Changes)
        {
            if (change.Kind == ObjectChangeKind.Overridden && IsObjectStream(before, change.Id))
                comparison.Report(ChangeKind.Suspicious, change.Id, null, null, ValidationMessage.Error("object-stream-replaced"));
            if (change.Kind == ObjectChangeKind.Freed && comparison.IsUsedBefore(change.Id) && comparison.IsNamedAfter(change.Id))
                comparison.Report(ChangeKind.Suspicious, change.Id, null, null, ValidationMessage.Error("used-object-freed"));
        }
    }

    private static bool IsObjectStream(RevisionView view, ObjectId id) =>
        view.Resolve(id) is PdfStream stream && view.Get<PdfName>(stream.Dictionary, "Type")?.Value is "ObjStm" or "XRef";
}
