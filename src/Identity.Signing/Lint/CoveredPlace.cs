using Identity.Pdf.Appearances;
using Identity.Signing.Appearances;

namespace Identity.Signing.Lint;

/// <summary>
/// A rectangle that an agency asked for, over text or beside an image that reaches into it: what the signature shows would make that hard to read. An area that holds the
/// whole rectangle is the page's ground, such as a scan.
/// </summary>
internal static class CoveredPlace
{
    public static IEnumerable<LintFinding> Find(LintedDocument document, VisibleSignature? visible)
    {
        if (visible is not { Rectangle: { } rectangle })
            yield break;
        var pages = document.View.Pages.Pages;
        var number = visible.Page == AppearancePlace.LastPage ? pages.Count : visible.Page;
        if (number < 1 || number > pages.Count || ShownPage.Of(document.View, pages[number - 1]) is not { } shown)
            yield break;
        var (left, bottom, right, top) = shown.ToUserSpace(rectangle);
        var place = new MarkedArea(left, bottom, right, top);
        if (document.MarksOf(pages[number - 1]) is { } marks && (marks.Texts.Any(place.Holds) || marks.Areas.Any(area => Reaches(area, place))))
            yield return new LintFinding("signature-covers-content", number);
    }

    private static bool Reaches(MarkedArea area, MarkedArea place)
    {
        var both = area.Within(place);
        return both.Right > both.Left && both.Top > both.Bottom && both != place;
    }
}
