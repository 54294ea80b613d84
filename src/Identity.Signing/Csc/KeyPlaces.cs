using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Csc;

/// <summary>One of the places that a person has for keys of sessions: taken before a key is certified, so that nobody has more certified than they may have.</summary>
public sealed class KeyPlace
{
    public required string PersonIdentifier { get; init; }

    /// <summary>1 to <see cref="KeyPlaces.OfPerson"/>: the primary key with the person, so that a place is taken once, at whatever copy of the service.</summary>
    public required int Number { get; init; }

    /// <summary>The copy of the service that has the key.</summary>
    public required string Instance { get; init; }

    /// <summary>Free again then, whatever became of that copy.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>How many keys a person may have at once, through whatever programs and at whatever copies of the service. May be called concurrently.</summary>
internal sealed class KeyPlaces(IDbContextFactory<SigningDatabase> databases, SigningSettings settings, TimeProvider time)
{
    public const int OfPerson = 5;

    /// <summary>No certificate of a session lasts longer than an hour.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(70);

    /// <summary>Null when all are taken.</summary>
    public async Task<KeyPlace?> Take(string personIdentifier, CancellationToken cancellation)
    {
        // Who loses a place to another tries the next: each time one more is taken, so this ends.
        for (var tries = 0; tries <= OfPerson; tries++)
        {
            var now = time.GetUtcNow();
            await using var database = await databases.CreateDbContextAsync(cancellation);
            await database.KeyPlaces.Where(p => p.PersonIdentifier == personIdentifier && p.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
            var taken = await database.KeyPlaces.Where(p => p.PersonIdentifier == personIdentifier).Select(p => p.Number).ToListAsync(cancellation);
            if (Enumerable.Range(1, OfPerson).Except(taken).FirstOrDefault() is not (> 0 and var free))
                return null;
            var place = new KeyPlace { PersonIdentifier = personIdentifier, Number = free, Instance = settings.Instance, ExpiresAt = now + Longest };
            database.KeyPlaces.Add(place);
            try
            {
                await database.SaveChangesAsync(cancellation);
                return place;
            }
            catch (DbUpdateException e) when (RequestStore.IsTaken(e))
            {
                // Another was quicker.
            }
        }

        return null;
    }

    /// <summary>Whether all of a person's places are taken now.</summary>
    public async Task<bool> AreTaken(string personIdentifier, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.KeyPlaces.CountAsync(p => p.PersonIdentifier == personIdentifier && p.ExpiresAt > now, cancellation) >= OfPerson;
    }

    /// <summary>The key is gone, or never came to be.</summary>
    public async Task Free(KeyPlace place)
    {
        await using var database = await databases.CreateDbContextAsync();
        await database.KeyPlaces.Where(p => p.PersonIdentifier == place.PersonIdentifier && p.Number == place.Number && p.Instance == place.Instance && p.ExpiresAt == place.ExpiresAt)
            .ExecuteDeleteAsync();
    }

    /// <summary>What this copy had when it stopped.</summary>
    public async Task FreeOwn(CancellationToken cancellation)
    {
        var instance = settings.Instance;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.KeyPlaces.Where(p => p.Instance == instance).ExecuteDeleteAsync(cancellation);
    }
}
