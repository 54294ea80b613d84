using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Approvals;

/// <summary>
/// Approvals stored before use, taken once, ended once for each document. A crash after <see cref="Take"/> leaves rows with TakenAt and without
/// EndedAt: the repair at start finds them and makes their requests visibly failed.
/// </summary>
public sealed class ApprovalRecords(IDbContextFactory<SigningDatabase> databases, SigningSettings settings, TimeProvider time)
{
    /// <summary>Durable when it returns; false when this approval was stored before, for whatever request.</summary>
    public async Task<bool> Store(StoredEvidence evidence, IEnumerable<string> requestIds, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        if (await database.Evidence.AnyAsync(stored => stored.ApprovalId == evidence.ApprovalId, cancellation))
            return false;
        database.Evidence.Add(evidence);
        database.Approvals.AddRange(requestIds.Select(request => new StoredApproval { ApprovalId = evidence.ApprovalId, RequestId = request, StoredAt = evidence.StoredAt }));
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
    public async Task<FoundApproval?> Find(string approvalId, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        if (await database.Evidence.AsNoTracking().SingleOrDefaultAsync(stored => stored.ApprovalId == approvalId, cancellation) is not { } evidence)
            return null;
        var rows = await database.Approvals.AsNoTracking().Where(stored => stored.ApprovalId == approvalId)
            .Join(database.Requests.AsNoTracking(), approval => approval.RequestId, request => request.Id, (approval, request) => new { approval, request })
            .OrderBy(row => row.request.BatchPosition).ToListAsync(cancellation);
        return new FoundApproval(evidence, [.. rows.Select(row => new ApprovedRequest(row.approval, row.request))]);
    }

    /// <summary>One document of an approval, read anew.</summary>
    public async Task<ApprovedRequest?> Find(StoredApproval approval, CancellationToken cancellation) =>
        (await Find(approval.ApprovalId, cancellation))?.Documents.SingleOrDefault(document => document.Approval.RequestId == approval.RequestId);

    /// <summary>Kept before the approval is used, and only once: what was verified with which keys.</summary>
    public async Task KeepProviderKeys(string approvalId, string keySet, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Evidence.Where(stored => stored.ApprovalId == approvalId && stored.ProviderKeys == null)
            .ExecuteUpdateAsync(stored => stored.SetProperty(x => x.ProviderKeys, keySet), cancellation);
    }

    /// <summary>Kept before the key signs anything.</summary>
    public async Task KeepCertificates(string approvalId, string pem)
    {
        await using var database = await databases.CreateDbContextAsync();
        await database.Evidence.Where(stored => stored.ApprovalId == approvalId && stored.Certificates == null)
            .ExecuteUpdateAsync(stored => stored.SetProperty(x => x.Certificates, pem));
    }

    /// <summary>Whether an approval of any of these requests waits or is in use.</summary>
    public async Task<bool> IsUnderWay(IReadOnlyCollection<string> requestIds, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.AnyAsync(approval => requestIds.Contains(approval.RequestId) && approval.EndedAt == null && approval.NextTryAt == null, cancellation);
    }

    /// <summary>
    /// Takes these documents of one approval for their requests: all rows change or none. True for exactly one caller per approval, and for one
    /// approval at a time per request.
    /// </summary>
    public async Task<bool> Take(IReadOnlyList<ApprovedRequest> documents, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var instance = settings.Instance;
        var until = now + Deadline(documents.Count);
        var (approvalId, ids) = (documents[0].Approval.ApprovalId, documents.Select(document => document.Request.Id).ToArray());
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var taken = await database.Approvals
            .Where(a => a.ApprovalId == approvalId && ids.Contains(a.RequestId) && a.TakenAt == null && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.TakenAt, now).SetProperty(x => x.TakenBy, instance).SetProperty(x => x.HeldUntil, until), cancellation);
        var begun = taken < ids.Length ? 0 : await database.Requests
            .Where(r => ids.Contains(r.Id) && r.State == RequestState.ApprovalAsked)
            .ExecuteUpdateAsync(
                r => r.SetProperty(x => x.State, RequestState.Approved).SetProperty(x => x.ApprovalId, approvalId), cancellation);
        if (begun < ids.Length)
            return false;
        foreach (var id in ids)
        {
            if (!await CeremonyTurns.Begin(database, id, now))
                return false;
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>How long signing may take before it counts as interrupted; a tenth of the setting is added for each further document.</summary>
    public TimeSpan Deadline(int documents) => settings.SigningDeadline + ((documents - 1) * settings.SigningDeadline / 10);

    /// <summary>False when the request was meanwhile called failed: then there is no signature, and the caller removes its file.</summary>
    public async Task<bool> EndSigned(StoredApproval approval, FinishedSignature finished)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var signed = await database.Requests
            .Where(r => r.Id == approval.RequestId && (r.State == RequestState.Approved || r.State == RequestState.PendingTimestamp) && r.ApprovalId == approval.ApprovalId)
            .ExecuteUpdateAsync(r => r
                .SetProperty(x => x.State, RequestState.Signed)
                .SetProperty(x => x.Failure, (FailureReason?)null)
                .SetProperty(x => x.CertificateSerial, finished.CertificateSerial)
                .SetProperty(x => x.SignedAttempt, finished.Attempt)
                .SetProperty(x => x.SignedSha256, finished.Sha256)
                .SetProperty(x => x.SignedLength, finished.Length)
                .SetProperty(x => x.StampedAt, finished.StampedAt)
                .SetProperty(x => x.EndedAt, now));
        if (signed == 0 || !await CeremonyTurns.Sign(database, approval.RequestId, now))
            return false;
        await End(database, approval, "signed", now);
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>
    /// Ends the approval, and with it the request if this approval is the one under way; only then is its place in a ceremony free. False when
    /// the approval has its end already: then nothing of what it made may be touched.
    /// </summary>
    public async Task<bool> EndFailed(StoredApproval approval, FailureReason reason)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await using var transaction = await database.Database.BeginTransactionAsync();
        var ended = await End(database, approval, SnakeCase.Of(reason), now);
        var failed = await database.Requests
            .Where(r => r.Id == approval.RequestId
                && (r.State == RequestState.ApprovalAsked
                    || ((r.State == RequestState.Approved || r.State == RequestState.PendingTimestamp) && r.ApprovalId == approval.ApprovalId)))
            .ExecuteUpdateAsync(r => r
                .SetProperty(x => x.State, RequestState.Failed)
                .SetProperty(x => x.Failure, reason)
                .SetProperty(x => x.EndedAt, now));
        if (failed > 0)
            await CeremonyTurns.Release(database, approval.RequestId);
        await transaction.CommitAsync();
        return ended > 0;
    }

    /// <summary>Another approval of the same requests came first; they are not touched.</summary>
    public async Task EndUnused(string approvalId)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await database.Approvals.Where(a => a.ApprovalId == approvalId && a.TakenAt == null && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, "unused"));
    }

    /// <summary>Stored, never taken, not ended: work that a stop or a full queue left behind.</summary>
    public async Task<IReadOnlyList<string>> Waiting(CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.Where(a => a.EndedAt == null && a.TakenAt == null)
            .GroupBy(a => a.ApprovalId).OrderBy(a => a.Min(x => x.StoredAt)).Select(a => a.Key).ToListAsync(cancellation);
    }

    /// <summary>Taken and not ended: too long ago by any copy of the service or, asked before this copy signs anything, by itself.</summary>
    public async Task<IReadOnlyList<StoredApproval>> Interrupted(bool ownToo, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var instance = ownToo ? settings.Instance : null;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.AsNoTracking()
            .Where(a => a.EndedAt == null && a.TakenAt != null && a.NextTryAt == null && (a.HeldUntil < now || a.TakenBy == instance))
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
        await database.Approvals.Where(a => a.ApprovalId == approval.ApprovalId && a.RequestId == approval.RequestId && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.NextTryAt, nextTry));
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Approvals whose kept signature is to be tried again by now.</summary>
    public async Task<IReadOnlyList<DueSignature>> PendingDue(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals.AsNoTracking().Where(a => a.EndedAt == null && a.NextTryAt != null && a.NextTryAt <= now).OrderBy(a => a.NextTryAt)
            .Join(database.Requests, approval => approval.RequestId, request => request.Id, (approval, request) => new DueSignature(approval, request.AgencyId ?? request.PersonSubject ?? "", request.Failure))
            .ToListAsync(cancellation);
    }

    /// <summary>True for exactly one caller: it has the signing deadline to itself, then another may try.</summary>
    public async Task<bool> ClaimPending(StoredApproval approval, CancellationToken cancellation)
    {
        var until = time.GetUtcNow() + settings.SigningDeadline;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Approvals
            .Where(a => a.ApprovalId == approval.ApprovalId && a.RequestId == approval.RequestId && a.EndedAt == null && a.NextTryAt == approval.NextTryAt)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.NextTryAt, until).SetProperty(x => x.Tries, x => x.Tries + 1), cancellation) == 1;
    }

    private static Task<int> End(SigningDatabase database, StoredApproval approval, string outcome, DateTimeOffset now) =>
        database.Approvals.Where(a => a.ApprovalId == approval.ApprovalId && a.RequestId == approval.RequestId && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, outcome));
}
