using Identity.Provider.People;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace Identity.Provider.Storage;

/// <summary>
/// What every login asks the database, translated once for a service and not at each question. Nothing of it is kept: an answer is what the database says at
/// that moment. Entities come untracked.
/// </summary>
public sealed class LoginQueries
{
    /// <summary>Changes whenever the client does. Null: there is no such client.</summary>
    internal readonly Func<ProviderDatabase, string, CancellationToken, Task<string?>> VersionOfClient = EF.CompileAsyncQuery(
        (ProviderDatabase database, string clientId, CancellationToken cancellation) => database.Set<OpenIddictEntityFrameworkCoreApplication>()
            .Where(client => client.ClientId == clientId).Select(client => client.ConcurrencyToken).FirstOrDefault());

    /// <summary>The client that the protocol engine's own identifier stands for.</summary>
    internal readonly Func<ProviderDatabase, string, CancellationToken, Task<string?>> ClientOfApplication = EF.CompileAsyncQuery(
        (ProviderDatabase database, string id, CancellationToken cancellation) => database.Set<OpenIddictEntityFrameworkCoreApplication>()
            .Where(client => client.Id == id).Select(client => client.ClientId).FirstOrDefault());

    internal readonly Func<ProviderDatabase, string, CancellationToken, Task<Person?>> PersonById = EF.CompileAsyncQuery(
        (ProviderDatabase database, string id, CancellationToken cancellation) => database.Users.AsNoTracking().FirstOrDefault(person => person.Id == id));

    /// <summary>Of a person for a client.</summary>
    internal readonly Func<ProviderDatabase, string, string, IAsyncEnumerable<string>> GrantedClaims = EF.CompileAsyncQuery(
        (ProviderDatabase database, string personId, string clientId) => database.Consents.Where(row => row.PersonId == personId && row.ClientId == clientId).Select(row => row.Claim));

    /// <summary>Of a person in a sector.</summary>
    internal readonly Func<ProviderDatabase, string, string, CancellationToken, Task<string?>> Subject = EF.CompileAsyncQuery(
        (ProviderDatabase database, string personId, string sector, CancellationToken cancellation) =>
            database.PairwiseSubjects.Where(row => row.PersonId == personId && row.Sector == sector).Select(row => row.Subject).FirstOrDefault());
}
