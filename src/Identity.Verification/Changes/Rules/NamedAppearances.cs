using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>The name dictionary (ISO 32000-2 7.7.4): named appearances come with annotations; destinations, scripts and attachments stay.</summary>
public sealed class NamedAppearances : ChangeRule
{
    public static NamedAppearances Rule { get; } = new();

    private NamedAppearances() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (before is not (PdfDictionary or PdfNull) || after is not PdfDictionary isNow)
        {
            NothingChanges.Rule.Explain(comparison, place, before, after);
            return;
        }
        foreach (var key in before is PdfDictionary was ? Keys(was, isNow) : isNow.Entries.Select(entry => entry.Key.Value))
        {
            var kind = key == "AP" ? ChangeKind.Annotation : place.Unexplained;
            comparison.Compare((before as PdfDictionary)?[key], isNow[key], place.Inside(key, NothingChanges.Rule, kind));
        }
    }
}
