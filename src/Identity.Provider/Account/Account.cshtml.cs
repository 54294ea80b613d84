using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Account;

/// <summary>Who is signed in in this browser.</summary>
public sealed class AccountModel(PersonStore people) : PageModel
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
        await SessionCookie.SignOut(HttpContext, SessionEndReason.SignedOut);
        return new SeeOther("/");
    }
}
