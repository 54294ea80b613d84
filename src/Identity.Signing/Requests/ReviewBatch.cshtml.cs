using Identity.Signing.Approvals;
using Identity.Signing.Certificates;
using Identity.Signing.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Signing.Requests;

/// <summary>Lists the documents of a batch, each with its fingerprint and a page where it is read; the button leads to the Provider's approval page.</summary>
[Authorize]
public sealed class ReviewBatchModel(BatchStore batches, SigningSettings settings, TimeProvider time) : PageModel
{
    public Batch Batch { get; private set; } = null!;

    public SignedInPerson Person { get; private set; } = null!;

    public ReviewNotice? Notice { get; private set; }

    public int StillToSign => Batch.Documents.Count(document => document.CanAskApproval(time.GetUtcNow()));

    public RequestState StateOf(SigningRequest document) => document.StateAt(time.GetUtcNow());

    public async Task<IActionResult> OnGet(string id, string? notice)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        if (Batch.State(time.GetUtcNow()) is BatchState.Signed or BatchState.Approved or BatchState.PendingTimestamp)
            return Redirect($"/batches/{Batch.Id}");
        Notice = Enum.GetValues<ReviewNotice>().Cast<ReviewNotice?>().FirstOrDefault(known => SnakeCase.Of(known!.Value) == notice);
        return Show();
    }

    /// <summary>The antiforgery token was checked before this is called: an approval cannot be begun from another site.</summary>
    public async Task<IActionResult> OnPost(string id)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        // Nobody is asked for an approval that could not be used.
        if (!await HttpContext.RequestServices.GetRequiredService<CertifiedPersonKeys>().Answer(HttpContext.RequestAborted))
            return Unavailable(ReviewNotice.KeysUnavailable);
        if (await batches.AskApproval(Batch.Id, time.GetUtcNow(), HttpContext.RequestAborted) is not { } subject)
            return Redirect($"/batches/{Batch.Id}");
        try
        {
            await HttpContext.ChallengeAsync(ApprovalScheme.Name, ApprovalScheme.Properties(HttpContext, subject));
            return new EmptyResult();
        }
        catch (Exception e) when (ReviewDocumentModel.IsProviderOutage(e) && !Response.HasStarted)
        {
            HttpContext.RequestServices.GetRequiredService<ILogger<ReviewBatchModel>>().LogWarning(e, "The Provider cannot be asked for an approval");
            await batches.WithdrawApproval(subject, HttpContext.RequestAborted);
            return Unavailable(ReviewNotice.ProviderUnavailable);
        }
    }

    /// <summary>Finds the batch and binds it to the first person who opens it; null when all is well.</summary>
    private async Task<IActionResult?> Open(string id)
    {
        if (SignedInPerson.Of(User) is not { } person)
            return Challenge();
        if (!RequestId.IsOne(id) || await batches.Find(id, HttpContext.RequestAborted) is not { } batch)
            return NotFound();
        if (!await batches.BindPerson(batch, person.Subject, person.Identifier, HttpContext.RequestAborted))
            return new StatusCodeResult(StatusCodes.Status403Forbidden);
        (Person, Batch) = (person, batch);
        return null;
    }

    private PageResult Unavailable(ReviewNotice why)
    {
        Notice = why;
        Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Show();
    }

    private PageResult Show()
    {
        HttpContext.ContentSecurity().AllowFormAction(settings.Provider);
        return Page();
    }
}
