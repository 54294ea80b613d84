using System.Globalization;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Web;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Enrolment;

/// <summary>A proofed person with a code registers a passkey, and is signed in.</summary>
public sealed class EnrolModel(
    PendingRequests requests, EnrolmentCodes codes, GuessLimit guesses, PersonStore people, Enrolments enrolments) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    public PendingRequest? Pending { get; private set; }

    public bool RequestExpired { get; private set; }

    public bool CodeRefused { get; private set; }

    /// <summary>What was typed, so that one wrong letter can be mended.</summary>
    public string? Code { get; private set; }

    public TimeSpan? Wait { get; private set; }

    public bool PasskeyRefused { get; private set; }

    /// <summary>Known after a good code: who is being enrolled, and the secret that stands for it in the next posts.</summary>
    public Person? Person { get; private set; }

    public string Enrolment { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync()
    {
        await Load();
        return Page();
    }

    public async Task<IActionResult> OnPostCodeAsync(string? code, CancellationToken cancellation)
    {
        if (!await Load())
            return Page();
        var address = HttpContext.Connection.RemoteIpAddress;
        Wait = await guesses.Begin(address);
        if (Wait is { } wait)
        {
            Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return Refuse(StatusCodes.Status429TooManyRequests);
        }

        // One answer for wrong, used and expired: none of them tells whether a code exists.
        if (await codes.Find(code ?? "", cancellation) is not { } found || await people.Find(found.PersonId, cancellation) is not { } person)
        {
            CodeRefused = true;
            Code = code is { Length: <= EnrolmentCodes.MaxCharacters } ? code : null;
            return Refuse(StatusCodes.Status400BadRequest);
        }

        await guesses.Succeeded(address);
        Person = person;
        Enrolment = await enrolments.Begin(found);
        return Page();
    }

    public async Task<IActionResult> OnPostOptionsAsync(string? enrolment, CancellationToken cancellation) =>
        await enrolments.Options(HttpContext, enrolment ?? "", cancellation) is { } started ? new JsonResult(started) : BadRequest();

    public async Task<IActionResult> OnPostRegisterAsync(string? enrolment, string? ceremony, string? credential, CancellationToken cancellation)
    {
        if (!await Load())
            return Page();
        switch (await enrolments.Register(HttpContext, enrolment ?? "", ceremony ?? "", credential ?? "", cancellation))
        {
            case EnrolmentOutcome.Enrolled:
                return new SeeOther(Pending?.ReturnUrl ?? "/");
            case EnrolmentOutcome.PasskeyRefused refused:
                PasskeyRefused = true;
                Person = refused.Person;
                Enrolment = enrolment!;
                break;
            default:
                CodeRefused = true;
                break;
        }

        return Refuse(StatusCodes.Status400BadRequest);
    }

    private PageResult Refuse(int status)
    {
        Response.StatusCode = status;
        return Page();
    }

    private async Task<bool> Load()
    {
        if (ReturnUrl is null)
            return true;
        Pending = await requests.Find(HttpContext, ReturnUrl);
        if (Pending is null)
        {
            RequestExpired = true;
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return false;
        }

        HttpContext.ContentSecurity().AllowFormAction(Pending.RedirectUri);
        return true;
    }
}
