namespace Identity.Signing.Lint.Rules;

/// <summary>Actions that start programs, open other documents, send data, or change what is shown (ISO 32000-2 table 201). Links inside the document and to the web are fine.</summary>
public sealed class OtherActions : LintRule
{
    private static readonly HashSet<string> Telling = new(StringComparer.Ordinal)
    {
        "Launch", "GoToR", "GoToE", "GoToDp", "SubmitForm", "ImportData", "Hide", "SetOCGState", "Rendition", "Trans", "GoTo3DView", "RichMediaExecute", "Movie", "Sound", "Thread",
    };

    public override IEnumerable<LintFinding> Find(LintedDocument document) =>
        // 12.6.2: an action says S; a structure element too, so Launch and so on must not be taken for its type.
        document.Dictionaries.Where(found => document.Name(found.Dictionary, "S") is { } kind && Telling.Contains(kind) && document.Name(found.Dictionary, "Type") is (null or "Action"))
            .Select(found => LintFinding.On("action", document, found.Holder));
}
