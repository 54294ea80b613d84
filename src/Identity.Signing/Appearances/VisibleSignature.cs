using System.Globalization;
using System.Resources;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Pdf.Appearances;
using Identity.Web;

namespace Identity.Signing.Appearances;

/// <summary>
/// That and where a signature is shown: the member `visible` of what an agency asks for, or the person's own choice on the review page. It is part of
/// what the person approves.
/// </summary>
public sealed record VisibleSignature
{
    public const string Rule =
        "visible must have page (a number from 1, or last), position (bottom_right, bottom_left, top_right, top_left) or rectangle (left, bottom, width, height in points as shown), and perhaps language (en, et, zh-Hans).";

    private const int HighestPage = 1_000_000;
    private static readonly ResourceManager Texts = new(typeof(SigningTexts).FullName!, typeof(SigningTexts).Assembly);

    private static readonly Dictionary<string, PageCorner> Positions = new(StringComparer.Ordinal)
    {
        ["bottom_right"] = PageCorner.BottomRight, ["bottom_left"] = PageCorner.BottomLeft, ["top_right"] = PageCorner.TopRight, ["top_left"] = PageCorner.TopLeft,
    };

    /// <summary>1 is the first page, <see cref="AppearancePlace.LastPage"/> the last. Without meaning for an existing field, as the position.</summary>
    public int Page { get; init; } = AppearancePlace.LastPage;

    public PageCorner Corner { get; init; } = PageCorner.BottomRight;

    /// <summary>Instead of a corner.</summary>
    public ShownRectangle? Rectangle { get; init; }

    /// <summary>In which its words are written.</summary>
    public Language Language { get; init; } = Languages.Supported[0];

    public AppearancePlace Place => Rectangle is { } rectangle ? new AppearancePlace.Within(Page, rectangle) : new AppearancePlace.InCorner(Page, Corner);

    /// <summary>bottom_right and so on.</summary>
    public static IEnumerable<string> PositionWords => Positions.Keys;

    public string PositionWord => Positions.Single(position => position.Value == Corner).Key;

    /// <summary>Null when it breaks the <see cref="Rule"/>.</summary>
    public static VisibleSignature? Read(JsonElement asked)
    {
        if (asked.ValueKind != JsonValueKind.Object || asked.EnumerateObject().Any(member => member.Name is not ("page" or "position" or "rectangle" or "language")))
            return null;
        var visible = new VisibleSignature();
        if (asked.TryGetProperty("page", out var page))
        {
            if (PageOf(page.ValueKind == JsonValueKind.String ? page.GetString() : page.ValueKind == JsonValueKind.Number ? page.GetRawText() : null) is not { } number)
                return null;
            visible = visible with { Page = number };
        }
        if (asked.TryGetProperty("position", out var position))
        {
            if (position.ValueKind != JsonValueKind.String || CornerOf(position.GetString()) is not { } corner || asked.TryGetProperty("rectangle", out _))
                return null;
            visible = visible with { Corner = corner };
        }
        if (asked.TryGetProperty("rectangle", out var rectangle))
        {
            if (rectangle.ValueKind != JsonValueKind.Array || rectangle.GetArrayLength() != 4 || !rectangle.EnumerateArray().All(side => side.ValueKind == JsonValueKind.Number))
                return null;
            var sides = rectangle.EnumerateArray().Select(side => side.GetDouble()).ToArray();
            // RFC 8259 6: a number as 1e999 is one, and none that can be counted with.
            if (!sides.All(double.IsFinite))
                return null;
            visible = visible with { Rectangle = new ShownRectangle(sides[0], sides[1], sides[2], sides[3]) };
        }
        if (asked.TryGetProperty("language", out var language))
        {
            if (language.ValueKind != JsonValueKind.String || Languages.Supported.FirstOrDefault(known => known.Tag == language.GetString()) is not { } known)
                return null;
            visible = visible with { Language = known };
        }
        return visible;
    }

    /// <summary>Null when it is neither `last` nor a number from 1.</summary>
    public static int? PageOf(string? word) => word == "last" ? AppearancePlace.LastPage
        : int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= HighestPage ? number : null;

    public static PageCorner? CornerOf(string? word) => word is not null && Positions.TryGetValue(word, out var corner) ? corner : null;

    /// <summary>Read back by <see cref="Read"/>.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["page"] = Page == AppearancePlace.LastPage ? "last" : Page };
        if (Rectangle is { } place)
            json["rectangle"] = new JsonArray(place.Left, place.Bottom, place.Width, place.Height);
        else
            json["position"] = PositionWord;
        json["language"] = Language.Tag;
        return json;
    }

    /// <summary>For the person, in the words of a culture: what they approve.</summary>
    public string Describe(bool inExistingField, CultureInfo culture)
    {
        string Text(string name, params object[] arguments) => string.Format(culture, Texts.GetString(name, culture)!, arguments);
        if (inExistingField)
            return Text("VisibleInField");
        var where = Rectangle is { } place
            ? Text("VisibleRectangle", string.Create(CultureInfo.InvariantCulture, $"{place.Left:0.#}, {place.Bottom:0.#}, {place.Width:0.#} × {place.Height:0.#} pt")) : Text("VisibleCorner_" + PositionWord);
        return Page == AppearancePlace.LastPage ? Text("VisibleOnLastPage", where) : Text("VisibleOnPage", Page, where);
    }
}
