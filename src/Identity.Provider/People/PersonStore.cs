using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.People;

/// <summary>People by their internal pseudonym.</summary>
public sealed class PersonStore(ProviderDatabase database)
{
    public Task<Person?> Find(string personId, CancellationToken cancellation) =>
        database.Users.AsNoTracking().SingleOrDefaultAsync(person => person.Id == personId, cancellation);
}
