using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.People;

/// <summary>People by their internal pseudonym.</summary>
public sealed class PersonStore(ProviderDatabase database, LoginQueries queries, TimeProvider time)
{
    /// <summary>Null when there is none, or when they are disabled now: it is asked at every step, so disabling works at the next request.</summary>
    public async Task<Person?> Find(string personId, CancellationToken cancellation) =>
        await queries.PersonById(database, personId, cancellation) is { } found && !found.IsDisabled(time.GetUtcNow())
            ? found
            : null;

    /// <summary>The highest level that a passkey of the person reaches.</summary>
    public async Task<string> HighestLevel(string personId, CancellationToken cancellation)
    {
        var levels = await database.UserPasskeys.AsNoTracking()
            .Where(passkey => passkey.UserId == personId)
            .Join(database.AttestedPasskeys, passkey => passkey.CredentialId, known => known.CredentialId, (_, known) => known)
            .Where(known => known.DeviceBound && known.Trusted)
            .Select(known => known.Level)
            .ToListAsync(cancellation);
        return levels.Contains(AssuranceLevel.High) ? AssuranceLevel.High : AssuranceLevel.Substantial;
    }
}
