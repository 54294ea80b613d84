using System.Globalization;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Localization;

namespace Identity.Signing.Ceremonies;

/// <summary>Why the person is at the page of their place again; each has its text.</summary>
public enum PlaceNotice
{
    /// <summary>Another is at the approval page, or their signature is being made.</summary>
    Busy,

    /// <summary>Another has signed meanwhile.</summary>
    MovedOn,
    NotNow,
    ReasonUnusable,
    DocumentChanged,
}

/// <summary>A signer's own page of a ceremony: who has signed, whose turn it is; from here to the document, or to a no.</summary>
[Authorize]
public sealed class ShowPlaceModel(CeremonyStore ceremonies, SignerRequests requests, SigningSettings settings, TimeProvider time, IStringLocalizer<SigningTexts> texts) : PageModel
{
    private const int SecondsBetweenLooks = 5;

    public Ceremony Ceremony { get; private set; } = null!;

    public IReadOnlyList<SignerPlace> Places { get; private set; } = [];

    public SignerPlace Own { get; private set; } = null!;

    public PlaceNotice? Notice { get; private set; }

    public bool IsOpen => Ceremony.State == CeremonyState.Open && time.GetUtcNow() < Ceremony.Deadline;

    public bool CanSign => IsOpen && Own.State == PlaceState.Turn;

    /// <summary>The word behind the keys of the page's heading and text.</summary>
    public string Kind => (Ceremony.State, Own.State) switch
    {
        (CeremonyState.Open, _) when !IsOpen => nameof(CeremonyState.Expired),
        (CeremonyState.Open, PlaceState.Turn) => nameof(PlaceState.Turn),
        (CeremonyState.Open, PlaceState.Waiting) => nameof(PlaceState.Waiting),
        (CeremonyState.Open, PlaceState.Signed) => nameof(PlaceState.Signed),
        (_, PlaceState.Declined) => nameof(PlaceState.Declined),
        _ => Ceremony.State.ToString(),
    };

    public Uri Verification => settings.Verification;

    public string ReturnUrl => QueryHelpers.AddQueryString(
        Ceremony.ReturnUrl, new Dictionary<string, string?> { ["ceremony"] = Ceremony.Id, ["status"] = SnakeCase.Of(Ceremony.State) });

    /// <summary>What others may see of a signer: their role, and their name once it stands in the document.</summary>
    public string Described(SignerPlace place)
    {
        var role = RequestedForm.Stored(place.Form)?.Role;
        var who = place.Id == Own.Id ? texts["PlaceYou"].Value
            : place is { State: PlaceState.Signed, Name: { Length: > 0 } name } ? SafeText.ForDisplay(name)
            : texts["PlaceNumber", place.Number].Value;
        return role is null ? who : $"{who} \u00b7 {SafeText.ForDisplay(role)}";
    }

    public async Task<IActionResult> OnGet(string id, string? notice)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        Notice = Enum.GetValues<PlaceNotice>().Cast<PlaceNotice?>().FirstOrDefault(known => SnakeCase.Of(known!.Value) == notice);
        // Without script too: the page looks again by itself while it is others, or the service, who do something.
        if (Ceremony.State == CeremonyState.Archiving)
            Response.Headers["Refresh"] = SecondsBetweenLooks.ToString(CultureInfo.InvariantCulture);
        return Page();
    }

    /// <summary>To the document as it stands now.</summary>
    public async Task<IActionResult> OnPostSign(string id)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        return await requests.Open(Own.Id, SignedInPerson.Of(User)!, HttpContext.RequestAborted) switch
        {
            RequestOpened.Done done => Redirect($"/requests/{done.RequestId}/review"),
            RequestOpened.DocumentChanged => Back(Own.Id, PlaceNotice.DocumentChanged),
            _ => Back(Own.Id, PlaceNotice.NotNow),
        };
    }

    public async Task<IActionResult> OnPostDecline(string id, string? reason)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        var said = string.IsNullOrWhiteSpace(reason) ? null : reason.ReplaceLineEndings(" ").Trim();
        if (said is not null && !ShowableText.IsShowable(said, SignerPlace.LongestReason))
            return Back(Own.Id, PlaceNotice.ReasonUnusable);
        return await ceremonies.Decline(new CeremonyWithPlaces(Ceremony, Places), Own, said, HttpContext.RequestAborted)
            ? Redirect($"/places/{Own.Id}")
            : Back(Own.Id, PlaceNotice.NotNow);
    }

    internal static RedirectResult Back(string placeId, PlaceNotice notice) => new($"/places/{placeId}?notice={SnakeCase.Of(notice)}");

    /// <summary>Null when the place is there and this person's.</summary>
    private async Task<IActionResult?> Open(string id)
    {
        if (SignedInPerson.Of(User) is not { } person)
            return Challenge();
        if (!RequestId.IsOne(id) || await ceremonies.FindPlace(id, HttpContext.RequestAborted) is not { } found)
            return NotFound();
        if (found.Place.Identifier != person.Identifier)
            return new StatusCodeResult(StatusCodes.Status403Forbidden);
        (Ceremony, Places, Own) = (found.Ceremony.Ceremony, found.Ceremony.Places, found.Place);
        HttpContext.ContentSecurity().AllowFormAction(settings.Provider);
        return null;
    }
}
