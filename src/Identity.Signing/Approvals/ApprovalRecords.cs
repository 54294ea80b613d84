using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Approvals;

/// <summary>
/// Approvals stored before use, taken once, ended once. A crash after <see cref="Take"/> leaves a row with TakenAt and without
/// EndedAt: the repair at start finds it and makes the request visibly failed.
/// </summary>
public sealed class ApprovalRecords(IDbContextFactory<SigningDatabase> databases, SigningSettings settings, TimeProvider time)
{
    /// <summary>Durable when it returns; false when this approval was stored before, for whatever request.</summary>
    public async Task<bool> Store(StoredApproval approval, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        if (await database.Approvals.AnyAsync(stored => stored.ApprovalId == approval.ApprovalId, cancellation))
            return false;
        database.Approvals.Add(approval);
        try
        {
            await database.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateException e) when (RequestStore.IsTaken(e))
        {
            // Of two at once, the primary key let the other through.
            return false;
        }
    }

    /// <summary>Read anew from the database: what is verified is what is kept.</summary>
    public async Task<(StoredApproval Approval, SigningRequest Request)?> Find(string approvalId, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var approval = await database.Approvals.AsNoTracking().SingleOrDefaultAsync(stored => stored.ApprovalId == approvalId, cancellation);
        return approval is null
            ? null
            : (approval, await database.Requests.AsNoTracking().SingleAsync(request => request.Id == approval.RequestId, cancellation));
    }

    /// <summary>Whether an approval of this request waits or is in use.</summary>
    public async Task<bool> IsUnderWay(string requestId, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.AnyAsync(approval => approval.RequestId == requestId && approval.EndedAt == null, cancellation);
    }

    /// <summary>
    /// Takes the approval for its request: both rows change or none. True for exactly one caller per approval, and for one
    /// approval at a time per request.
    /// </summary>
    public async Task<bool> Take(StoredApproval approval, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var instance = settings.Instance;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var taken = await database.Approvals
            .Where(a => a.ApprovalId == approval.ApprovalId && a.TakenAt == null && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.TakenAt, now).SetProperty(x => x.TakenBy, instance), cancellation);
        var begun = taken == 0 ? 0 : await database.Requests
            .Where(r => r.Id == approval.RequestId && r.State == RequestState.ApprovalAsked)
            .ExecuteUpdateAsync(
                r => r.SetProperty(x => x.State, RequestState.Approved).SetProperty(x => x.ApprovalId, approval.ApprovalId), cancellation);
        if (begun == 0 || !await CeremonyTurns.Begin(database, approval.RequestId, now))
            return false;
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>False when the request was meanwhile called failed: then there is no signature, and the caller removes its file.</summary>
    public async Task<bool> EndSigned(StoredApproval approval, string certificateSerial, byte[] signedSha256, long signedLength)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var signed = await database.Requests
            .Where(r => r.Id == approval.RequestId && (r.State == RequestState.Approved || r.State == RequestState.PendingTimestamp) && r.ApprovalId == approval.ApprovalId)
            .ExecuteUpdateAsync(r => r
                .SetProperty(x => x.State, RequestState.Signed)
                .SetProperty(x => x.Failure, (FailureReason?)null)
                .SetProperty(x => x.CertificateSerial, certificateSerial)
                .SetProperty(x => x.SignedSha256, signedSha256)
                .SetProperty(x => x.SignedLength, signedLength)
                .SetProperty(x => x.EndedAt, now));
        if (signed == 0 || !await CeremonyTurns.Sign(database, approval.RequestId, now))
            return false;
        await End(database, approval.ApprovalId, "signed", now);
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Ends the approval, and with it the request if this approval is the one under way.</summary>
    public async Task EndFailed(StoredApproval approval, FailureReason reason)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        await End(database, approval.ApprovalId, SnakeCase.Of(reason), now);
        await database.Requests
            .Where(r => r.Id == approval.RequestId
                && (r.State == RequestState.ApprovalAsked
                    || ((r.State == RequestState.Approved || r.State == RequestState.PendingTimestamp) && r.ApprovalId == approval.ApprovalId)))
            .ExecuteUpdateAsync(r => r
                .SetProperty(x => x.State, RequestState.Failed)
                .SetProperty(x => x.Failure, reason)
                .SetProperty(x => x.EndedAt, now));
        await CeremonyTurns.Release(database, approval.RequestId);
        await transaction.CommitAsync();
    }

    /// <summary>Another approval of the same request came first; the request is not touched.</summary>
    public async Task EndUnused(StoredApproval approval)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await database.Approvals.Where(a => a.ApprovalId == approval.ApprovalId && a.TakenAt == null && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, "unused"));
    }

    /// <summary>Stored, never taken, not ended: work that a stop or a full queue left behind.</summary>
    public async Task<IReadOnlyList<string>> Waiting(CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.Where(a => a.EndedAt == null && a.TakenAt == null)
            .OrderBy(a => a.StoredAt).Select(a => a.ApprovalId).ToListAsync(cancellation);
    }

    /// <summary>Taken and not ended: too long ago by any copy of the service or, asked before this copy signs anything, by itself.</summary>
    public async Task<IReadOnlyList<StoredApproval>> Interrupted(bool ownToo, CancellationToken cancellation)
    {
        var takenBefore = time.GetUtcNow() - settings.SigningDeadline;
        var instance = ownToo ? settings.Instance : null;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.AsNoTracking()
            .Where(a => a.EndedAt == null && a.TakenAt != null && a.NextTryAt == null && (a.TakenAt < takenBefore || a.TakenBy == instance))
            .ToListAsync(cancellation);
    }

    /// <summary>
    /// The signature is kept on disk and waits: both rows change or none. False when the request was meanwhile called failed. A crash before
    /// this leaves an interrupted signature, a crash after it one that is tried again.
    /// </summary>
    public async Task<bool> KeepPending(StoredApproval approval, FailureReason obstacle, DateTimeOffset nextTry)
    {
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var waiting = await database.Requests
            .Where(r => r.Id == approval.RequestId && (r.State == RequestState.Approved || r.State == RequestState.PendingTimestamp) && r.ApprovalId == approval.ApprovalId)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RequestState.PendingTimestamp).SetProperty(x => x.Failure, obstacle));
        if (waiting == 0)
            return false;
        await database.Approvals.Where(a => a.ApprovalId == approval.ApprovalId && a.EndedAt == null).ExecuteUpdateAsync(a => a.SetProperty(x => x.NextTryAt, nextTry));
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Approvals whose kept signature is to be tried again by now.</summary>
    public async Task<IReadOnlyList<StoredApproval>> PendingDue(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.AsNoTracking().Where(a => a.EndedAt == null && a.NextTryAt != null && a.NextTryAt <= now)
            .OrderBy(a => a.NextTryAt).ToListAsync(cancellation);
    }

    /// <summary>True for exactly one caller: it has the signing deadline to itself, then another may try.</summary>
    public async Task<bool> ClaimPending(StoredApproval approval, CancellationToken cancellation)
    {
        var until = time.GetUtcNow() + settings.SigningDeadline;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals
            .Where(a => a.ApprovalId == approval.ApprovalId && a.EndedAt == null && a.NextTryAt == approval.NextTryAt)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.NextTryAt, until).SetProperty(x => x.Tries, x => x.Tries + 1), cancellation) == 1;
    }

    private static Task<int> End(SigningDatabase database, string approvalId, string outcome, DateTimeOffset now) =>
        database.Approvals.Where(a => a.ApprovalId == approvalId && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, outcome));
}
