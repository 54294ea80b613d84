using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The document information dictionary (ISO 32000-2 14.3.3): dates and names of programs, not part of what is shown.</summary>
public sealed class DocumentInformation : ChangeRule
{
    public static DocumentInformation Rule { get; } = new();

    private DocumentInformation() { }

    public override bool IsLenient => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (after is not (PdfDictionary or PdfNull))
        {
            comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("object-changed", place.Path));
            return;
        }
        comparison.Entries.Accept(after);
        if (!ReferenceEquals(before, after) && !ObjectComparison.SameValue(before, after))
            comparison.Report(ChangeKind.Archival, place, ValidationMessage.Information("information-changed"));
    }
}
