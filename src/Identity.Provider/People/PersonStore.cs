using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.People;

/// <summary>People by their internal pseudonym.</summary>
public sealed class PersonStore(ProviderDatabase database, TimeProvider time)
{
    /// <summary>Null when there is none, or when they are disabled now: it is asked at every step, so disabling works at the next request.</summary>
    public async Task<Person?> Find(string personId, CancellationToken cancellation) =>
        await database.Users.AsNoTracking().SingleOrDefaultAsync(person => person.Id == personId, cancellation) is { } found && !found.IsDisabled(time.GetUtcNow())
            ? found
            : null;
}
