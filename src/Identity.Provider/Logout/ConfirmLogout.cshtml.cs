using Identity.Provider.Sessions;
using Identity.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Logout;

/// <summary>Asks the person whom somebody sent here to sign out.</summary>
internal sealed class ConfirmLogoutModel(EndSessionEndpoint endpoint) : PageModel
{
    [BindProperty(SupportsGet = true, Name = "request")]
    public string? RequestKey { get; set; }

    public LogoutRequest Logout { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        await Load(cancellation);
        if (await PersonSession.Read(HttpContext) is null)
            return Leave();
        if (Logout.Flawed)
            Response.StatusCode = StatusCodes.Status400BadRequest;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        await Load(cancellation);
        await SessionCookie.SignOut(HttpContext, SessionEndReason.ClientInitiated);
        return Leave();
    }

    private async Task Load(CancellationToken cancellation)
    {
        Logout = await endpoint.Waiting(RequestKey, cancellation);
        if (Logout is { Flawed: false, ReturnTo: { } address })
            HttpContext.ContentSecurity().AllowFormAction(address);
    }

    private StatusCodeResult Leave()
    {
        Response.Headers.Location = EndSessionEndpoint.After(Logout);
        return new StatusCodeResult(StatusCodes.Status303SeeOther);
    }
}
