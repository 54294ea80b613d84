using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.DeviceAuthorization;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Provider.RateLimits;
using Identity.Provider.Sessions;
using Identity.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Login;

/// <summary>Sign in with a passkey, for the agency that asked or for the account page.</summary>
public sealed class LoginModel(
    PendingRequests requests, RequestProgress progress, PasskeyCeremonies passkeys, RequestLimits limits, Refusals refusals, PersonStore people, AuditLog audit) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    public PendingRequest? Pending { get; private set; }

    public bool Expired { get; private set; }

    public bool Failed { get; private set; }

    /// <summary>The agency wants a passkey of level high, and the session of this browser, if there is one, is below.</summary>
    public bool WantsHigh { get; private set; }

    /// <summary>The person of this browser's session has none of that level.</summary>
    public bool HasNone { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        await Load();
        return Page();
    }

    /// <summary>What the browser asks its authenticator.</summary>
    public async Task<IActionResult> OnPostOptionsAsync() => new JsonResult(await passkeys.StartSignIn(HttpContext));

    public async Task<IActionResult> OnPostAsync(string? ceremony, string? credential)
    {
        if (!await Load())
            return Page();
        var verified = await passkeys.FinishSignIn(HttpContext, ceremony ?? "", credential ?? "");
        if (verified is null)
        {
            refusals.Record(new SignInRefused(null, "assertion_not_verified"));
            Failed = true;
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return Page();
        }

        if (await limits.RefusesSignIn(HttpContext, verified.Person.Id))
            return new EmptyResult();

        var operation = audit.Begin(
            new SignIn(verified.Person.Id, PasskeyCeremonies.NameOf(verified.Passkey.CredentialId), verified.Assurance.Level));
        await SessionCookie.SignIn(HttpContext, verified.Person, verified.Assurance);
        operation.Complete(AuditOutcome.Succeeded);
        return new SeeOther(Pending?.ReturnUrl ?? (ReturnUrl is not null && IsOwn(ReturnUrl) ? ReturnUrl : "/"));
    }

    public async Task<IActionResult> OnPostCancelAsync()
    {
        if (!await Load())
            return Page();
        if (Pending is null)
            return new SeeOther("/");
        await progress.Cancel(Pending.Key);
        return new SeeOther(Pending.ReturnUrl);
    }

    // Pages of ours that need somebody signed in.
    private static bool IsOwn(string address) => address == MyPasskeysModel.Address || ConnectDeviceModel.IsAddress(address);

    // False: the person came for an agency, and that request has ended.
    private async Task<bool> Load()
    {
        if (ReturnUrl is null || IsOwn(ReturnUrl))
            return true;
        Pending = await requests.Find(HttpContext, ReturnUrl);
        if (Pending is null)
        {
            Expired = true;
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return false;
        }

        HttpContext.ContentSecurity().AllowFormAction(Pending.RedirectUri);
        if (Pending.Level != AssuranceLevel.High)
            return true;
        var session = await PersonSession.Read(HttpContext);
        WantsHigh = session is null || !AssuranceLevel.Reaches(session.Assurance, AssuranceLevel.High);
        HasNone = session is not null && WantsHigh && await people.HighestLevel(session.PersonId, HttpContext.RequestAborted) != AssuranceLevel.High;
        return true;
    }
}
