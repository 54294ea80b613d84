using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>Where in the document two values stand that are compared, and how a difference counts when no rule explains it.</summary>
/// <param name="Rule">What may change here.</param>
/// <param name="Unexplained">The kind that an unexplained difference is given.</param>
/// <param name="Path">From the trailer, for instance `Root/Pages/Kids[0]/Contents`: names in it are foreign text.</param>
/// <param name="Holder">The nearest indirect object around the value.</param>
/// <param name="Page">1 is the first page; null outside of pages.</param>
/// <param name="Field">Full name of the form field; null outside of the form.</param>
/// <param name="IsDrawn">Inside of what draws a page: its content, resources or appearances.</param>
/// <param name="LooksLikeContent">Inside of an annotation that can be taken for what the page says; asked only where it changed. Null outside of annotations.</param>
public sealed record Place(ChangeRule Rule, ChangeKind Unexplained, string Path, ObjectId? Holder, int? Page, string? Field, bool IsDrawn = false, Lazy<bool>? LooksLikeContent = null)
{
    private const int LongestPath = 160;

    /// <summary>Among the annotations of a page, or in the structure tree, whose elements name them (ISO 32000-2 14.7.5.3).</summary>
    public bool NamesAnnotations => Path.StartsWith("Page:/Annots", StringComparison.Ordinal) || Path.StartsWith("/Root/StructTreeRoot", StringComparison.Ordinal);

    /// <summary>The place of an entry or element of the value that stands here, judged by the same or another rule.</summary>
    public Place Inside(string step, ChangeRule? rule = null, ChangeKind? unexplained = null) => this with
    {
        Rule = rule ?? Rule,
        Unexplained = unexplained ?? Unexplained,
        Path = Path.Length > LongestPath ? Path : step.StartsWith('[') ? Path + step : Path + "/" + step,
        IsDrawn = IsDrawn || Draws(step),
    };

    /// <summary>Under this key stands what is drawn. AS picks it, and so do the settings of layers (ISO 32000-2 8.11).</summary>
    public static bool Draws(string key) => key is "Contents" or "Resources" or "AP" or "AS" or "MK" or "DR" or "OCProperties";
}

/// <summary>
/// A rule of the whitelist: it sees the same place before and after a revision, with references followed, and says what it
/// explains. It hands every entry that it does not judge itself to another rule, at the last to <see cref="NothingChanges"/>:
/// nothing is left out, so what no rule explains is reported.
/// </summary>
public abstract class ChangeRule
{
    /// <summary>The rule finds nothing to say of an object below which all is as it was, and goes down to no landmark but as <see cref="UntouchedParts"/> knows.</summary>
    public virtual bool IsSilentOfUntouched => false;

    /// <summary>The rule lets pass nearly anything, for it shows nothing here: what it judges must be judged wherever else it is used.</summary>
    public virtual bool IsLenient => false;

    /// <param name="before">Absent when the value did not exist.</param>
    /// <param name="after">Absent when it no longer exists.</param>
    public abstract void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after);

    protected static bool IsAbsent(PdfObject value) => value is PdfNull;

    /// <summary>Keys of both dictionaries, each once.</summary>
    protected static IEnumerable<string> Keys(PdfDictionary before, PdfDictionary after)
    {
        foreach (var entry in before.Entries)
            yield return entry.Key.Value;
        foreach (var entry in after.Entries)
        {
            if (!before.Has(entry.Key.Value))
                yield return entry.Key.Value;
        }
    }
}
