using Identity.Audit;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys.Activation;
using Identity.Pkix.Signatures;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuance;

/// <summary>How an issuance ended.</summary>
public abstract record IssuanceResult
{
    private IssuanceResult() { }

    public sealed record Issued(IssuedCertificate Certificate) : IssuanceResult;

    public sealed record ApprovalUsed : IssuanceResult;

    public sealed record LintFailed(IReadOnlyList<LintFinding> Findings) : IssuanceResult;
}

/// <summary>
/// From a verified approval to a certificate, in Boulder's order, so that at every moment it is known what was or might have been signed:
/// 1. serial number and octets are stored, which uses the approval;
/// 2. the certificate is linted, signed by a throw-away key;
/// 3. the audit log says that it is going to be signed;
/// 4. the issuer signs, and the certificate is stored before anybody gets it;
/// 5. the audit log says how it ended.
/// After a failure in 3 to 5 the record tells the serial number; it can be revoked, and the approval stays used.
/// </summary>
public sealed partial class IssuanceCycle(IDbContextFactory<AuthorityDatabase> databases, AuthorityKeys keys, PersonProfile profile, AuditLog audit, TimeProvider time,
    ILogger<IssuanceCycle> log)
{
    public async Task<IssuanceResult> Issue(VerifiedApproval approval, SubjectPublicKey key, CancellationToken cancellation)
    {
        var (issuer, now) = (keys.Issuing, time.GetUtcNow());

        // 1. A serial number that is not stored could be signed and never found again.
        var content = profile.Content(approval, key, issuer.Certificate, now);
        if (await IntendedCertificate.Store(databases, content, issuer, approval.Structure.Approval, now, cancellation) is not { } intended)
            return new IssuanceResult.ApprovalUsed();

        // 2. What is wrong must not be signed: revoking it later does not undo that.
        var (linted, findings) = LintedCertificate.Check(intended, issuer.Certificate, profile, now);
        if (linted is null)
        {
            await Refuse(intended, findings, cancellation);
            return new IssuanceResult.LintFailed(findings);
        }

        // 3. From here on the caller's leaving changes nothing: an act that has begun is brought to its end.
        var operation = audit.Begin(new CertificateIssue(intended.ApprovalId, intended.Serial, issuer.Name));
        try
        {
            // 4.
            var issued = await IssuedCertificate.SignAndStore(linted, issuer, databases, CancellationToken.None);
            // 5.
            operation.Complete(AuditOutcome.Succeeded);
            return new IssuanceResult.Issued(issued);
        }
        catch (Exception problem) when (problem is not AuditUnavailableException)
        {
            operation.Complete(AuditOutcome.Failed, "not_stored");
            throw;
        }
    }

    private async Task Refuse(IntendedCertificate intended, IReadOnlyList<LintFinding> findings, CancellationToken cancellation)
    {
        var text = string.Join("; ", findings.Select(f => $"{f.Rule}: {f.Problem}"));
        LogLintFailed(intended.Serial, text);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Certificates
            .Where(c => c.Issuer == keys.Issuing.Name && c.Serial == intended.Serial)
            .ExecuteUpdateAsync(c => c.SetProperty(r => r.State, CertificateState.LintFailed).SetProperty(r => r.LintFindings, text), cancellation);
        audit.Append(new CertificateRefused(intended.ApprovalId, "lint_failed"));
    }

    [LoggerMessage(LogLevel.Error, "Certificate {Serial} was not signed: {Findings}")]
    private partial void LogLintFailed(string serial, string findings);
}
