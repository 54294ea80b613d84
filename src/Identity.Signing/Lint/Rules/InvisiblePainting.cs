using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>Drawing that is wholly transparent (ISO 32000-2 11.6.4.4): it is there, and one number makes it seen.</summary>
public sealed class InvisiblePainting : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        foreach (var (holder, dictionary) in document.Dictionaries)
        {
            var isState = document.Name(dictionary, "Type") == "ExtGState" || (dictionary.Has("ca") && !dictionary.Has("Subtype"));
            if (isState && (IsZero(document, dictionary["ca"]) || IsZero(document, dictionary["CA"])))
                yield return LintFinding.On("invisible-painting", document, holder);
            else if (document.Name(dictionary, "Subtype") is not (null or "Popup" or "Link") && dictionary.Has("Rect") && IsZero(document, dictionary["CA"]))
                yield return LintFinding.On("invisible-painting", document, holder);
        }
    }

    private static bool IsZero(LintedDocument document, PdfObject? value) => document.View.Resolve(value) is PdfInteger { Value: 0 } or PdfReal { Value: 0 };
}
