using Identity.Audit;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Web;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Passkeys;

/// <summary>A passkey as its person sees it.</summary>
/// <param name="Id">Names it in forms: <see cref="PasskeyCeremonies.NameOf"/>.</param>
/// <param name="Name">What its person calls it; null: nothing yet.</param>
/// <param name="Created">When it was registered.</param>
/// <param name="Synced">It can be copied between devices.</param>
/// <param name="Level">eIDAS level that it reaches.</param>
public sealed record ShownPasskey(string Id, string? Name, DateTimeOffset Created, bool Synced, string Level);

/// <summary>The passkeys of one person, as they manage them themselves.</summary>
public sealed class PersonPasskeys(PasskeyCeremonies ceremonies, UserManager<Person> people, ProviderDatabase database, AuditLog audit)
{
    /// <summary>Passkeys that one person can have.</summary>
    internal const int Most = 20;

    internal const int LongestName = 60;

    public async Task<IReadOnlyList<ShownPasskey>> Of(Person person, CancellationToken cancellation)
    {
        var known = await database.UserPasskeys.AsNoTracking().Where(passkey => passkey.UserId == person.Id)
            .Join(database.AttestedPasskeys, passkey => passkey.CredentialId, row => row.CredentialId, (_, row) => row)
            .ToListAsync(cancellation);
        return [.. (await people.GetPasskeysAsync(person)).OrderBy(passkey => passkey.CreatedAt).Select(passkey => new ShownPasskey(
            PasskeyCeremonies.NameOf(passkey.CredentialId), passkey.Name, passkey.CreatedAt, passkey.IsBackupEligible,
            PasskeyAssurance.Of(known.SingleOrDefault(row => row.CredentialId.AsSpan().SequenceEqual(passkey.CredentialId)), passkey.IsBackupEligible).Level))];
    }

    /// <summary>A further passkey of somebody who has just signed in. It is worth no more than this sign-in: a weaker passkey must not make a stronger one.</summary>
    public async Task<bool> Add(HttpContext context, Person person, PersonSession session, string ceremony, string credential)
    {
        if (await database.UserPasskeys.CountAsync(passkey => passkey.UserId == person.Id) >= Most
            || await ceremonies.FinishRegistration(context, ceremony, credential, person) is not { } registration)
        {
            return false;
        }

        var known = registration.At(session.Assurance);
        var name = PasskeyCeremonies.NameOf(known.CredentialId);
        var operation = audit.Begin(new PasskeyRegistration(person.Id, name));
        if (!await ceremonies.Store(registration, known))
        {
            operation.Complete(AuditOutcome.Refused, "person_changed");
            return false;
        }

        operation.Complete(AuditOutcome.Succeeded);
        audit.Append(new PasskeyAttestation(person.Id, name, known.Format, known.Aaguid.ToString(), known.Level));
        return true;
    }

    /// <summary>False: no such passkey of this person, or no such name.</summary>
    public async Task<bool> Rename(Person person, string id, string name)
    {
        name = name.Trim();
        if (!ShowableText.IsShowable(name, LongestName) || await people.FindByIdAsync(person.Id) is not { } owner)
            return false;
        if ((await people.GetPasskeysAsync(owner)).SingleOrDefault(passkey => PasskeyCeremonies.NameOf(passkey.CredentialId) == id) is not { } renamed)
            return false;
        renamed.Name = name;
        return (await people.AddOrUpdatePasskeyAsync(owner, renamed)).Succeeded;
    }

    /// <summary>False: no such passkey of this person, or their last: who removes that has locked themselves out.</summary>
    public async Task<bool> Remove(Person person, string id)
    {
        var owner = await database.Users.SingleAsync(row => row.Id == person.Id);
        var all = await database.UserPasskeys.Where(passkey => passkey.UserId == owner.Id).ToListAsync();
        if (all.Count < 2 || all.SingleOrDefault(passkey => PasskeyCeremonies.NameOf(passkey.CredentialId) == id) is not { } removed)
            return false;
        var operation = audit.Begin(new PasskeyRemoval(owner.Id, id));
        database.UserPasskeys.Remove(removed);
        // Of two removals at one time one meets the other's stamp: neither sees the other's passkey as the one that is left.
        owner.ConcurrencyStamp = Guid.CreateVersion7().ToString();
        try
        {
            await database.SaveChangesAsync();
        }
        catch (DbUpdateConcurrencyException)
        {
            database.ChangeTracker.Clear();
            operation.Complete(AuditOutcome.Refused, "person_changed");
            return false;
        }

        operation.Complete(AuditOutcome.Succeeded);
        return true;
    }
}
