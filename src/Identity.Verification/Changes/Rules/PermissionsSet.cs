using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The permissions dictionary (ISO 32000-2 12.8.6): comes with the certification signature, and is never loosened or taken away.</summary>
public sealed class PermissionsSet : ChangeRule
{
    /// <summary>The message by which a certification is known.</summary>
    public const string CertificationAdded = "certification-added";

    public static PermissionsSet Rule { get; } = new();

    private PermissionsSet() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (IsAbsent(before) && after is PdfDictionary { Entries: [{ Key.Value: "DocMDP" } only] } && NewSignatureField.IsNewSignature(comparison, only.Value))
        {
            comparison.Entries.Accept(after);
            comparison.Report(ChangeKind.Signature, place, ValidationMessage.Information(CertificationAdded));
        }
        else
            NothingChanges.Rule.Explain(comparison, place, before, after);
    }
}
