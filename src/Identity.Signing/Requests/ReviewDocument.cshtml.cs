using Identity.Pdf.Syntax;
using Identity.Signing.Appearances;
using Identity.Signing.Approvals;
using Identity.Signing.Ceremonies;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;
using Identity.Signing.Lint;
using Identity.Signing.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Identity.Signing.Requests;

/// <summary>Shows the document, who asks and what for; the button leads to the Provider's approval page.</summary>
[Authorize]
public sealed class ReviewDocumentModel(RequestStore requests, BatchStore batches, DocumentStore documents, SigningSettings settings, TimeProvider time) : PageModel
{
    public SigningRequest Requested { get; private set; } = null!;

    public SignedInPerson Person { get; private set; } = null!;

    public ReviewNotice? Notice { get; private set; }

    /// <summary>What the signature does beside approving.</summary>
    public IReadOnlyList<string> Statement => SignatureStatement.Lines(RequestedForm.Stored(Requested.Form), Languages.Current.Culture);

    /// <summary>What could make the document look different later, each kind once, with the pages on which it was found.</summary>
    public IReadOnlyList<(string Text, string Pages)> Warnings => [.. (DocumentExamination.Stored(Requested.Examination)?.Findings ?? []).GroupBy(finding => finding.Key)
        .Select(kind => ("Lint_" + kind.Key.Replace('-', '_'), string.Join(", ", kind.Select(finding => finding.Page).OfType<int>().Distinct().Order())))];

    /// <summary>Null when there is no choice.</summary>
    public PlaceChoice? Places => PlaceChoice.For(Requested, new SignedInName(Person.Name), settings.Drawing, time.GetUtcNow());

    /// <summary>A document of a batch is looked at here, and approved with the others.</summary>
    public bool CanApprove => Requested.BatchId is null && Requested.CanAskApproval(time.GetUtcNow());

    public async Task<IActionResult> OnGet(string id, string? notice)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        if (Requested.State is RequestState.Signed or RequestState.Approved or RequestState.PendingTimestamp)
            return Redirect($"/requests/{Requested.Id}");
        Notice = Enum.GetValues<ReviewNotice>().Cast<ReviewNotice?>().FirstOrDefault(known => SnakeCase.Of(known!.Value) == notice);
        return Show();
    }

    /// <summary>The antiforgery token was checked before this is called: an approval cannot be begun from another site.</summary>
    public async Task<IActionResult> OnPost(string id)
    {
        if (await Open(id) is { } refusal)
            return refusal;
        if (Requested.BatchId is { } batch)
            return Redirect($"/batches/{batch}/review");
        if (await Chosen() is not { } form)
            return NoPlace();
        // Nobody is asked for an approval that could not be used.
        if (!await HttpContext.RequestServices.GetRequiredService<CertifiedPersonKeys>().Answer(HttpContext.RequestAborted))
            return Unavailable(ReviewNotice.KeysUnavailable);
        if (Requested.PlaceId is { } place && !await Ceremonies.BeginAsking(Requested, HttpContext.RequestAborted))
            return ShowPlaceModel.Back(place, PlaceNotice.Busy);
        if (!await requests.AskApproval(Requested.Id, form.IsOrdinary ? null : form.ToJson(), time.GetUtcNow(), HttpContext.RequestAborted)
            || await requests.Find(Requested.Id, HttpContext.RequestAborted) is not { } asked)
            return Redirect($"/requests/{Requested.Id}");
        Requested = asked;
        try
        {
            await HttpContext.ChallengeAsync(ApprovalScheme.Name, ApprovalScheme.Properties(HttpContext, ApprovalSubject.Of(Requested)));
            return new EmptyResult();
        }
        catch (Exception e) when (IsProviderOutage(e) && !Response.HasStarted)
        {
            HttpContext.RequestServices.GetRequiredService<ILogger<ReviewDocumentModel>>().LogWarning(e, "The Provider cannot be asked for an approval");
            await requests.WithdrawApproval(Requested.Id, HttpContext.RequestAborted);
            return Unavailable(ReviewNotice.ProviderUnavailable);
        }
    }

    /// <summary>What the signature is to be, with the place that the person chose; null when the document does not have that place.</summary>
    private async Task<RequestedForm?> Chosen()
    {
        var asked = RequestedForm.Stored(Requested.Form);
        if (PlaceChoice.Read(await Request.ReadFormAsync(HttpContext.RequestAborted), asked) is not { } form || !SignatureStatement.Fits(Requested.Purpose, form))
            return null;
        // What came with the request was tried when it came. A document that is gone or changed is found when it is signed.
        if (form.Visible is null || form.Visible == asked?.Visible)
            return form;
        using var bytes = await documents.OpenUnchanged(Requested, HttpContext.RequestAborted);
        if (bytes is null)
            return form;
        return DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, Requested.Level, time.GetUtcNow(), form, settings.PersonDigest) is null ? form : null;
    }

    private PageResult Unavailable(ReviewNotice why)
    {
        Notice = why;
        Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Show();
    }

    private PageResult NoPlace()
    {
        Notice = ReviewNotice.PlaceUnavailable;
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Show();
    }

    /// <summary>Finds the request and binds it to the first person who opens it; null when all is well.</summary>
    private async Task<IActionResult?> Open(string id)
    {
        if (SignedInPerson.Of(User) is not { } person)
            return Challenge();
        if (!RequestId.IsOne(id) || await requests.Find(id, HttpContext.RequestAborted) is not { } request)
            return NotFound();
        if (!await Bind(request, person))
            return new StatusCodeResult(StatusCodes.Status403Forbidden);
        (Person, Requested) = (person, request);
        if (request is not { PlaceId: { } place, State: RequestState.Received or RequestState.Shown or RequestState.ApprovalAsked or RequestState.Failed or RequestState.Superseded })
            return null;
        // Of a ceremony: only the document as it stands now.
        return await Ceremonies.FindPlace(place, HttpContext.RequestAborted) is { } found && found.Place is { State: PlaceState.Turn } own && own.RequestId == request.Id
            && SignerRequests.IsFor(request, found.Ceremony.Ceremony) ? null : ShowPlaceModel.Back(place, PlaceNotice.MovedOn);
    }

    private CeremonyStore Ceremonies => HttpContext.RequestServices.GetRequiredService<CeremonyStore>();

    private async Task<bool> Bind(SigningRequest request, SignedInPerson person) => request.BatchId is { } id
        ? await batches.Find(id, HttpContext.RequestAborted) is { } batch && await batches.BindPerson(batch, person.Subject, person.Identifier, HttpContext.RequestAborted)
        : await requests.BindPerson(request, person.Subject, person.Identifier, HttpContext.RequestAborted);

    private PageResult Show()
    {
        HttpContext.ContentSecurity()
            .AllowFormAction(settings.Provider)
            .Allow("worker-src", "'self'")
            .Allow("img-src", "blob:");
        return Page();
    }

    // The handler wraps what happened on the way to the Provider: no metadata (InvalidOperationException), no connection, a refusal.
    internal static bool IsProviderOutage(Exception e) =>
        e is HttpRequestException or InvalidOperationException or OperationCanceledException or IOException or OpenIdConnectProtocolException;
}
