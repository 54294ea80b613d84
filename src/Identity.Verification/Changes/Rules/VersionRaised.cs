using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>Version in the catalog (ISO 32000-2 7.7.2) may be raised by a program that writes newer constructs, never lowered.</summary>
public sealed class VersionRaised : ChangeRule
{
    public static VersionRaised Rule { get; } = new();

    private VersionRaised() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (ObjectComparison.SameValue(before, after))
            return;
        var raised = after is PdfName now && System.Version.TryParse(now.Value, out var newer)
            && (IsAbsent(before) || (before is PdfName was && System.Version.TryParse(was.Value, out var older) && newer >= older));
        comparison.Report(raised ? ChangeKind.Archival : ChangeKind.Suspicious, place,
            raised ? ValidationMessage.Information("version-raised") : ValidationMessage.Error("version-lowered"));
    }
}
