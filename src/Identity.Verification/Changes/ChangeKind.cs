using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes;

/// <summary>What a change does to a document, from harmless to worst: the order is relied upon.</summary>
public enum ChangeKind
{
    None,

    /// <summary>Validation data, document time-stamps, metadata: nothing that is shown.</summary>
    Archival,

    /// <summary>A further signature.</summary>
    Signature,

    /// <summary>A form was filled in.</summary>
    Form,

    /// <summary>A note, mark or other annotation.</summary>
    Annotation,

    /// <summary>What the document shows or how it is built.</summary>
    Content,

    /// <summary>Something that no honest program does.</summary>
    Suspicious,
}

/// <summary>One thing that a revision changed.</summary>
/// <param name="Changed">The object that changed, or that names what was added; null when it is the file's structure.</param>
/// <param name="Page">1 is the first page; null when the change belongs to none.</param>
/// <param name="Field">Full name of the form field that was changed: foreign text. Null when it is none.</param>
public sealed record DocumentChange(ChangeKind Kind, ObjectId? Changed, int? Page, string? Field, ValidationMessage Message)
{
    /// <summary>Of an annotation that can be taken for what the page says.</summary>
    public bool LooksLikeContent { get; init; }
}

/// <summary>What one revision did to the document before it.</summary>
/// <param name="Length">Bytes of the file as of this revision.</param>
/// <param name="Unlisted">Changes that were found but not listed, because the list is full.</param>
public sealed record RevisionChanges(int Number, long Length, ChangeKind Kind, IReadOnlyList<DocumentChange> Changes, int Unlisted)
{
    public string Word => Kind.Word();
}

public static class ChangeWords
{
    /// <summary>none, archival, signature, form, annotation, content or suspicious.</summary>
    public static string Word(this ChangeKind kind) => kind switch
    {
        ChangeKind.None => "none",
        ChangeKind.Archival => "archival",
        ChangeKind.Signature => "signature",
        ChangeKind.Form => "form",
        ChangeKind.Annotation => "annotation",
        ChangeKind.Content => "content",
        ChangeKind.Suspicious => "suspicious",
        _ => throw new InvalidOperationException($"no word for {kind}"),
    };
}
