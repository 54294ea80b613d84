using System.Globalization;
using Identity.Signing.Approvals;
using Identity.Signing.SignIn;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;

namespace Identity.Signing.Requests;

/// <summary>How each document of a batch stands after the approval, in the order in which they came.</summary>
[Authorize]
public sealed class BatchResultModel(BatchStore batches, ApprovalRecords approvals, SigningSettings settings, TimeProvider time) : PageModel
{
    private const int SecondsBetweenLooks = 2;

    // A neighbour is down: it will not be back within seconds.
    private const int SecondsBetweenLooksWaiting = 15;

    public Batch Batch { get; private set; } = null!;

    public BatchState State { get; private set; }

    public bool UnderWay { get; private set; }

    public bool CanRetry => !UnderWay && Batch.CanAskApproval(time.GetUtcNow());

    public int SignedCount => Batch.Documents.Count(document => document.State == RequestState.Signed);

    public bool AnyToDownload => Batch.Documents.Any(document => document is { State: RequestState.Signed, DocumentsRemoved: false });

    public Uri Verification => settings.Verification;

    /// <summary>The agency's registered address with what it needs to fetch the results; null for a person's own documents.</summary>
    public string? ReturnUrl => Batch.First.ReturnUrl is not { } address ? null : QueryHelpers.AddQueryString(
        address, new Dictionary<string, string?> { ["batch"] = Batch.Id, ["status"] = SnakeCase.Of(State) });

    public RequestState StateOf(SigningRequest document) => document.StateAt(time.GetUtcNow());

    public async Task<IActionResult> OnGet(string id)
    {
        if (SignedInPerson.Of(User) is not { } person)
            return Challenge();
        if (!RequestId.IsOne(id) || await batches.Find(id, HttpContext.RequestAborted) is not { } batch || batch.First.PersonSubject != person.Subject)
            return NotFound();
        (Batch, State) = (batch, batch.State(time.GetUtcNow()));
        UnderWay = State == BatchState.Approved || await approvals.IsUnderWay([.. batch.Documents.Select(document => document.Id)], HttpContext.RequestAborted);
        if (!UnderWay && State is BatchState.Received or BatchState.Shown or BatchState.ApprovalAsked)
            return Redirect($"/batches/{id}/review");
        // Without script too: the page looks again by itself until there is a result.
        if (UnderWay)
            Response.Headers["Refresh"] = SecondsBetweenLooks.ToString(CultureInfo.InvariantCulture);
        else if (State == BatchState.PendingTimestamp)
            Response.Headers["Refresh"] = SecondsBetweenLooksWaiting.ToString(CultureInfo.InvariantCulture);
        return Page();
    }
}
