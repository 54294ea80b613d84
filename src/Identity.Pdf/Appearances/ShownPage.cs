using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Appearances;

/// <summary>A place on a page as it is shown: points (1/72 inch) from its lower left corner, whichever way the page is turned.</summary>
public readonly record struct ShownRectangle(double Left, double Bottom, double Width, double Height)
{
    internal bool Overlaps(ShownRectangle other) =>
        Left < other.Left + other.Width && other.Left < Left + Width && Bottom < other.Bottom + other.Height && other.Bottom < Bottom + Height;
}

/// <summary>
/// A page as a reader sees it: what its crop box leaves (ISO 32000-2 14.11.2), turned by Rotate, in units of UserUnit (7.7.3.3). Own and inherited
/// entries count alike.
/// </summary>
public sealed class ShownPage
{
    // Annex C knows no limit above 14400 units; what is beyond this is no page but an attack on arithmetic.
    private const double Farthest = 1_000_000;
    private const double LargestUserUnit = 75_000;
    private readonly double left, bottom, width, height;

    private ShownPage((double Left, double Bottom, double Right, double Top) box, int rotation, double userUnit)
    {
        (left, bottom, width, height) = (box.Left, box.Bottom, box.Right - box.Left, box.Top - box.Bottom);
        (Rotation, UserUnit) = (rotation, userUnit);
    }

    /// <summary>Degrees clockwise by which the page is turned when shown: 0, 90, 180 or 270.</summary>
    public int Rotation { get; }

    /// <summary>Points to one unit of user space.</summary>
    public double UserUnit { get; }

    /// <summary>In points, as shown.</summary>
    public double Width => (IsTurned ? height : width) * UserUnit;

    /// <summary>In points, as shown.</summary>
    public double Height => (IsTurned ? width : height) * UserUnit;

    private bool IsTurned => Rotation is 90 or 270;

    /// <summary>Null when the page has no box that can be understood.</summary>
    public static ShownPage? Of(RevisionView view, Page page)
    {
        if (Box(view, page.Inherited.GetValueOrDefault("MediaBox")) is not { } media)
            return null;
        var crop = Box(view, page.Inherited.GetValueOrDefault("CropBox")) ?? media;
        // 14.11.2.1: a crop box counts as far as it lies in the media box.
        var shown = (Math.Max(media.Left, crop.Left), Math.Max(media.Bottom, crop.Bottom), Math.Min(media.Right, crop.Right), Math.Min(media.Top, crop.Top));
        if (shown.Item3 - shown.Item1 < 1 || shown.Item4 - shown.Item2 < 1)
            shown = media;
        var turned = view.Resolve(page.Inherited.GetValueOrDefault("Rotate")) is PdfInteger { Value: var degrees } && degrees % 90 == 0 ? (int)((degrees % 360 + 360) % 360) : 0;
        var unit = Number(view, page.Dictionary["UserUnit"]) is { } factor and > 0 and <= LargestUserUnit ? factor : 1;
        return new ShownPage(shown, turned, unit);
    }

    /// <summary>Left, bottom, right, top in user space.</summary>
    public (double Left, double Bottom, double Right, double Top) ToUserSpace(ShownRectangle place)
    {
        var (x1, y1) = ToUserSpace(place.Left / UserUnit, place.Bottom / UserUnit);
        var (x2, y2) = ToUserSpace((place.Left + place.Width) / UserUnit, (place.Bottom + place.Height) / UserUnit);
        return (Math.Min(x1, x2), Math.Min(y1, y2), Math.Max(x1, x2), Math.Max(y1, y2));
    }

    internal ShownRectangle ToShown((double Left, double Bottom, double Right, double Top) rectangle)
    {
        var (x1, y1) = ToShown(rectangle.Left, rectangle.Bottom);
        var (x2, y2) = ToShown(rectangle.Right, rectangle.Top);
        return new ShownRectangle(Math.Min(x1, x2) * UserUnit, Math.Min(y1, y2) * UserUnit, Math.Abs(x2 - x1) * UserUnit, Math.Abs(y2 - y1) * UserUnit);
    }

    internal bool Holds(ShownRectangle place) =>
        place is { Left: >= 0, Bottom: >= 0, Width: > 0, Height: > 0 } && place.Left + place.Width <= Width && place.Bottom + place.Height <= Height;

    /// <summary>Turns a form upright on the page: its Matrix (8.10.2), for a box of this size.</summary>
    internal double[] Upright(double boxWidth, double boxHeight) => Rotation switch
    {
        90 => [0, 1, -1, 0, boxHeight, 0],
        180 => [-1, 0, 0, -1, boxWidth, boxHeight],
        270 => [0, -1, 1, 0, 0, boxWidth],
        _ => [1, 0, 0, 1, 0, 0],
    };

    internal static (double Left, double Bottom, double Right, double Top)? Box(RevisionView view, PdfObject? value)
    {
        if (view.Resolve(value) is not PdfArray { Count: 4 } array)
            return null;
        var sides = array.Items.Select(item => Number(view, item)).ToList();
        // Any two opposite corners (7.9.5).
        if (sides.Any(side => side is null || Math.Abs(side.Value) > Farthest))
            return null;
        return (Math.Min(sides[0]!.Value, sides[2]!.Value), Math.Min(sides[1]!.Value, sides[3]!.Value), Math.Max(sides[0]!.Value, sides[2]!.Value), Math.Max(sides[1]!.Value, sides[3]!.Value));
    }

    private static double? Number(RevisionView view, PdfObject? value) => view.Resolve(value) switch
    {
        PdfInteger whole => whole.Value,
        PdfReal { Value: var real } when double.IsFinite(real) => real,
        _ => null,
    };

    private (double X, double Y) ToUserSpace(double x, double y) => Rotation switch
    {
        90 => (left + width - y, bottom + x),
        180 => (left + width - x, bottom + height - y),
        270 => (left + y, bottom + height - x),
        _ => (left + x, bottom + y),
    };

    private (double X, double Y) ToShown(double x, double y) => Rotation switch
    {
        90 => (y - bottom, left + width - x),
        180 => (left + width - x, bottom + height - y),
        270 => (bottom + height - y, x - left),
        _ => (x - left, y - bottom),
    };
}
