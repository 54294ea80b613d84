using System.Text.Json;
using Identity.Pdf.Appearances;
using Identity.Pdf.Structure;
using Identity.Signing.Appearances;

namespace Identity.Signing.Lint;

/// <summary>Points as shown.</summary>
public sealed record PageShape(double Width, double Height);

/// <summary>What a document was found to be when it arrived, kept with its request: nobody has to read it again for that.</summary>
public sealed record DocumentExamination
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public required int Pages { get; init; }

    /// <summary>Null when its size cannot be understood.</summary>
    public PageShape? LastPage { get; init; }

    /// <summary>What the person is warned of.</summary>
    public IReadOnlyList<LintFinding> Findings { get; init; } = [];

    /// <param name="visible">Where a new field is to be shown; the person is warned when that lies over something.</param>
    public static DocumentExamination Of(PdfDocument document, CancellationToken cancellation, VisibleSignature? visible = null)
    {
        var view = document.Latest;
        var pages = view.Pages.Pages;
        var linted = new LintedDocument(document, cancellation);
        return new DocumentExamination
        {
            Pages = pages.Count,
            LastPage = pages is [.., var last] && ShownPage.Of(view, last) is { } shown ? new PageShape(Math.Round(shown.Width), Math.Round(shown.Height)) : null,
            Findings = [.. DocumentLint.Run(linted), .. CoveredPlace.Find(linted, visible)],
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Null for a request from before documents were examined.</summary>
    public static DocumentExamination? Stored(string? json) => json is null ? null : JsonSerializer.Deserialize<DocumentExamination>(json, Json);
}
