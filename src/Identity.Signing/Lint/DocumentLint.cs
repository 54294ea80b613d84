using Identity.Pdf.Structure;
using Identity.Signing.Lint.Rules;

namespace Identity.Signing.Lint;

/// <summary>
/// Looks through a document before it is signed. A finding warns: the person decides. What makes signing meaningless, because the document is not in the file,
/// is refused when it arrives (<see cref="ExternalReferences"/>, and XFA before that).
/// </summary>
public static class DocumentLint
{
    /// <summary>Findings that are kept of one kind; more of it say nothing new.</summary>
    public const int MostOfAKind = 3;

    /// <summary>Says that a document has more in it than was looked through.</summary>
    public const string Unfinished = "too-much-to-check";

    private static readonly LintRule[] Rules =
    [
        new ExternalReferences(), new JavaScript(), new AutomaticActions(), new OtherActions(), new OptionalContent(), new CoveredContent(), new CoveringAnnotations(), new OverlappingFields(),
        new FormAppearances(), new WidgetsOutsideForm(), new UnreferencedContent(), new RedefinedFonts(), new FontsNotEmbedded(), new InvisiblePainting(), new PrintDiffers(), new EmbeddedFiles(), new Multimedia(),
    ];

    public static IReadOnlyList<LintFinding> Run(PdfDocument document, CancellationToken cancellation) => Run(new LintedDocument(document, cancellation));

    public static IReadOnlyList<LintFinding> Run(LintedDocument linted)
    {
        var findings = Rules.SelectMany(rule => rule.Find(linted).Distinct().GroupBy(finding => finding.Key).SelectMany(kind => kind.Take(MostOfAKind))).ToList();
        if (linted.IsUnfinished)
            findings.Add(new LintFinding(Unfinished));
        return findings;
    }
}
