using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>Layers (ISO 32000-2 8.11): whoever looks at the document can turn them on and off, and some are off, or shown on screen and not printed.</summary>
public sealed class OptionalContent : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        var view = document.View;
        if (view.Get<PdfDictionary>(view.Catalog, "OCProperties") is not { } properties || view.Get<PdfArray>(properties, "OCGs") is not { Count: > 0 } groups)
            yield break;
        var configuration = view.Get<PdfDictionary>(properties, "D");
        var hides = configuration is not null && (view.Get<PdfArray>(configuration, "OFF") is { Count: > 0 } || document.Name(configuration, "BaseState") is "OFF" || view.Get<PdfArray>(configuration, "AS") is { Count: > 0 });
        var isUsed = document.Dictionaries.Any(found => found.Dictionary["OC"] is not null || document.Name(found.Dictionary, "Type") == "OCMD" || found.Dictionary["Properties"] is not null);
        if (hides)
            yield return new LintFinding("hidden-layers", null, (groups[0] as PdfReference)?.Target.Number);
        else if (isUsed)
            yield return new LintFinding("layers", null, (groups[0] as PdfReference)?.Target.Number);
    }
}
