using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The trailer (ISO 32000-2 7.5.5): bookkeeping entries follow from the update, Info may be rewritten, encryption never changes.</summary>
public sealed class TrailerEntries : ChangeRule
{
    public static TrailerEntries Rule { get; } = new();

    private TrailerEntries() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        var (was, isNow) = ((PdfDictionary)before, (PdfDictionary)after);
        foreach (var key in Keys(was, isNow))
        {
            switch (key)
            {
                case "Root":
                    comparison.Compare(was[key], isNow[key], place.Inside(key, CatalogEntries.Rule));
                    break;
                case "Info":
                    comparison.Compare(was[key], isNow[key], place.Inside(key, DocumentInformation.Rule));
                    break;
                case "Encrypt":
                    comparison.Compare(was[key], isNow[key], place.Inside(key, NothingChanges.Rule, ChangeKind.Suspicious));
                    break;
                default:
                    // Size, Prev, ID, XRefStm and the entries of a cross-reference stream follow from the update; the parser has checked them.
                    // Entries private to a program are read by nobody else.
                    comparison.Entries.AcceptHere(isNow[key]);
                    break;
            }
        }
    }
}
