using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Documents;

/// <summary>
/// Removes documents whose time is over: of ended requests after the retention time, of requests that nobody signed in time after
/// the same, uploads that were never finished, and files that no request knows. Records stay; they hold hashes, not documents. Sessions go when
/// their time is over.
/// </summary>
public sealed class RetentionSweep(
    IDbContextFactory<SigningDatabase> databases, DocumentStore documents, OpenSessions sessions, SigningSettings settings, TimeProvider time, ILogger<RetentionSweep> log)
    : BackgroundService
{
    private const int AtOnce = 100;
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    public async Task<int> Sweep(CancellationToken cancellation)
    {
        await sessions.RemoveExpired(cancellation);
        var now = time.GetUtcNow();
        var removed = documents.RemoveAbandonedStaging(now - AbandonedAfter);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var over = await database.Requests
            .Where(r => !r.DocumentsRemoved && (r.CeremonyId == null || database.Ceremonies.Any(c => c.Id == r.CeremonyId && c.DocumentsRemoved)) && r.State != RequestState.Approved && r.State != RequestState.PendingTimestamp
                && ((r.State == RequestState.Signed && r.EndedAt < now - settings.Retention)
                    || (r.State != RequestState.Signed && r.ExpiresAt < now - settings.Retention)))
            .OrderBy(r => r.ExpiresAt).Select(r => r.Id).Take(AtOnce).ToListAsync(cancellation);
        foreach (var id in over)
        {
            // The record first: a crash between leaves files without a living request, which the next round removes.
            await database.Requests.Where(r => r.Id == id && r.State != RequestState.Approved && r.State != RequestState.PendingTimestamp).ExecuteUpdateAsync(
                r => r.SetProperty(x => x.DocumentsRemoved, true)
                    .SetProperty(x => x.State, x => x.State == RequestState.Signed ? RequestState.Signed : RequestState.Expired),
                cancellation);
            documents.Remove(id);
            removed++;
        }

        removed += await SweepCeremonies(database, now - settings.Retention, cancellation);
        await ForgetPasswords(database, now, cancellation);
        return removed + await RemoveUnknown(database, now - AbandonedAfter, cancellation);
    }

    /// <summary>Documents are kept for a while after the end; what opens them is not.</summary>
    private async Task ForgetPasswords(SigningDatabase database, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var ids in documents.Passwords.Kept().Chunk(AtOnce))
        {
            var needed = await database.Requests
                .Where(r => ids.Contains(r.Id) && (r.State == RequestState.Approved || r.State == RequestState.PendingTimestamp || (r.State != RequestState.Signed && r.ExpiresAt > now)))
                .Select(r => r.Id)
                // A failed one may be archived again for as long as its documents are here.
                .Concat(database.Ceremonies.Where(c => ids.Contains(c.Id) && !c.DocumentsRemoved
                    && (c.State == CeremonyState.Open || c.State == CeremonyState.Archiving || c.State == CeremonyState.Failed)).Select(c => c.Id))
                .ToListAsync(cancellation);
            foreach (var id in ids.Except(needed))
                documents.Passwords.ForgetBefore(id, now - AbandonedAfter);
        }
    }

    // As long as a ceremony lasts its last signature is what the next one signs, however old; its requests' documents go after its own.
    private async Task<int> SweepCeremonies(SigningDatabase database, DateTimeOffset before, CancellationToken cancellation)
    {
        var over = await database.Ceremonies.Where(c => !c.DocumentsRemoved && c.EndedAt != null && c.EndedAt < before && c.State != CeremonyState.Archiving)
            .OrderBy(c => c.EndedAt).Select(c => c.Id).Take(AtOnce).ToListAsync(cancellation);
        foreach (var id in over)
        {
            if (await database.Ceremonies.Where(c => c.Id == id && c.State != CeremonyState.Archiving).ExecuteUpdateAsync(c => c.SetProperty(x => x.DocumentsRemoved, true), cancellation) == 1)
                documents.Remove(id);
        }

        return over.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BetweenRounds, time);
        try
        {
            do
            {
                try
                {
                    await Sweep(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    log.LogError(e, "The sweep of old documents broke off; the next one goes on");
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task<int> RemoveUnknown(SigningDatabase database, DateTimeOffset before, CancellationToken cancellation)
    {
        var removed = 0;
        foreach (var ids in documents.Kept(before).Chunk(AtOnce))
        {
            var known = await database.Requests.Where(r => ids.Contains(r.Id) && !r.DocumentsRemoved).Select(r => r.Id).ToListAsync(cancellation);
            known.AddRange(await database.Ceremonies.Where(c => ids.Contains(c.Id) && !c.DocumentsRemoved).Select(c => c.Id).ToListAsync(cancellation));
            foreach (var id in ids.Except(known))
            {
                documents.Remove(id);
                removed++;
            }
        }

        return removed;
    }
}
