using Identity.Provider.Authorize;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Approvals;

/// <summary>Shows a person what they are asked to sign, and takes their passkey's approval of exactly that.</summary>
public sealed class ApproveModel(PendingRequests requests, RequestProgress progress, ApprovalCeremonies ceremonies, PersonStore people) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    public PendingRequest? Pending { get; private set; }

    public Person? Person { get; private set; }

    /// <summary>The approval that waits on this page; null when the last attempt was refused.</summary>
    public StartedApproval? Started { get; private set; }

    public ApprovalOutcome? Refusal { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var (elsewhere, session) = await Load(cancellation);
        if (elsewhere is not null)
            return elsewhere;
        Started = await ceremonies.Start(HttpContext, Pending!, Pending!.Approval!, Person!, session!);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string? approval, string? credential, CancellationToken cancellation)
    {
        var (elsewhere, session) = await Load(cancellation);
        if (elsewhere is not null)
            return elsewhere;
        var outcome = await ceremonies.Finish(HttpContext, approval ?? "", credential ?? "", Pending!, session!);
        if (outcome == ApprovalOutcome.Approved)
            return new SeeOther(Pending!.ReturnUrl);
        Refusal = outcome;
        Response.StatusCode = StatusCodes.Status400BadRequest;
        return Page();
    }

    public async Task<IActionResult> OnPostCancelAsync(CancellationToken cancellation)
    {
        var (elsewhere, _) = await Load(cancellation);
        if (elsewhere is not null)
            return elsewhere;
        await progress.Cancel(Pending!.Key);
        return new SeeOther(Pending!.ReturnUrl);
    }

    private async Task<(IActionResult? Elsewhere, PersonSession? Session)> Load(CancellationToken cancellation)
    {
        Pending = await requests.Find(HttpContext, ReturnUrl);
        if (Pending?.Approval is null)
        {
            Pending = null;
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return (Page(), null);
        }

        HttpContext.ContentSecurity().AllowFormAction(Pending.RedirectUri);
        if (await PersonSession.Read(HttpContext) is not { } session)
            return (SeeOther.Login(Pending), null);
        Person = await people.Find(session.PersonId, cancellation);
        return Person is null ? (SeeOther.Login(Pending), null) : (null, session);
    }
}
