using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The catalog (ISO 32000-2 7.7.2): the entries that later revisions may touch, each with its own rule; the others stay.</summary>
public sealed class CatalogEntries : ChangeRule
{
    public static CatalogEntries Rule { get; } = new();

    private CatalogEntries() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if ((before, after) is not (PdfDictionary was, PdfDictionary isNow))
        {
            comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("object-changed", place.Path));
            return;
        }
        foreach (var key in Keys(was, isNow))
        {
            var inside = key switch
            {
                "Pages" => place.Inside(key, PageTreeNodes.Rule, ChangeKind.Content),
                "AcroForm" => place.Inside(key, InteractiveForm.Rule, ChangeKind.Content),
                "DSS" => place.Inside(key, SecurityStoreGrows.Rule, ChangeKind.Suspicious),
                "Extensions" => place.Inside(key, ExtensionsGrow.Rule, ChangeKind.Suspicious),
                "Metadata" => place.Inside(key, MetadataRewritten.Rule, ChangeKind.Suspicious),
                "Version" => place.Inside(key, VersionRaised.Rule, ChangeKind.Suspicious),
                "Names" => place.Inside(key, NamedAppearances.Rule, ChangeKind.Content),
                "StructTreeRoot" => place.Inside(key, StructureTreeGrows.Rule, ChangeKind.Content),
                "Perms" => place.Inside(key, PermissionsSet.Rule, ChangeKind.Suspicious),
                _ => place.Inside(key, NothingChanges.Rule, ChangeKind.Content),
            };
            comparison.Compare(was[key], isNow[key], inside);
        }
    }
}
