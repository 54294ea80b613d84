using Identity.Audit;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Account;

/// <summary>Who is signed in in this browser.</summary>
public sealed class AccountModel(PersonStore people, AuditLog audit) : PageModel
{
    public PersonSession? Session { get; private set; }

    public Person? Person { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellation)
    {
        Session = await PersonSession.Read(HttpContext);
        Person = Session is null ? null : await people.Find(Session.PersonId, cancellation);
    }

    public async Task<IActionResult> OnPostSignOutAsync()
    {
        if (await PersonSession.Read(HttpContext) is { } session)
        {
            var operation = audit.Begin(new SignOut(session.PersonId));
            await SessionCookie.SignOut(HttpContext);
            operation.Complete(AuditOutcome.Succeeded);
        }

        return new SeeOther("/");
    }
}
