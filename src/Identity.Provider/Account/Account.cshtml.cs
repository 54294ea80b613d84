using Identity.Provider.Clients;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Provider.Account;

/// <summary>A session in the list.</summary>
/// <param name="IsThis">That of this browser.</param>
/// <param name="Agencies">Names of those that it was used for.</param>
internal sealed record ListedSession(LiveSession Session, bool IsThis, IReadOnlyList<string> Agencies);

/// <summary>Who is signed in in this browser, and where else this person is.</summary>
internal sealed class AccountModel(PersonStore people, SessionRegister register, SessionEnds ends, RegisteredClients clients) : PageModel
{
    private const string AfterEnd = "/?ended";

    public PersonSession? Session { get; private set; }

    public Person? Person { get; private set; }

    public IReadOnlyList<ListedSession> Sessions { get; private set; } = [];

    /// <summary>The person has just ended one.</summary>
    public bool Ended => Request.Query.ContainsKey("ended");

    public async Task OnGetAsync(CancellationToken cancellation)
    {
        Session = await PersonSession.Read(HttpContext);
        Person = Session is null ? null : await people.Find(Session.PersonId, cancellation);
        if (Person is null)
            return;
        var listed = new List<ListedSession>();
        foreach (var live in await register.SessionsOf(Person.Id))
            listed.Add(new ListedSession(live, live.SessionId == Session!.SessionId, await NamesOf(live.ClientIds, cancellation)));
        Sessions = [.. listed.OrderByDescending(session => session.IsThis)];
    }

    public async Task<IActionResult> OnPostSignOutAsync()
    {
        await SessionCookie.SignOut(HttpContext, SessionEndReason.SignedOut);
        return new SeeOther("/");
    }

    /// <summary>Ends one other session, which must be this person's.</summary>
    public async Task<IActionResult> OnPostEndAsync(string? session)
    {
        if (await PersonSession.Read(HttpContext) is not { } own)
            return new SeeOther("/");
        if (session is null || (await register.Find(session))?.PersonId != own.PersonId)
            return new SeeOther(AfterEnd);
        if (session == own.SessionId)
            return await OnPostSignOutAsync();
        await ends.End(session, SessionEndReason.EndedRemotely);
        return new SeeOther(AfterEnd);
    }

    public async Task<IActionResult> OnPostEndOthersAsync()
    {
        if (await PersonSession.Read(HttpContext) is not { } own)
            return new SeeOther("/");
        await ends.EndAllOf(own.PersonId, SessionEndReason.EndedRemotely, but: own.SessionId);
        return new SeeOther(AfterEnd);
    }

    public async Task<IActionResult> OnPostEndAllAsync()
    {
        if (await PersonSession.Read(HttpContext) is { } own)
            await ends.EndAllOf(own.PersonId, SessionEndReason.EndedRemotely, but: own.SessionId);
        return await OnPostSignOutAsync();
    }

    private async Task<IReadOnlyList<string>> NamesOf(IReadOnlyList<string> clientIds, CancellationToken cancellation)
    {
        var names = new List<string>();
        foreach (var id in clientIds)
        {
            if (await clients.Find(id, cancellation) is { } client)
                names.Add(client.Name);
        }

        return [.. names.Order(StringComparer.CurrentCulture)];
    }
}
