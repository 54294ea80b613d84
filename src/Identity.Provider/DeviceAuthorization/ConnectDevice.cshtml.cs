using System.Globalization;
using System.Text.RegularExpressions;
using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.Clients;
using Identity.Provider.Consent;
using Identity.Provider.Enrolment;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.ResourceIndicators;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Provider.UserInfo;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>
/// RFC 8628 3.3: a person who is signed in enters the code that a device shows, sees who asks for what, and answers. A link may bring the code, and still the
/// person is asked for it (5.4): it must be on a device before them.
/// </summary>
internal sealed partial class ConnectDeviceModel(DeviceCodes codes, DeviceApproval approval, PersonStore people, RegisteredClients clients, ProviderSettings settings, Refusals refusals)
    : PageModel
{
    internal const string Address = "/device";

    [BindProperty(Name = "user_code", SupportsGet = true)]
    public string? Typed { get; set; }

    public bool Refused { get; private set; }

    public TimeSpan? Wait { get; private set; }

    /// <summary>Not null: to be answered.</summary>
    public DeviceState? Asked { get; private set; }

    public string ClientName { get; private set; } = "";

    public string ShownCode => UserCode.Read(Typed) is { } code ? UserCode.Shown(code) : "";

    public IReadOnlyList<ShownClaim> Claims { get; private set; } = [];

    public IReadOnlyList<string> Resources { get; private set; } = [];

    /// <summary>Not null: the person has answered, and so.</summary>
    public bool? Allowed { get; private set; }

    /// <summary>Whether this is where <c>/login</c> may send a browser: here, with nothing but a code.</summary>
    internal static bool IsAddress(string path) => Path().IsMatch(path);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        if (await Person(cancellation) is null)
            return Login();
        return Page();
    }

    public async Task<IActionResult> OnPostAsync([FromServices] RedisStore redis, [FromServices] TimeProvider time, [FromServices] IStringLocalizer<ProviderTexts> texts, CancellationToken cancellation)
    {
        if (await Person(cancellation) is not var (session, person))
            return Login();
        var guesses = new GuessLimit(redis, time, "user-code");
        var address = HttpContext.Connection.RemoteIpAddress;
        Wait = await guesses.Begin(address);
        if (Wait is { } wait)
        {
            Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return Answer(StatusCodes.Status429TooManyRequests);
        }

        // One answer for unknown, used, expired and another's: none of them tells whether a code exists.
        if (await Waiting() is not { } found || await clients.Find(found.Request.ClientId, cancellation) is not { } client || !await codes.Claim(found, session.SessionId))
            return Refuse();
        await guesses.Succeeded(address);
        Asked = found;
        ClientName = client.Name;
        Claims = [.. ConsentModel.Shown([.. ScopeClaims.Of(found.Request.Scopes)], person, key => texts[key])];
        Resources = [.. LoginResources.Of(settings, [.. found.Request.Scopes]).Select(server => server.Name)];
        return Page();
    }

    public async Task<IActionResult> OnPostAllowAsync(CancellationToken cancellation)
    {
        if (await Person(cancellation) is not var (session, person))
            return Login();
        if (await OwnWaiting(session, cancellation) is not { } found)
            return Refuse();
        string[] scopes = [.. found.Request.Scopes];
        string[] claims = [.. ScopeClaims.Of(scopes).Where(claim => ScopeClaims.Has(person, claim)), .. LoginResources.Consents(settings, scopes)];
        if (!await approval.Allow(found, session, claims))
            return Refuse();
        Allowed = true;
        return Page();
    }

    public async Task<IActionResult> OnPostDenyAsync(CancellationToken cancellation)
    {
        if (await Person(cancellation) is not var (session, _))
            return Login();
        if (await OwnWaiting(session, cancellation) is not { } found || !await approval.Deny(found, session))
            return Refuse();
        Allowed = false;
        return Page();
    }

    private async Task<(PersonSession Session, Person Person)?> Person(CancellationToken cancellation) =>
        await PersonSession.Read(HttpContext) is { } session && await people.Find(session.PersonId, cancellation) is { } person ? (session, person) : null;

    private async Task<DeviceState?> Waiting() => UserCode.Read(Typed) is { } code ? await codes.FindByUserCode(code) : null;

    // Answers count where the question was shown. A code that was not, is not looked at further, so this is no way around the limit.
    private async Task<DeviceState?> OwnWaiting(PersonSession session, CancellationToken cancellation)
    {
        if (await Waiting() is not { } found || found.SessionId != session.SessionId || await clients.Find(found.Request.ClientId, cancellation) is not { } client)
            return null;
        ClientName = client.Name;
        return found;
    }

    private SeeOther Login() => new("/login" + QueryString.Create("returnUrl", ShownCode is { Length: > 0 } code ? $"{Address}?user_code={code}" : Address));

    private PageResult Refuse()
    {
        refusals.Record(new AuthorizationRefused(null, "user_code"));
        Refused = true;
        return Answer(StatusCodes.Status400BadRequest);
    }

    private PageResult Answer(int status)
    {
        Response.StatusCode = status;
        return Page();
    }

    [GeneratedRegex($@"^/device(\?user_code=[{UserCode.Letters}]{{4}}-[{UserCode.Letters}]{{4}})?\z")]
    private static partial Regex Path();
}
