using System.Globalization;
using Identity.Pdf.Appearances;
using Identity.Signing.Lint;
using Identity.Signing.Requests;
using Identity.Web;
using Microsoft.AspNetCore.Http;

namespace Identity.Signing.Appearances;

/// <summary>
/// The part of the review page on which the person chooses whether and where their signature is shown, with a picture of each place; and its answer.
/// </summary>
public sealed record PlaceChoice
{
    public const string VisibleField = "visible";
    public const string PageField = "visible_page";
    public const string None = "none";

    /// <summary>As the agency asked: a rectangle, or an existing field.</summary>
    public const string AsAsked = "as_asked";

    private PlaceChoice() { }

    public required RequestedForm? Form { get; init; }

    public required DocumentExamination Examination { get; init; }

    /// <summary>What will be written; the time is that of signing.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Characters that no font has, such as U+05D0; empty when all can be drawn.</summary>
    public required string Undrawable { get; init; }

    /// <summary>The last page, or A4 when its size is not known.</summary>
    public PageShape Shape => Examination.LastPage ?? new PageShape(595, 842);

    public bool InExistingField => Form?.Field is not null;

    public bool HasRectangle => Form?.Visible is { Rectangle: not null };

    public string Chosen => Form?.Visible is not { } visible ? None : InExistingField || HasRectangle ? AsAsked : visible.PositionWord;

    public int Page => Form?.Visible is { Page: not AppearancePlace.LastPage and var page } ? page : Examination.Pages;

    /// <summary>Null when nothing is offered: the document was not examined, or an approval would have no room for it.</summary>
    public static PlaceChoice? For(SigningRequest request, SignedInName signer, DrawSignature drawing, DateTimeOffset now)
    {
        var form = RequestedForm.Stored(request.Form);
        var farthest = (form ?? new RequestedForm()) with { Visible = form?.Visible ?? new VisibleSignature { Page = int.MaxValue } };
        if (DocumentExamination.Stored(request.Examination) is not { Pages: > 0 } examination || !SignatureStatement.Fits(request.Purpose, farthest))
            return null;
        var words = DrawSignature.Words(Languages.Current, signer.Name, now, request.Purpose, form?.Commitment);
        return new PlaceChoice { Form = form, Examination = examination, Words = words, Undrawable = drawing.Undrawable(words) };
    }

    /// <summary>The place in the picture of the last page: x and y from its upper left corner, width and height.</summary>
    public static (int X, int Y, int Width, int Height) Box(PageShape shape, PageCorner corner)
    {
        const double margin = AppearancePlace.Margin;
        var (width, height) = (Math.Min(AppearancePlace.CornerWidth, shape.Width - 2 * margin), Math.Min(AppearancePlace.CornerHeight, shape.Height - 2 * margin));
        return ((int)(corner is PageCorner.BottomLeft or PageCorner.TopLeft ? margin : shape.Width - margin - width),
            (int)(corner is PageCorner.TopLeft or PageCorner.TopRight ? margin : shape.Height - margin - height), (int)Math.Max(width, 1), (int)Math.Max(height, 1));
    }

    /// <summary>The form as the person wants it; null when what was posted is none of what was offered. Without an answer it stays as it was.</summary>
    public static RequestedForm? Read(IFormCollection posted, RequestedForm? form)
    {
        var asked = form ?? new RequestedForm();
        if (!posted.TryGetValue(VisibleField, out var value))
            return asked;
        if (value == None)
            return asked with { Visible = null };
        if (value == AsAsked)
            return asked is { Visible.Rectangle: not null } or { Field: not null } ? asked with { Visible = (asked.Visible ?? new VisibleSignature()) with { Language = Languages.Current } } : null;
        return asked.Field is null && VisibleSignature.CornerOf(value) is { } corner && VisibleSignature.PageOf(posted[PageField]) is { } page
            ? asked with { Visible = new VisibleSignature { Page = page, Corner = corner, Language = Languages.Current } } : null;
    }

    public string PageText => Page.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How the person is called.</summary>
public sealed record SignedInName(string Name);
