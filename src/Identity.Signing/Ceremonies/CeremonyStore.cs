using Identity.Audit;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Ceremonies;

/// <summary>A ceremony with its places in the agency's order.</summary>
public sealed record CeremonyWithPlaces(Ceremony Ceremony, IReadOnlyList<SignerPlace> Places);

/// <summary>What came of storing a ceremony under its Idempotency-Key.</summary>
public abstract record CeremonyStored
{
    private CeremonyStored() { }

    public sealed record Created(CeremonyWithPlaces Ceremony) : CeremonyStored;

    public sealed record Before(CeremonyWithPlaces Ceremony) : CeremonyStored;

    public sealed record OtherContent : CeremonyStored;
}

/// <summary>
/// Ceremonies and their states. Each change is a transaction whose first update names the state it starts from, so of two callers, also in two
/// processes, one makes it. Durable when the method returns.
/// </summary>
public sealed class CeremonyStore(IDbContextFactory<SigningDatabase> databases, AuditLog audit, TimeProvider time)
{
    /// <summary>How long a person may stand at the approval page while others wait: the page's own patience, and a little.</summary>
    public static readonly TimeSpan AskingPatience = TimeSpan.FromMinutes(6);

    public async Task<CeremonyWithPlaces?> Find(string id, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await Find(database, id, cancellation);
    }

    public async Task<(CeremonyWithPlaces Ceremony, SignerPlace Place)?> FindPlace(string placeId, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var id = await database.Places.Where(p => p.Id == placeId).Select(p => p.CeremonyId).SingleOrDefaultAsync(cancellation);
        return id is not null && await Find(database, id, cancellation) is { } found ? (found, found.Places.Single(place => place.Id == placeId)) : null;
    }

    /// <summary>
    /// Whether the document of this request is one that its person may read: of a ceremony only while it is their turn to sign just that, for what
    /// some have signed is not what all agreed to. Any other request's is.
    /// </summary>
    public async Task<bool> MayRead(SigningRequest request, CancellationToken cancellation) =>
        request.PlaceId is not { } place || (await FindPlace(place, cancellation) is { Ceremony.Ceremony: { State: CeremonyState.Open } ceremony, Place: { State: PlaceState.Turn } own }
            && ceremony.Deadline > time.GetUtcNow() && own.RequestId == request.Id && SignerRequests.IsFor(request, ceremony));

    /// <summary>Null when the key was never used.</summary>
    public async Task<CeremonyStored?> FindByKey(IdempotencyRecord record, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var before = await database.IdempotencyKeys.AsNoTracking().SingleOrDefaultAsync(known => known.AgencyId == record.AgencyId && known.Key == record.Key, cancellation);
        if (before is null)
            return null;
        return before.ContentSha256.AsSpan().SequenceEqual(record.ContentSha256)
            ? new CeremonyStored.Before((await Find(database, before.RequestId, cancellation))!)
            : new CeremonyStored.OtherContent();
    }

    /// <summary>Ceremony, places, key and the first turns are one transaction.</summary>
    public async Task<CeremonyStored> Add(Ceremony ceremony, IReadOnlyList<SignerPlace> places, IdempotencyRecord record, CancellationToken cancellation)
    {
        await using (var database = await databases.CreateDbContextAsync(cancellation))
        await using (var transaction = await database.Database.BeginTransactionAsync(cancellation))
        {
            database.Ceremonies.Add(ceremony);
            database.Places.AddRange(places);
            database.IdempotencyKeys.Add(record);
            try
            {
                await database.SaveChangesAsync(cancellation);
                await CeremonyTurns.Advance(database, ceremony.Id, ceremony.CreatedAt);
                await transaction.CommitAsync(CancellationToken.None);
                return new CeremonyStored.Created((await Find(database, ceremony.Id, cancellation))!);
            }
            catch (DbUpdateException e) when (RequestStore.IsTaken(e))
            {
                // The key was used before, or just now by a parallel post: what it made is the answer.
            }
        }

        return await FindByKey(record, cancellation) ?? throw new InvalidOperationException("An Idempotency-Key was taken and is not there.");
    }

