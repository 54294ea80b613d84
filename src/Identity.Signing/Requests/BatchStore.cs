using Identity.Signing.Approvals;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Requests;

/// <summary>
/// Documents that one person approves together: requests that share an identifier, in the order in which they came. Each has its own state and
/// is changed as <see cref="RequestStore"/> changes one.
/// </summary>
public sealed class BatchStore(IDbContextFactory<SigningDatabase> databases, RequestStore requests)
{
    /// <summary>Null when there is none.</summary>
    public async Task<Batch?> Find(string id, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Requests.AsNoTracking().Where(request => request.BatchId == id).OrderBy(request => request.BatchPosition).ToListAsync(cancellation) is { Count: > 0 } documents
            ? new Batch(id, documents)
            : null;
    }

    /// <summary>All requests and the key are one transaction, as for a request by itself. Null: the key was used for other content.</summary>
    public async Task<(Batch Batch, bool Created)?> AddForAgency(Batch batch, IdempotencyRecord record, CancellationToken cancellation)
    {
        await using (var database = await databases.CreateDbContextAsync(cancellation))
        {
            database.Requests.AddRange(batch.Documents);
            database.IdempotencyKeys.Add(record);
            try
            {
                await database.SaveChangesAsync(cancellation);
                return (batch, true);
            }
            catch (DbUpdateException e) when (RequestStore.IsTaken(e))
            {
                // The key was used before, or just now by a parallel post: what it made is the answer.
            }
        }

        return await FindByKey(record, cancellation) is { Batch: { } before } ? (before, false) : null;
    }

    /// <summary>Null when the key was never used; without a batch when it was used for other content.</summary>
    public async Task<(Batch? Batch, bool Known)?> FindByKey(IdempotencyRecord record, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var before = await database.IdempotencyKeys.AsNoTracking().SingleOrDefaultAsync(known => known.AgencyId == record.AgencyId && known.Key == record.Key, cancellation);
        if (before is null)
            return null;
        return before.ContentSha256.AsSpan().SequenceEqual(record.ContentSha256) ? (await Find(before.RequestId, cancellation), true) : (null, true);
    }

    /// <summary>Binds all documents to the first person who opens the batch; false when they belong to another.</summary>
    public async Task<bool> BindPerson(Batch batch, string subject, string identifier, CancellationToken cancellation)
    {
        if (batch.Documents.Any(document => document.RequiredSigner is not null && document.RequiredSigner != identifier))
            return false;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Requests.Where(r => r.BatchId == batch.Id && r.PersonSubject == null)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.PersonSubject, subject).SetProperty(x => x.PersonIdentifier, identifier), cancellation);
        return await database.Requests.AllAsync(r => r.BatchId != batch.Id || r.PersonSubject == subject, cancellation);
    }

    /// <summary>Asks for those documents that are not signed, under way or over; null when there is none.</summary>
    public async Task<ApprovalSubject?> AskApproval(string id, DateTimeOffset now, CancellationToken cancellation)
    {
        await using (var database = await databases.CreateDbContextAsync(cancellation))
        {
            await database.Requests
                .Where(r => r.BatchId == id && r.ExpiresAt > now && !r.DocumentsRemoved
                    && (r.State == RequestState.Received || r.State == RequestState.Shown || r.State == RequestState.ApprovalAsked || r.State == RequestState.Failed))
                .ExecuteUpdateAsync(
                    r => r.SetProperty(x => x.State, RequestState.ApprovalAsked).SetProperty(x => x.Failure, (FailureReason?)null).SetProperty(x => x.EndedAt, (DateTimeOffset?)null),
                    cancellation);
        }

        return await Asked(new ApprovalSubject(true, id, []), cancellation);
    }

    /// <summary>What an approval that comes back is for: null when that is not there, or no longer waits for one.</summary>
    public Task<ApprovalSubject?> Asked(string? path, CancellationToken cancellation) =>
        ApprovalSubject.Read(path) is { } subject ? Asked(subject, cancellation) : Task.FromResult<ApprovalSubject?>(null);

    /// <summary>The person said no, or the Provider could not ask: back to where they can ask again.</summary>
    public async Task WithdrawApproval(ApprovalSubject subject, CancellationToken cancellation)
    {
        if (!subject.IsBatch)
        {
            await requests.WithdrawApproval(subject.Id, cancellation);
            return;
        }

        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Requests
            .Where(r => r.BatchId == subject.Id && r.State == RequestState.ApprovalAsked && !database.Approvals.Any(a => a.RequestId == r.Id && a.EndedAt == null))
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RequestState.Shown), cancellation);
    }

    private async Task<ApprovalSubject?> Asked(ApprovalSubject subject, CancellationToken cancellation)
    {
        if (!subject.IsBatch)
            return await requests.Find(subject.Id, cancellation) is { } request ? ApprovalSubject.Of(request) : null;
        var asked = (await Find(subject.Id, cancellation))?.Documents.Where(document => document.State == RequestState.ApprovalAsked).ToList();
        return asked is { Count: > 0 } ? subject with { Requests = asked } : null;
    }
}
