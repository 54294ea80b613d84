using System.Globalization;
using Identity.Signing.Approvals;
using Identity.Signing.SignIn;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;

namespace Identity.Signing.Requests;

/// <summary>Being signed, signed, or failed: what the person sees after the approval.</summary>
[Authorize]
public sealed class SigningResultModel(RequestStore requests, ApprovalRecords approvals, SigningSettings settings, TimeProvider time) : PageModel
{
    private const int SecondsBetweenLooks = 2;

    // A neighbour is down: it will not be back within seconds.
    private const int SecondsBetweenLooksWaiting = 15;

    public SigningRequest Requested { get; private set; } = null!;

    public bool UnderWay { get; private set; }

    public bool CanRetry => Requested.CanAskApproval(time.GetUtcNow());

    public Uri Verification => settings.Verification;

    /// <summary>The agency's registered address with what it needs to fetch the result; null for a person's own document.</summary>
    public string? ReturnUrl => Requested.ReturnUrl is null ? null : QueryHelpers.AddQueryString(
        Requested.ReturnUrl, new Dictionary<string, string?> { ["request"] = Requested.Id, ["status"] = SnakeCase.Of(Requested.State) });

    public async Task<IActionResult> OnGet(string id)
    {
        if (SignedInPerson.Of(User) is not { } person)
            return Challenge();
        if (!RequestId.IsOne(id) || await requests.Find(id, HttpContext.RequestAborted) is not { } request || request.PersonSubject != person.Subject)
            return NotFound();
        Requested = request;
        UnderWay = request.State is RequestState.Approved
            || (request.State is RequestState.ApprovalAsked && await approvals.IsUnderWay([id], HttpContext.RequestAborted));
        if (!UnderWay && request.State is RequestState.Received or RequestState.Shown or RequestState.ApprovalAsked)
            return Redirect($"/requests/{id}/review");
        if (request is { State: RequestState.Signed or RequestState.Superseded, PlaceId: { } place })
            return Redirect($"/places/{place}");
        // Without script too: the page looks again by itself until there is a result.
        if (UnderWay)
            Response.Headers["Refresh"] = SecondsBetweenLooks.ToString(CultureInfo.InvariantCulture);
        else if (request.State == RequestState.PendingTimestamp)
            Response.Headers["Refresh"] = SecondsBetweenLooksWaiting.ToString(CultureInfo.InvariantCulture);
        return Page();
    }
}
