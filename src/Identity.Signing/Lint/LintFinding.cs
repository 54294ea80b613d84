using System.Text.Json.Serialization;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint;

/// <summary>Something in a document that could make it look different later, or to somebody else.</summary>
/// <param name="Key">Names the kind; the text `Lint_` with hyphens as underscores says it in each language.</param>
/// <param name="Page">1 is the first page; null when it belongs to none.</param>
/// <param name="ObjectNumber">Number of the object; null when it is none of its own.</param>
public sealed record LintFinding(string Key, int? Page = null, [property: JsonPropertyName("object")] int? ObjectNumber = null)
{
    public static LintFinding On(string key, LintedDocument document, ObjectId? id) => new(key, id is { } known ? document.PageOf(known) : null, id?.Number);
}