    /// <summary>
    /// Keeps the approval page for one person at a time, so that two who sign side by side do not both approve a document that only one of them
    /// can sign as it is. Within <see cref="AskingPatience"/> from the first time a person may come again; then, while others have their turn too,
    /// they have as long. False: another is there or is to be let in, or this request is no longer for the document as it is.
    /// </summary>
    public async Task<bool> BeginAsking(SigningRequest request, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var turns = await database.Places.AsNoTracking().Where(p => p.CeremonyId == request.CeremonyId && p.State == PlaceState.Turn).ToListAsync(cancellation);
        if (turns.SingleOrDefault(place => place.Id == request.PlaceId && place.RequestId == request.Id) is not { } own || Asked(own, turns, now) is not { } since)
            return false;
        var begun = await database.Ceremonies
            .Where(c => c.Id == request.CeremonyId && c.State == CeremonyState.Open && c.Deadline > now && c.Revision == request.CeremonyRevision && c.ActiveRequestId == null
                && (c.AskingRequestId == null || c.AskingRequestId == request.Id || c.AskingUntil < now)
                && database.Places.Any(p => p.Id == request.PlaceId && p.State == PlaceState.Turn && p.RequestId == request.Id && p.AskedAt == own.AskedAt))
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.AskingRequestId, request.Id).SetProperty(x => x.AskingUntil, since + AskingPatience), cancellation) == 1;
        if (!begun)
            return false;
        // A person with two places is one person.
        await database.Places.Where(p => p.CeremonyId == request.CeremonyId && p.Identifier == own.Identifier).ExecuteUpdateAsync(p => p.SetProperty(x => x.AskedAt, since), cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    /// <summary>From when this person's time at the approval page counts; null when it is the others' time.</summary>
    private static DateTimeOffset? Asked(SignerPlace own, IReadOnlyList<SignerPlace> turns, DateTimeOffset now) => own.AskedAt switch
    {
        { } before when before + AskingPatience > now => before,
        { } before when before + AskingPatience + AskingPatience > now && turns.Any(place => place.Identifier != own.Identifier) => null,
        _ => now,
    };

    /// <summary>
    /// Makes this the request at which the place is signed, in place of an earlier one. False when it is not this place's turn, the document has
    /// moved on since <paramref name="request"/> was made from it, or another did the same at the same time.
    /// </summary>
    public async Task<bool> PutRequest(SignerPlace place, SigningRequest request, string name, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var put = await database.Places
            .Where(p => p.Id == place.Id && p.State == PlaceState.Turn && p.RequestId == place.RequestId && database.Ceremonies.Any(c =>
                c.Id == p.CeremonyId && c.State == CeremonyState.Open && c.Deadline > now && c.Revision == request.CeremonyRevision && (c.ActiveRequestId == null || c.ActiveRequestId != place.RequestId)))
            .ExecuteUpdateAsync(p => p.SetProperty(x => x.RequestId, request.Id).SetProperty(x => x.Name, name), cancellation);
        if (put == 0)
            return false;
        await database.Requests
            .Where(r => r.Id == place.RequestId && r.State != RequestState.Signed && r.State != RequestState.Approved && r.State != RequestState.PendingTimestamp)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RequestState.Superseded).SetProperty(x => x.EndedAt, now), cancellation);
        database.Requests.Add(request);
        await database.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    /// <summary>False when it is not, or no longer, this place's turn, or this place's own signature is being made.</summary>
    public async Task<bool> Decline(CeremonyWithPlaces found, SignerPlace place, string? reason, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var id = found.Ceremony.Id;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var declined = await database.Places
            .Where(p => p.Id == place.Id && p.State == PlaceState.Turn && database.Ceremonies.Any(c =>
                c.Id == id && c.State == CeremonyState.Open && c.Deadline > now && (c.ActiveRequestId == null || c.ActiveRequestId != p.RequestId)))
            .ExecuteUpdateAsync(p => p.SetProperty(x => x.State, PlaceState.Declined).SetProperty(x => x.Reason, reason).SetProperty(x => x.EndedAt, now), cancellation);
        if (declined == 0)
            return false;
        audit.Append(new CeremonyPlaceDeclined(id, place.Id));
        await CeremonyTurns.Tell(database, id, CeremonyEventType.Declined, place.Id, now);
        if (found.Ceremony.ContinuesAfterDecline)
            await CeremonyTurns.Advance(database, id, now);
        else
            await database.Ceremonies.Where(c => c.Id == id).ExecuteUpdateAsync(c => c.SetProperty(x => x.State, CeremonyState.Declined).SetProperty(x => x.EndedAt, now), cancellation);
        var ended = await database.Ceremonies.AnyAsync(c => c.Id == id && c.State == CeremonyState.Declined, cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        if (ended)
            audit.Append(new CeremonyEnded(id, SnakeCase.Of(CeremonyState.Declined)));
        return true;
    }

    /// <summary>False when the ceremony is not open any more. A signature that is just being made does not become one.</summary>
    public Task<bool> Cancel(string id, CancellationToken cancellation) =>
        End(id, CeremonyState.Cancelled, CeremonyEventType.Cancelled, database => database.Ceremonies.Where(c => c.Id == id && c.State == CeremonyState.Open), cancellation);

    /// <summary>Ends what nobody can sign any more. A signature that is being made by then may still come to its end.</summary>
    public async Task ExpireDue(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        IReadOnlyList<string> due;
        await using (var database = await databases.CreateDbContextAsync(cancellation))
            due = await database.Ceremonies.Where(c => c.State == CeremonyState.Open && c.Deadline <= now && c.ActiveRequestId == null)
                .OrderBy(c => c.Deadline).Select(c => c.Id).Take(AtOnce).ToListAsync(cancellation);
        foreach (var id in due)
        {
            await End(id, CeremonyState.Expired, CeremonyEventType.Expired,
                database => database.Ceremonies.Where(c => c.Id == id && c.State == CeremonyState.Open && c.Deadline <= now && c.ActiveRequestId == null), cancellation);
        }
    }

    /// <summary>Once, for ceremonies whose deadline is near: an event for each whose turn it is.</summary>
    public async Task RemindDue(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var due = await database.Ceremonies.Where(c => c.State == CeremonyState.Open && c.RemindAt != null && c.RemindAt <= now && c.Deadline > now)
            .OrderBy(c => c.RemindAt).Select(c => c.Id).Take(AtOnce).ToListAsync(cancellation);
        foreach (var id in due)
        {
            await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
            if (await database.Ceremonies.Where(c => c.Id == id && c.State == CeremonyState.Open && c.RemindAt != null)
                .ExecuteUpdateAsync(c => c.SetProperty(x => x.RemindAt, (DateTimeOffset?)null), cancellation) == 0)
                continue;
            foreach (var place in await database.Places.Where(p => p.CeremonyId == id && p.State == PlaceState.Turn).OrderBy(p => p.Number).Select(p => p.Id).ToListAsync(cancellation))
                await CeremonyTurns.Tell(database, id, CeremonyEventType.Reminder, place, now);
            await transaction.CommitAsync(CancellationToken.None);
        }
    }

    private const int AtOnce = 100;

    private async Task<bool> End(
        string id, CeremonyState state, CeremonyEventType type, Func<SigningDatabase, IQueryable<Ceremony>> from, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        if (await from(database).ExecuteUpdateAsync(c => c.SetProperty(x => x.State, state).SetProperty(x => x.EndedAt, now), cancellation) == 0)
            return false;
        await CeremonyTurns.Tell(database, id, type, null, now);
        await transaction.CommitAsync(CancellationToken.None);
        audit.Append(new CeremonyEnded(id, SnakeCase.Of(state)));
        return true;
    }

    private static async Task<CeremonyWithPlaces?> Find(SigningDatabase database, string id, CancellationToken cancellation) =>
        await database.Ceremonies.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation) is { } ceremony
            ? new CeremonyWithPlaces(ceremony, await database.Places.AsNoTracking().Where(p => p.CeremonyId == id).OrderBy(p => p.Number).ToListAsync(cancellation))
            : null;
}
