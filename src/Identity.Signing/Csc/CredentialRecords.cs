using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Csc;

/// <summary>Credentials and the approvals of their signatures: stored before use, taken once, ended once. Durable when a method returns.</summary>
internal sealed class CredentialRecords(IDbContextFactory<SigningDatabase> databases, KeyPlaces places, SigningSettings settings, TimeProvider time)
{
    /// <summary>Outcome of an approval that a stop cut short.</summary>
    public const string Interrupted = "interrupted";

    public KeyPlaces Places => places;

    /// <summary>This copy of the service.</summary>
    public string Instance => settings.Instance;

    public async Task Add(RemoteCredential credential, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        database.RemoteCredentials.Add(credential);
        await database.SaveChangesAsync(cancellation);
    }

    /// <summary>Also when its key is gone; null when it is another's.</summary>
    public async Task<RemoteCredential?> Find(string credentialId, string client, string subject, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.RemoteCredentials.AsNoTracking()
            .SingleOrDefaultAsync(c => c.CredentialId == credentialId && c.Client == client && c.Subject == subject, cancellation);
    }

    /// <summary>Who this subject of a program was when they last had a credential; null: never.</summary>
    public async Task<string?> KnownPerson(string client, string subject, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.RemoteCredentials.Where(c => c.Client == client && c.Subject == subject)
            .OrderByDescending(c => c.CreatedAt).Select(c => c.PersonIdentifier).FirstOrDefaultAsync(cancellation);
    }

    public async Task<IReadOnlyList<RemoteCredential>> LiveOf(string client, string subject, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.RemoteCredentials.AsNoTracking()
            .Where(c => c.Client == client && c.Subject == subject && c.EndedAt == null)
            .OrderByDescending(c => c.CreatedAt).ToListAsync(cancellation);
    }

    /// <summary>The key is gone; true for the first to say so.</summary>
    public async Task<bool> End(string credentialId)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        return await database.RemoteCredentials.Where(c => c.CredentialId == credentialId && c.EndedAt == null)
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.EndedAt, now)) == 1;
    }

    /// <summary>What this copy of the service had when it stopped: its keys went with it, and what had been begun is over.</summary>
    public async Task<IReadOnlyList<string>> EndOwn(CancellationToken cancellation)
    {
        var (now, instance) = (time.GetUtcNow(), settings.Instance);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var own = await database.RemoteCredentials.Where(c => c.Instance == instance && c.EndedAt == null).Select(c => c.CredentialId).ToListAsync(cancellation);
        await database.RemoteCredentials.Where(c => own.Contains(c.CredentialId)).ExecuteUpdateAsync(c => c.SetProperty(x => x.EndedAt, now), cancellation);
        await database.CredentialApprovals.Where(a => own.Contains(a.CredentialId) && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, Interrupted), cancellation);
        return own;
    }

    /// <summary>Approvals that this copy of the service took and did not bring to an end before it stopped: ended now, for good. Of documents, and queued ones too.</summary>
    public async Task<IReadOnlyList<string>> EndOwnApprovals(CancellationToken cancellation)
    {
        var (now, instance) = (time.GetUtcNow(), settings.Instance);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var begun = await database.CredentialApprovals.Where(a => a.TakenBy == instance && a.EndedAt == null).Select(a => a.ApprovalId).ToListAsync(cancellation);
        await database.CredentialApprovals.Where(a => begun.Contains(a.ApprovalId) && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, Interrupted), cancellation);
        return begun;
    }

    /// <summary>False when it was stored before: then the stored one counts.</summary>
    public async Task<bool> Store(CredentialApproval approval, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        if (await database.CredentialApprovals.AnyAsync(a => a.ApprovalId == approval.ApprovalId, cancellation))
            return false;
        database.CredentialApprovals.Add(approval);
        try
        {
            await database.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateException e) when (RequestStore.IsTaken(e))
        {
            return false;
        }
    }

    /// <summary>Read anew from the database: what is verified is what is kept.</summary>
    public async Task<CredentialApproval> FindApproval(string approvalId, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.CredentialApprovals.AsNoTracking().SingleAsync(a => a.ApprovalId == approvalId, cancellation);
    }

    /// <summary>Takes the approval for its credential: both rows change or none. True for exactly one caller per approval, and for one approval per credential.</summary>
    public async Task<bool> Take(CredentialApproval approval, CancellationToken cancellation)
    {
        var (now, instance) = (time.GetUtcNow(), settings.Instance);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var taken = await database.CredentialApprovals
            .Where(a => a.ApprovalId == approval.ApprovalId && a.TakenAt == null && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.TakenAt, now).SetProperty(x => x.TakenBy, instance), cancellation);
        var enabled = taken == 0 ? 0 : await database.RemoteCredentials
            .Where(c => c.CredentialId == approval.CredentialId && c.ApprovalId == null && c.EndedAt == null)
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.ApprovalId, approval.ApprovalId), cancellation);
        if (enabled == 0)
            return false;
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Takes an approval of documents, for which a key is yet to be made. True for exactly one caller.</summary>
    public async Task<bool> TakeAlone(CredentialApproval approval, CancellationToken cancellation)
    {
        var (now, instance) = (time.GetUtcNow(), settings.Instance);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.CredentialApprovals
            .Where(a => a.ApprovalId == approval.ApprovalId && a.CredentialId == "" && a.TakenAt == null && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.TakenAt, now).SetProperty(x => x.TakenBy, instance), cancellation) == 1;
    }

    /// <summary>Of an approval of documents that this copy took, and for which no key could be made: nothing was signed, so it may be used again.</summary>
    public async Task GiveBack(CredentialApproval approval)
    {
        var instance = settings.Instance;
        await using var database = await databases.CreateDbContextAsync();
        await database.CredentialApprovals
            .Where(a => a.ApprovalId == approval.ApprovalId && a.CredentialId == "" && a.TakenBy == instance && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.TakenAt, (DateTimeOffset?)null).SetProperty(x => x.TakenBy, (string?)null));
    }

    /// <summary>Certificates (PEM) of the key that was made for an approval of documents.</summary>
    public async Task KeepCertificates(string approvalId, string certificates)
    {
        await using var database = await databases.CreateDbContextAsync();
        await database.CredentialApprovals.Where(a => a.ApprovalId == approvalId).ExecuteUpdateAsync(a => a.SetProperty(x => x.Certificates, certificates));
    }

    public async Task EndApproval(CredentialApproval approval, string outcome)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync();
        await database.CredentialApprovals.Where(a => a.ApprovalId == approval.ApprovalId && a.EndedAt == null)
            .ExecuteUpdateAsync(a => a.SetProperty(x => x.EndedAt, now).SetProperty(x => x.Outcome, outcome));
    }

    public async Task RemoveOldProofs(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.UsedProofs.Where(p => p.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
    }
}
