using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Provider.Clients;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace Identity.Provider.Subjects;

/// <summary>
/// Pairwise subjects (OpenID Connect Core 8.1): random, made at the first login in a sector and stored, so there is no key whose loss or
/// change would rename people, and nobody can compute one from what they know. Two first logins at once agree on the row that was first.
/// </summary>
public sealed class PairwiseSubjects(ProviderDatabase database, LoginQueries queries, IOpenIddictApplicationManager applications)
{
    private const int SubjectBytes = 32;

    /// <summary>The subject of a person for a client's sector.</summary>
    public async Task<string> For(string personId, string clientId, CancellationToken cancellation) =>
        await InSector(personId, await SectorOf(clientId, cancellation), cancellation);

    /// <summary>The subject of a person for a sector.</summary>
    public async Task<string> InSector(string personId, string sector, CancellationToken cancellation)
    {
        if (await Stored(personId, sector, cancellation) is { } known)
            return known;

        var made = new PairwiseSubject
        {
            PersonId = personId,
            Sector = sector,
            Subject = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SubjectBytes)),
        };
        try
        {
            database.PairwiseSubjects.Add(made);
            await database.SaveChangesAsync(cancellation);
            return made.Subject;
        }
        catch (DbUpdateException)
        {
            database.Entry(made).State = EntityState.Detached;
            // The primary key was taken by a login at the same moment: its subject holds. Anything else is an error.
            if (await Stored(personId, sector, cancellation) is { } first)
                return first;
            throw;
        }
    }

    /// <summary>The person whom a subject names in a client's sector, or null.</summary>
    public async Task<string?> PersonOf(string subject, string clientId, CancellationToken cancellation)
    {
        var sector = await SectorOf(clientId, cancellation);
        return await database.PairwiseSubjects.AsNoTracking()
            .Where(row => row.Subject == subject && row.Sector == sector)
            .Select(row => row.PersonId)
            .SingleOrDefaultAsync(cancellation);
    }

    private Task<string?> Stored(string personId, string sector, CancellationToken cancellation) => queries.Subject(database, personId, sector, cancellation);

    private async Task<string> SectorOf(string clientId, CancellationToken cancellation) => (await applications.MetadataOf(clientId, cancellation)).Sector;
}
