using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Ceremonies;

/// <summary>
/// The steps of ceremonies that belong to a step of a request: made in the same transaction, so that a crash leaves both or none. A request that
/// serves no ceremony passes through.
/// </summary>
internal static class CeremonyTurns
{
    /// <summary>
    /// The approval of this request is being taken. False when the ceremony is over, its document has moved on, or another's signature is being
    /// made: then nothing may be signed with this approval.
    /// </summary>
    public static async Task<bool> Begin(SigningDatabase database, string requestId, DateTimeOffset now)
    {
        var request = await database.Requests.AsNoTracking().SingleAsync(r => r.Id == requestId);
        return request.CeremonyId is not { } id || await database.Ceremonies
            .Where(c => c.Id == id && c.State == CeremonyState.Open && c.Deadline > now && c.Revision == request.CeremonyRevision && c.ActiveRequestId == null
                && database.Places.Any(p => p.Id == request.PlaceId && p.State == PlaceState.Turn && p.RequestId == requestId))
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.ActiveRequestId, requestId).SetProperty(x => x.AskingRequestId, (string?)null).SetProperty(x => x.AskingUntil, (DateTimeOffset?)null)) == 1;
    }

    /// <summary>The request is signed: the document moves on, and with it whose turn it is. False when the ceremony ended meanwhile.</summary>
    public static async Task<bool> Sign(SigningDatabase database, string requestId, DateTimeOffset now)
    {
        var request = await database.Requests.AsNoTracking().SingleAsync(r => r.Id == requestId);
        if (request.CeremonyId is not { } id)
            return true;
        var moved = await database.Ceremonies.Where(c => c.Id == id && c.State == CeremonyState.Open && c.ActiveRequestId == requestId)
            .ExecuteUpdateAsync(c => c
                .SetProperty(x => x.Revision, x => x.Revision + 1)
                .SetProperty(x => x.CurrentRequestId, requestId)
                .SetProperty(x => x.ActiveRequestId, (string?)null));
        if (moved == 0)
            return false;
        await database.Places.Where(p => p.Id == request.PlaceId).ExecuteUpdateAsync(p => p.SetProperty(x => x.State, PlaceState.Signed).SetProperty(x => x.EndedAt, now));
        await Tell(database, id, CeremonyEventType.Signed, request.PlaceId, now);
        await Advance(database, id, now);
        return true;
    }

    /// <summary>The signature of this request came to nothing: others may go on.</summary>
    public static async Task Release(SigningDatabase database, string requestId)
    {
        await database.Ceremonies.Where(c => c.ActiveRequestId == requestId).ExecuteUpdateAsync(c => c.SetProperty(x => x.ActiveRequestId, (string?)null));
        await StopAsking(database, requestId);
    }

    /// <summary>The person of this request is not at the approval page any more. A signature that is being made goes on.</summary>
    public static Task StopAsking(SigningDatabase database, string requestId) => database.Ceremonies.Where(c => c.AskingRequestId == requestId)
        .ExecuteUpdateAsync(c => c.SetProperty(x => x.AskingRequestId, (string?)null).SetProperty(x => x.AskingUntil, (DateTimeOffset?)null));

    /// <summary>A place of the current order is done: when all of them are, the next order's turn comes, or the end.</summary>
    public static async Task Advance(SigningDatabase database, string id, DateTimeOffset now)
    {
        var places = await database.Places.AsNoTracking().Where(p => p.CeremonyId == id).OrderBy(p => p.Number).ToListAsync();
        if (places.Any(place => place.State == PlaceState.Turn))
            return;
        if (places.Where(place => place.State == PlaceState.Waiting).ToList() is { Count: > 0 } waiting)
        {
            var order = waiting.Min(place => place.Order);
            await database.Places.Where(p => p.CeremonyId == id && p.Order == order && p.State == PlaceState.Waiting)
                .ExecuteUpdateAsync(p => p.SetProperty(x => x.State, PlaceState.Turn));
            foreach (var place in waiting.Where(place => place.Order == order))
                await Tell(database, id, CeremonyEventType.Turn, place.Id, now);
            return;
        }

        if (places.All(place => place.State == PlaceState.Declined))
        {
            // Each was told as it came; there is nothing to give out.
            await database.Ceremonies.Where(c => c.Id == id).ExecuteUpdateAsync(c => c.SetProperty(x => x.State, CeremonyState.Declined).SetProperty(x => x.EndedAt, now));
            return;
        }

        await database.Ceremonies.Where(c => c.Id == id && c.State == CeremonyState.Open)
            .ExecuteUpdateAsync(c => c
                .SetProperty(x => x.State, CeremonyState.Archiving)
                .SetProperty(x => x.AllSignedAt, now)
                .SetProperty(x => x.RemindAt, (DateTimeOffset?)null)
                .SetProperty(x => x.NextTryAt, now));
    }

    /// <summary>Remembers an event for the agency, when it wants to be told.</summary>
    public static async Task Tell(SigningDatabase database, string id, CeremonyEventType type, string? placeId, DateTimeOffset now)
    {
        if (await database.Ceremonies.Where(c => c.Id == id && c.WebhookUrl != null).ExecuteUpdateAsync(c => c.SetProperty(x => x.Events, x => x.Events + 1)) == 0)
            return;
        var number = await database.Ceremonies.Where(c => c.Id == id).Select(c => c.Events).SingleAsync();
        database.CeremonyEvents.Add(new CeremonyEvent { Id = RequestId.Next(), CeremonyId = id, Number = number, Type = type, PlaceId = placeId, CreatedAt = now, NextTryAt = now });
        await database.SaveChangesAsync();
    }
}
