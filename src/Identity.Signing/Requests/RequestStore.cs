using Identity.Signing.Ceremonies;
using Identity.Signing.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Requests;

/// <summary>What came of storing an agency's request under its Idempotency-Key.</summary>
public abstract record AgencyRequestStored
{
    private AgencyRequestStored() { }

    public sealed record Created(SigningRequest Request) : AgencyRequestStored;

    /// <summary>The same content was posted under this key before: this is its request.</summary>
    public sealed record Before(SigningRequest Request) : AgencyRequestStored;

    public sealed record OtherContent : AgencyRequestStored;
}

/// <summary>
/// Requests and their states. Each change of state is one conditional UPDATE that names the state it starts from, so two
/// callers, also in two processes, cannot both make it. Durable when the method returns (SQLite WAL, synchronous FULL).
/// </summary>
public sealed class RequestStore(IDbContextFactory<SigningDatabase> databases)
{
    private const int ListedRequests = 50;

    public async Task<SigningRequest?> Find(string id, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Requests.AsNoTracking().SingleOrDefaultAsync(request => request.Id == id, cancellation);
    }

    /// <summary>Of a batch, its first document.</summary>
    public async Task<IReadOnlyList<SigningRequest>> NewestOf(string personSubject, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Requests.AsNoTracking()
            .Where(request => request.PersonSubject == personSubject && request.BatchPosition == 0 && request.State != RequestState.Superseded)
            .OrderByDescending(request => request.CreatedAt).Take(ListedRequests)
            .ToListAsync(cancellation);
    }

    /// <summary>All or none.</summary>
    public async Task Add(IReadOnlyList<SigningRequest> added, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        database.Requests.AddRange(added);
        await database.SaveChangesAsync(cancellation);
    }

    /// <summary>Request and key are one transaction; of two at once the primary key lets one through and the other reads it.</summary>
    public async Task<AgencyRequestStored> AddForAgency(SigningRequest request, IdempotencyRecord record, CancellationToken cancellation)
    {
        await using (var database = await databases.CreateDbContextAsync(cancellation))
        {
            database.Requests.Add(request);
            database.IdempotencyKeys.Add(record);
            try
            {
                await database.SaveChangesAsync(cancellation);
                return new AgencyRequestStored.Created(request);
            }
            catch (DbUpdateException e) when (IsTaken(e))
            {
                // The key was used before, or just now by a parallel post: what it made is the answer.
            }
        }

        return await FindByKey(record, cancellation)
            ?? throw new InvalidOperationException("An Idempotency-Key was taken and is not there.");
    }

    /// <summary>Null when the key was never used.</summary>
    public async Task<AgencyRequestStored?> FindByKey(IdempotencyRecord record, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var before = await database.IdempotencyKeys.AsNoTracking()
            .SingleOrDefaultAsync(known => known.AgencyId == record.AgencyId && known.Key == record.Key, cancellation);
        if (before is null)
            return null;
        if (!before.ContentSha256.AsSpan().SequenceEqual(record.ContentSha256))
            return new AgencyRequestStored.OtherContent();
        return new AgencyRequestStored.Before(await database.Requests.AsNoTracking().SingleAsync(r => r.Id == before.RequestId, cancellation));
    }

    /// <summary>Binds the request to the first person who opens it; false when it belongs to another.</summary>
    public async Task<bool> BindPerson(SigningRequest request, string subject, string identifier, CancellationToken cancellation)
    {
        if (request.RequiredSigner is not null && request.RequiredSigner != identifier)
            return false;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Requests.Where(r => r.Id == request.Id && r.PersonSubject == null)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.PersonSubject, subject).SetProperty(x => x.PersonIdentifier, identifier), cancellation);
        return await database.Requests.AnyAsync(r => r.Id == request.Id && r.PersonSubject == subject, cancellation);
    }

    public async Task MarkShown(string id, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Requests.Where(r => r.Id == id && r.State == RequestState.Received)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RequestState.Shown), cancellation);
    }

    /// <summary>False when the request is being signed, is signed, or is over.</summary>
    /// <param name="form">What the person is going to approve: what they chose is kept before anybody asks them.</param>
    public async Task<bool> AskApproval(string id, string? form, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Requests
            .Where(r => r.Id == id && r.ExpiresAt > now && !r.DocumentsRemoved
                && (r.State == RequestState.Received || r.State == RequestState.Shown
                    || r.State == RequestState.ApprovalAsked || r.State == RequestState.Failed))
            .ExecuteUpdateAsync(
                r => r.SetProperty(x => x.State, RequestState.ApprovalAsked)
                    .SetProperty(x => x.Form, form)
                    .SetProperty(x => x.Failure, (FailureReason?)null)
                    .SetProperty(x => x.EndedAt, (DateTimeOffset?)null),
                cancellation) == 1;
    }

    /// <summary>The person said no, or the Provider could not ask: back to where they can ask again.</summary>
    public async Task WithdrawApproval(string id, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Requests
            .Where(r => r.Id == id && r.State == RequestState.ApprovalAsked && !database.Approvals.Any(a => a.RequestId == id && a.EndedAt == null))
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RequestState.Shown), cancellation);
        await CeremonyTurns.StopAsking(database, id);
    }

    internal static bool IsTaken(DbUpdateException failure) =>
        // SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE
        failure.InnerException is SqliteException { SqliteExtendedErrorCode: 1555 or 2067 };
}
