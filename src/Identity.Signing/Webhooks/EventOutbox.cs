using Identity.Audit;
using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Webhooks;

/// <summary>An event that is to be sent now, and where.</summary>
public sealed record ClaimedEvent(CeremonyEvent Told, string AgencyId, Uri Address);

/// <summary>
/// Events wait in the database, put there in the transaction of what they tell. Each is sent until the receiver has taken it, or for
/// <see cref="Patience"/>; of one ceremony the next only after the one before. At least once: a crash behind the sending and before the record
/// sends it again, with the same identifier.
/// </summary>
public sealed class EventOutbox(IDbContextFactory<SigningDatabase> databases, AuditLog audit, TimeProvider time)
{
    /// <summary>After this an event is given up, and with it that ceremony's order goes on.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(3);

    /// <summary>How long one try keeps an event from other copies of the service: longer than it can take.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>Of each ceremony the oldest that is not told, if it is due; each for exactly one caller.</summary>
    /// <param name="room">How many of an agency's may be claimed.</param>
    /// <param name="cancellation">Before the first is claimed.</param>
    public async Task<IReadOnlyList<ClaimedEvent>> Claim(Func<string, int> room, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var due =
            from told in database.CeremonyEvents.AsNoTracking()
            where told.NextTryAt != null && told.NextTryAt <= now
                && !database.CeremonyEvents.Any(earlier => earlier.CeremonyId == told.CeremonyId && earlier.Number < told.Number && earlier.NextTryAt != null)
            join ceremony in database.Ceremonies.AsNoTracking() on told.CeremonyId equals ceremony.Id
            select new { told, ceremony.AgencyId, ceremony.WebhookUrl };
        var claimed = new List<ClaimedEvent>();
        // Each agency by itself: of those who have many, none stands before the others.
        foreach (var agency in await due.Select(one => one.AgencyId).Distinct().ToListAsync(cancellation))
        {
            foreach (var one in await due.Where(one => one.AgencyId == agency).OrderBy(one => one.told.NextTryAt).Take(room(agency)).ToListAsync(cancellation))
            {
                if (await database.CeremonyEvents.Where(e => e.Id == one.told.Id && e.NextTryAt == one.told.NextTryAt)
                    .ExecuteUpdateAsync(e => e.SetProperty(x => x.NextTryAt, now + Lease).SetProperty(x => x.Tries, x => x.Tries + 1), CancellationToken.None) == 1)
                    claimed.Add(new ClaimedEvent(one.told, one.AgencyId, new Uri(one.WebhookUrl!)));
            }
        }

        return claimed;
    }

    public async Task Delivered(CeremonyEvent told)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await database.CeremonyEvents.Where(e => e.Id == told.Id && e.DeliveredAt == null)
            .ExecuteUpdateAsync(e => e.SetProperty(x => x.DeliveredAt, now).SetProperty(x => x.NextTryAt, (DateTimeOffset?)null));
        audit.Append(new CeremonyEventTold(told.CeremonyId, told.Id, SnakeCase.Of(told.Type), Delivered: true));
    }

    /// <summary>Tried again later, or given up.</summary>
    public async Task Failed(CeremonyEvent told)
    {
        var now = time.GetUtcNow();
        var pause = told.Tries > 10 || FirstPause * (1 << told.Tries) > LongestPause ? LongestPause : FirstPause * (1 << told.Tries);
        var next = now + pause > told.CreatedAt + Patience ? (DateTimeOffset?)null : now + pause;
        await using var database = await databases.CreateDbContextAsync();
        await database.CeremonyEvents.Where(e => e.Id == told.Id && e.DeliveredAt == null).ExecuteUpdateAsync(e => e.SetProperty(x => x.NextTryAt, next));
        if (next is null)
            audit.Append(new CeremonyEventTold(told.CeremonyId, told.Id, SnakeCase.Of(told.Type), Delivered: false));
    }
}
