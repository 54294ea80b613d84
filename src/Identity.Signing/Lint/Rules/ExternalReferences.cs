using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>
/// Content that is fetched from elsewhere: streams whose data are in another file (ISO 32000-2 7.3.8.2), pages of other documents (8.10.4), proxies for
/// print (14.11.7). Of the first nothing is signed, so a document with one is refused.
/// </summary>
public sealed class ExternalReferences : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        foreach (var (holder, dictionary) in document.Dictionaries)
        {
            if (document.View.Get<PdfDictionary>(dictionary, "Ref") is { } reference && reference.Has("F") || dictionary.Has("OPI"))
                yield return LintFinding.On("external-reference", document, holder);
        }
    }

    /// <summary>Whether some of what the document uses is not in it.</summary>
    public static bool AreEssential(PdfDocument document) =>
        document.Latest.Objects.Any(id => document.Latest.Resolve(id) is PdfStream stream && stream.Dictionary.Has("F") && document.Latest.Closure.Contains(id));
}
