using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Passkeys;

/// <summary>A person's passkeys: another one is added before the first is lost, and a lost one is removed. Both ask for a sign-in of a moment ago.</summary>
public sealed class MyPasskeysModel(PersonStore people, PersonPasskeys passkeys, PasskeyCeremonies ceremonies, SessionEnds ends, TimeProvider time) : PageModel
{
    public const string Address = "/passkeys";

    /// <summary>How long a sign-in is one of a moment ago.</summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    public IReadOnlyList<ShownPasskey> Passkeys { get; private set; } = [];

    public bool IsFresh { get; private set; }

    public bool Refused { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        if (await SignedIn(cancellation) is not var (session, person))
            return Login();
        return await Show(session, person, refused: false, cancellation);
    }

    public async Task<IActionResult> OnPostOptionsAsync(CancellationToken cancellation) =>
        await SignedIn(cancellation) is var (session, person) && WasJustNow(session)
            ? new JsonResult(await ceremonies.StartRegistration(HttpContext, person))
            : BadRequest();

    public Task<IActionResult> OnPostRegisterAsync(string? ceremony, string? credential, CancellationToken cancellation) =>
        Change(fresh: true, (session, person) => passkeys.Add(HttpContext, person, session, ceremony ?? "", credential ?? ""), cancellation);

    public Task<IActionResult> OnPostRenameAsync(string? passkey, string? name, CancellationToken cancellation) =>
        Change(fresh: false, (_, person) => passkeys.Rename(person, passkey ?? "", name ?? ""), cancellation);

    public Task<IActionResult> OnPostRemoveAsync(string? passkey, CancellationToken cancellation) =>
        Change(fresh: true, (session, person) => Remove(session, person, passkey ?? ""), cancellation);

    // A device that was lost is not to stay signed in either; nobody knows which sessions are its, so all but this one end.
    private async Task<bool> Remove(PersonSession session, Person person, string passkey)
    {
        if (!await passkeys.Remove(person, passkey))
            return false;
        await ends.EndAllOf(person.Id, SessionEndReason.EndedRemotely, but: session.SessionId);
        return true;
    }

    private async Task<IActionResult> Change(bool fresh, Func<PersonSession, Person, Task<bool>> change, CancellationToken cancellation)
    {
        if (await SignedIn(cancellation) is not var (session, person) || (fresh && !WasJustNow(session)))
            return Login();
        return await change(session, person) ? new SeeOther(Address) : await Show(session, person, refused: true, cancellation);
    }

    private async Task<IActionResult> Show(PersonSession session, Person person, bool refused, CancellationToken cancellation)
    {
        Passkeys = await passkeys.Of(person, cancellation);
        IsFresh = WasJustNow(session);
        Refused = refused;
        if (refused)
            Response.StatusCode = StatusCodes.Status400BadRequest;
        return Page();
    }

    private bool WasJustNow(PersonSession session) => time.GetUtcNow() - session.AuthenticatedAt <= Fresh;

    private async Task<(PersonSession Session, Person Person)?> SignedIn(CancellationToken cancellation) =>
        await PersonSession.Read(HttpContext) is { } session && await people.Find(session.PersonId, cancellation) is { } person ? (session, person) : null;

    private static SeeOther Login() => new("/login" + QueryString.Create("returnUrl", Address));
}
