using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>What is printed and not shown, or shown and not printed (ISO 32000-2 12.5.3): annotations by their flags, images by their alternates (8.9.5.4).</summary>
public sealed class PrintDiffers : LintRule
{
    private const long Invisible = 1, Hidden = 2, Print = 4, NoView = 32;

    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        foreach (var page in document.View.Pages.Pages.TakeWhile(_ => !document.IsSpent))
        {
            foreach (var (id, annotation) in document.Annotations(page))
            {
                var flags = document.View.Get<PdfInteger>(annotation, "F")?.Value ?? 0;
                var differs = (flags & (Hidden | Invisible)) == 0 && (flags & Print) != 0 == ((flags & NoView) != 0);
                // 12.5.6.4: what opens on a click is not printed anywhere.
                if (differs && document.Name(annotation, "Subtype") is not ("Popup" or "Link" or "Text") && annotation.Has("AP") && CoveringAnnotations.AreaOf(document.View, annotation) is not null)
                    yield return new LintFinding("print-differs", page.Number, id?.Number);
            }
        }
        foreach (var (holder, dictionary) in document.Dictionaries)
        {
            if (document.Name(dictionary, "Subtype") == "Image" && document.View.Get<PdfArray>(dictionary, "Alternates") is { Count: > 0 })
                yield return LintFinding.On("print-differs", document, holder);
        }
    }
}
