using Identity.Audit;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Revocation;

public enum RevocationResult
{
    Revoked,
    UnknownSerial,
    AlreadyRevoked,
}

/// <summary>Revokes for good. OCSP tells it with the next answer; the list follows within seconds, because its publisher watches the database.</summary>
public sealed class CertificateRevocations(IDbContextFactory<AuthorityDatabase> databases, AuditLog audit, TimeProvider time)
{
    /// <summary>
    /// Certificates whose issuance was cut short can be revoked too: they may have been signed.
    /// When this returns <see cref="RevocationResult.Revoked"/> the revocation is on the disk.
    /// </summary>
    public async Task<RevocationResult> Revoke(string issuer, string serial, RevocationReason reason, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var certificate = await database.Certificates.AsNoTracking().Where(c => c.Issuer == issuer && c.Serial == serial).Select(c => new { c.Shard }).FirstOrDefaultAsync(cancellation);
        if (certificate is null) return RevocationResult.UnknownSerial;
        if (await database.Revocations.AnyAsync(r => r.Issuer == issuer && r.Serial == serial, cancellation)) return RevocationResult.AlreadyRevoked;

        var operation = audit.Begin(new CertificateRevocation(serial, reason.ToString()));
        // Whole seconds, as status tells them: a list and an answer must not disagree.
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        database.Add(new RevocationRecord { Issuer = issuer, Serial = serial, RevokedAt = now, Reason = reason, Shard = certificate.Shard });
        try
        {
            await database.SaveChangesAsync(CancellationToken.None);
        }
        catch (DbUpdateException problem) when (AuthorityDatabase.IsAlreadyThere(problem))
        {
            operation.Complete(AuditOutcome.Failed, "not_stored");
            return RevocationResult.AlreadyRevoked;
        }
        // Whatever it is: a begin without an end says that the process ended.
        catch (Exception)
        {
            operation.Complete(AuditOutcome.Failed, "not_stored");
            throw;
        }
        operation.Complete(AuditOutcome.Succeeded);
        return RevocationResult.Revoked;
    }
}
