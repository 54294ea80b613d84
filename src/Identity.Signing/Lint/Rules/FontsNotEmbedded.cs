using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>Fonts that are not in the file (ISO 32000-2 9.9), so that each reader takes another in their place; the standard 14 are excepted, which all readers have in one look.</summary>
public sealed class FontsNotEmbedded : LintRule
{
    private static readonly string[] Programs = ["FontFile", "FontFile2", "FontFile3"];
    private static readonly string[] Standard = ["Courier", "Helvetica", "Times", "Symbol", "ZapfDingbats"];

    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        var view = document.View;
        foreach (var (holder, font) in document.Dictionaries)
        {
            // A Type 0 font is judged at its descendant; the glyphs of Type 3 are content.
            if (document.Name(font, "Type") is not "Font" || document.Name(font, "Subtype") is null or "Type0" or "Type3")
                continue;
            var descriptor = view.Get<PdfDictionary>(font, "FontDescriptor");
            var isEmbedded = descriptor is not null && Programs.Any(key => view.Resolve(descriptor[key]) is PdfStream);
            if (!isEmbedded && !IsStandard(document.Name(font, "BaseFont") ?? ""))
                yield return LintFinding.On("font-not-embedded", document, holder);
        }
    }

    // 9.6.2.2: Helvetica-BoldOblique, Times-Roman and so on, by these names alone.
    private static bool IsStandard(string name) => name.Length <= 21 && Standard.Any(family => name == family || name.StartsWith(family + "-", StringComparison.Ordinal));
}
