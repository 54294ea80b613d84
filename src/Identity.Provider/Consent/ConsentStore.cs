using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Consent;

/// <summary>Which attributes a person lets an agency receive. Durable when <see cref="Grant"/> returns.</summary>
public sealed class ConsentStore(ProviderDatabase database, LoginQueries queries, TimeProvider time)
{
    /// <summary>Whether every one of the claims has been allowed: one more than before, and the person is asked again.</summary>
    public async Task<bool> Has(string personId, string clientId, IReadOnlyCollection<string> claims, CancellationToken cancellation) =>
        (await Missing(personId, clientId, claims, cancellation)).Count == 0;

    /// <summary>All that the person has allowed.</summary>
    public async Task<IReadOnlyList<string>> Granted(string personId, string clientId, CancellationToken cancellation) =>
        await queries.GrantedClaims(database, personId, clientId).ToListAsync(cancellation);

    /// <summary>Allows the claims; those allowed before keep their date. Safe when two tabs do it at one time.</summary>
    public async Task Grant(string personId, string clientId, IReadOnlyCollection<string> claims, CancellationToken cancellation)
    {
        foreach (var claim in await Missing(personId, clientId, claims, cancellation))
        {
            database.Consents.Add(new ConsentGrant { PersonId = personId, ClientId = clientId, Claim = claim, Granted = time.GetUtcNow() });
        }

        try
        {
            await database.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException)
        {
            database.ChangeTracker.Clear();
            // The other tab was faster: what matters is that all are there. Anything else is a fault.
            if (!await Has(personId, clientId, claims, cancellation))
                throw;
        }
    }

    private async Task<List<string>> Missing(string personId, string clientId, IReadOnlyCollection<string> claims, CancellationToken cancellation)
    {
        var granted = await Granted(personId, clientId, cancellation);
        return [.. claims.Distinct(StringComparer.Ordinal).Except(granted, StringComparer.Ordinal)];
    }
}
