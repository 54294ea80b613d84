using Identity.Audit;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuance;

/// <summary>How a repair ended.</summary>
public abstract record RepairResult
{
    private RepairResult() { }

    /// <summary>Signed now, from the octets that were stored then.</summary>
    public sealed record Completed(IssuedCertificate Certificate) : RepairResult;

    /// <summary>It counts as never issued, and is revoked in case that it was signed.</summary>
    public sealed record Abandoned : RepairResult;

    /// <summary>The octets would break a rule today, most often that of validity.</summary>
    public sealed record LintFailed(IReadOnlyList<LintFinding> Findings) : RepairResult;

    /// <summary>It is not open, or somebody else closed it just now.</summary>
    public sealed record NotOpen : RepairResult;
}

/// <summary>
/// Closes issuances that a crash cut short between the stored intention and the stored certificate. Such a certificate may have been signed; nobody has it,
/// for it is handed out after it is stored. A person approves again and gets another, so theirs are abandoned; an organisation's may be completed.
/// Safe beside the running service: the state of the record changes once, whoever comes first.
/// </summary>
public sealed class IssuanceRepair(IDbContextFactory<AuthorityDatabase> databases, AuditLog audit, TimeProvider time)
{
    /// <summary>An issuance takes milliseconds. What is younger than this may be under way.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<IReadOnlyList<CertificateRecord>> Open(CancellationToken cancellation)
    {
        var before = time.GetUtcNow() - Patience;
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return await database.Certificates.AsNoTracking().Where(c => c.State == CertificateState.Intended && c.CreatedAt < before).OrderBy(c => c.CreatedAt).ToListAsync(cancellation);
    }

    /// <summary>The record's state and the revocation change together.</summary>
    public async Task<RepairResult> Abandon(CertificateRecord record, CancellationToken cancellation)
    {
        var operation = audit.Begin(new CertificateAbandoned(record.Serial, record.Issuer));
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        var closed = await database.Certificates.Where(c => c.Issuer == record.Issuer && c.Serial == record.Serial && c.State == CertificateState.Intended)
            .ExecuteUpdateAsync(c => c.SetProperty(r => r.State, CertificateState.Abandoned), cancellation);
        if (closed == 0)
        {
            operation.Complete(AuditOutcome.Refused, "not_open");
            return new RepairResult.NotOpen();
        }
        if (!await database.Revocations.AnyAsync(r => r.Issuer == record.Issuer && r.Serial == record.Serial, cancellation))
        {
            var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
            database.Add(new RevocationRecord { Issuer = record.Issuer, Serial = record.Serial, RevokedAt = now, Reason = RevocationReason.CessationOfOperation, Shard = record.Shard });
            await database.SaveChangesAsync(cancellation);
        }
        await transaction.CommitAsync(CancellationToken.None);
        operation.Complete(AuditOutcome.Succeeded);
        return new RepairResult.Abandoned();
    }

    /// <summary>The same octets, linted once more, signed, stored.</summary>
    public async Task<RepairResult> Complete(CertificateRecord record, CertifiedKey issuer, CertificateProfile profile, CancellationToken cancellation)
    {
        var (linted, findings) = LintedCertificate.Check(IntendedCertificate.Restore(record, issuer), issuer.Certificate, profile, time.GetUtcNow());
        if (linted is null) return new RepairResult.LintFailed(findings);
        var operation = audit.Begin(new CertificateIssue(record.ApprovalId, record.Serial, issuer.Name));
        try
        {
            var issued = await IssuedCertificate.SignAndStore(linted, issuer, databases, cancellation);
            operation.Complete(AuditOutcome.Succeeded);
            return new RepairResult.Completed(issued);
        }
        catch (Exception problem) when (problem is not AuditUnavailableException)
        {
            operation.Complete(AuditOutcome.Failed, "not_stored");
            throw;
        }
    }
}
