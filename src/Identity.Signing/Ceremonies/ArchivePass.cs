using Identity.Audit;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Ceremonies;

/// <summary>
/// When all have signed: one security store and one document time-stamp for all signatures (EN 319 142-1 6.3). Tried again while a neighbour is
/// down, for as long as signatures may wait; then the ceremony fails visibly, with all signatures kept, and the agency can have it tried again.
/// Never given out at a lower level. A crash in the midst leaves a claim that ends by itself and a file that nobody was told of, which the next
/// pass removes.
/// </summary>
public sealed class ArchivePass(
    IDbContextFactory<SigningDatabase> databases, SignerRequests signers, DocumentStore documents, ExtendDocument extend, SigningSettings settings, CeremonyAudit records)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private sealed record Passed(DocumentBytes? Document, FailureReason? Obstacle, string Detail);

    public async Task TryDue(CancellationToken cancellation)
    {
        var now = records.Time.GetUtcNow();
        IReadOnlyList<Ceremony> due;
        await using (var database = await databases.CreateDbContextAsync(cancellation))
        {
            due = await database.Ceremonies.AsNoTracking().Where(c => c.State == CeremonyState.Archiving && c.NextTryAt != null && c.NextTryAt <= now)
                .OrderBy(c => c.NextTryAt).ToListAsync(cancellation);
        }

        var timestampsAreAway = false;
        await FairRound.Run(FairRound.InTurn(due, ceremony => ceremony.AgencyId), async ceremony =>
        {
            if (Volatile.Read(ref timestampsAreAway) && ceremony.Failure == FailureReason.TimestampUnavailable && MayWaitLonger(ceremony))
                return;
            if (await Claim(ceremony, cancellation) is { } claimed && await Try(claimed, cancellation) == FailureReason.TimestampUnavailable)
                Volatile.Write(ref timestampsAreAway, true);
        }, cancellation);
    }

    /// <summary>For an agency whose ceremony failed here: nobody has to sign again.</summary>
    public async Task<bool> Again(string id, CancellationToken cancellation)
    {
        var now = records.Time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Ceremonies.Where(c => c.Id == id && c.State == CeremonyState.Failed && !c.DocumentsRemoved)
            .ExecuteUpdateAsync(c => c
                .SetProperty(x => x.State, CeremonyState.Archiving).SetProperty(x => x.AllSignedAt, now).SetProperty(x => x.EndedAt, (DateTimeOffset?)null)
                .SetProperty(x => x.NextTryAt, now).SetProperty(x => x.Tries, 0), cancellation) == 1;
    }

    /// <summary>For exactly one caller: it has the signing deadline to itself, then another may try.</summary>
    private async Task<Ceremony?> Claim(Ceremony ceremony, CancellationToken cancellation)
    {
        var (until, attempt) = (records.Time.GetUtcNow() + settings.SigningDeadline, RequestId.Next());
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var claimed = await database.Ceremonies
            .Where(c => c.Id == ceremony.Id && c.State == CeremonyState.Archiving && c.NextTryAt == ceremony.NextTryAt && c.Attempt == ceremony.Attempt)
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.NextTryAt, until).SetProperty(x => x.Tries, x => x.Tries + 1).SetProperty(x => x.Attempt, attempt), cancellation) == 1;
        if (!claimed)
            return null;
        if (ceremony.Attempt is { } before)
            documents.RemoveSigned(ceremony.Id, before);
        return await database.Ceremonies.AsNoTracking().SingleAsync(c => c.Id == ceremony.Id, cancellation);
    }

    /// <returns>what it waits for, or why it failed; null when it is done</returns>
    private async Task<FailureReason?> Try(Ceremony ceremony, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(settings.SigningDeadline / 2);
        var operation = records.Begin(ceremony);
        try
        {
            using var document = await signers.Current(ceremony, cancellation);
            var passed = await Pass(ceremony, document, deadline.Token);
            if (passed.Obstacle is { } obstacle)
            {
                operation.Complete(AuditOutcome.Failed, SnakeCase.Of(obstacle));
                await Give(ceremony, obstacle, passed.Detail);
            }
            else
            {
                operation.Complete(await Complete(ceremony, passed.Document!) ? AuditOutcome.Succeeded : AuditOutcome.Refused);
            }

            return passed.Obstacle;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            operation.Complete(AuditOutcome.Failed, SnakeCase.Of(FailureReason.InternalError));
            records.BrokeOff(ceremony, e);
            await Give(ceremony, FailureReason.InternalError, e.GetType().Name);
            return FailureReason.InternalError;
        }
    }

    private async Task<Passed> Pass(Ceremony ceremony, DocumentBytes? document, CancellationToken cancellation)
    {
        if (document is null)
            return new Passed(null, FailureReason.DocumentChanged, "document_changed");
        // Each signature got its time when it was made.
        if (ceremony.Level == PadesLevel.T)
            return new Passed(document, null, "");
        switch (OpenedDocument.Open(document, ValidationData.None, despiteCertification: false))
        {
            case Opening.Refused refused:
                return new Passed(null, FailureReason.DocumentUnsuitable, SnakeCase.Of(refused.Reason));
            case Opening.Done { Document: var opened }:
                return await extend.Run(opened, ceremony.Level, cancellation) switch
                {
                    Extended.Done done => new Passed(done.Document, null, ""),
                    Extended.Failed failed => new Passed(null, failed.Reason, failed.Detail),
                    _ => throw new InvalidOperationException("A document is extended or not."),
                };
            default:
                throw new InvalidOperationException("A document is opened or refused.");
        }
    }

    /// <summary>The file is on disk before the record says so.</summary>
    private async Task<bool> Complete(Ceremony ceremony, DocumentBytes finished)
    {
        var (sha256, length) = documents.KeepSigned(ceremony.Id, ceremony.Attempt!, finished);
        var now = records.Time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var completed = await database.Ceremonies.Where(c => c.Id == ceremony.Id && c.State == CeremonyState.Archiving && c.Attempt == ceremony.Attempt)
            .ExecuteUpdateAsync(c => c
                .SetProperty(x => x.State, CeremonyState.Completed).SetProperty(x => x.Failure, (FailureReason?)null).SetProperty(x => x.NextTryAt, (DateTimeOffset?)null)
                .SetProperty(x => x.SignedSha256, sha256).SetProperty(x => x.SignedLength, length).SetProperty(x => x.EndedAt, now));
        if (completed == 0)
        {
            documents.RemoveSigned(ceremony.Id, ceremony.Attempt!);
            return false;
        }

        await CeremonyTurns.Tell(database, ceremony.Id, CeremonyEventType.Completed, null, now);
        await transaction.CommitAsync();
        records.Ended(ceremony.Id, CeremonyState.Completed);
        return true;
    }

    /// <summary>Waits for the next try, or fails visibly.</summary>
    private async Task Give(Ceremony ceremony, FailureReason obstacle, string detail)
    {
        var now = records.Time.GetUtcNow();
        var waits = obstacle is FailureReason.TimestampUnavailable or FailureReason.TimestampRefused or FailureReason.StatusUnavailable or FailureReason.StatusRefused or FailureReason.InternalError
            && MayWaitLonger(ceremony);
        records.Obstacle(ceremony, obstacle, detail, waits);
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var mine = database.Ceremonies.Where(c => c.Id == ceremony.Id && c.State == CeremonyState.Archiving && c.Attempt == ceremony.Attempt);
        var next = now + Pause(ceremony.Tries - 1);
        if (waits)
        {
            await mine.ExecuteUpdateAsync(c => c.SetProperty(x => x.NextTryAt, next).SetProperty(x => x.Failure, obstacle));
        }
        else if (await mine.ExecuteUpdateAsync(c => c
            .SetProperty(x => x.State, CeremonyState.Failed).SetProperty(x => x.Failure, obstacle).SetProperty(x => x.NextTryAt, (DateTimeOffset?)null).SetProperty(x => x.EndedAt, now)) == 1)
        {
            await CeremonyTurns.Tell(database, ceremony.Id, CeremonyEventType.Failed, null, now);
            records.Ended(ceremony.Id, CeremonyState.Failed);
        }

        await transaction.CommitAsync();
    }

    private bool MayWaitLonger(Ceremony ceremony) => records.Time.GetUtcNow() < ceremony.AllSignedAt + settings.PendingFor;

    private static TimeSpan Pause(int tries) => tries > 5 || FirstPause * (1 << tries) > LongestPause ? LongestPause : FirstPause * (1 << tries);
}
