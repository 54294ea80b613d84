using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Appearances;

public enum PageCorner { BottomRight, BottomLeft, TopRight, TopLeft }

/// <summary>Where a signature in a new field is shown.</summary>
public abstract record AppearancePlace
{
    /// <summary>Stands for the last page, however many there are.</summary>
    public const int LastPage = 0;

    /// <summary>Points from the edge of the page.</summary>
    public const double Margin = 24;

    /// <summary>Points; a small page makes it smaller.</summary>
    public const double CornerWidth = 230, CornerHeight = 76;

    /// <summary>Points; what is smaller nobody can read.</summary>
    public const double SmallestWidth = 60, SmallestHeight = 20;

    /// <summary>Of the page's area: a signature that takes more of it is no mark on a page but a page.</summary>
    public const double LargestShare = 0.25;

    private const double Gap = 6;

    private AppearancePlace(int page) => Page = page;

    /// <summary>1 is the first page, or <see cref="LastPage"/>.</summary>
    public int Page { get; }

    /// <summary>In a corner, or as near to it as no field of the form stands.</summary>
    public sealed record InCorner(int OnPage, PageCorner Corner) : AppearancePlace(OnPage);

    public sealed record Within(int OnPage, ShownRectangle Rectangle) : AppearancePlace(OnPage);

    /// <summary>The place on the page, free of fields of the form; null when there is none.</summary>
    internal ShownRectangle? Find(RevisionView view, Page page, ShownPage shown)
    {
        var taken = Fields(view, page, shown);
        if (this is Within { Rectangle: var wanted })
            return shown.Holds(wanted) && wanted is { Width: >= SmallestWidth, Height: >= SmallestHeight } && !taken.Any(wanted.Overlaps) ? wanted : null;
        var corner = ((InCorner)this).Corner;
        var margin = Math.Min(Margin, Math.Min(shown.Width, shown.Height) / 10);
        var (width, height) = (Math.Min(CornerWidth, shown.Width - 2 * margin), Math.Min(CornerHeight, shown.Height - 2 * margin));
        if (width < SmallestWidth || height < SmallestHeight)
            return null;
        // Bounded: a page of the largest size in Annex C has room for some thousands.
        for (var (row, rows) = (0, Math.Min(100, (int)((shown.Height - 2 * margin + Gap) / (height + Gap)))); row < rows; row++)
        {
            for (var (column, columns) = (0, Math.Min(100, (int)((shown.Width - 2 * margin + Gap) / (width + Gap)))); column < columns; column++)
            {
                var (x, y) = (margin + column * (width + Gap), margin + row * (height + Gap));
                var place = new ShownRectangle(corner is PageCorner.BottomRight or PageCorner.TopRight ? shown.Width - x - width : x,
                    corner is PageCorner.TopLeft or PageCorner.TopRight ? shown.Height - y - height : y, width, height);
                if (!taken.Any(place.Overlaps))
                    return place;
            }
        }
        return null;
    }

    // Other signatures among them: what is signed must not be covered by who signs next.
    private static List<ShownRectangle> Fields(RevisionView view, Page page, ShownPage shown) =>
        [.. (view.Get<PdfArray>(page.Dictionary, "Annots")?.Items ?? []).Take(view.Document.Limits.Fields).Select(view.Resolve).OfType<PdfDictionary>()
            .Where(annotation => view.Get<PdfName>(annotation, "Subtype")?.Value == "Widget")
            .Select(widget => ShownPage.Box(view, widget["Rect"])).OfType<(double, double, double, double)>().Select(shown.ToShown).Where(field => field is { Width: > 0, Height: > 0 })];
}
