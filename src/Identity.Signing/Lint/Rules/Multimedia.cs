namespace Identity.Signing.Lint.Rules;

/// <summary>Sound, video, 3D and other things that play (ISO 32000-2 13): what is seen depends on the reader and the moment.</summary>
public sealed class Multimedia : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document) =>
        document.Dictionaries.Where(found => found.Dictionary.Has("Rect") && document.Name(found.Dictionary, "Subtype") is "Movie" or "Sound" or "Screen" or "3D" or "RichMedia")
            .Select(found => LintFinding.On("multimedia", document, found.Holder));
}
