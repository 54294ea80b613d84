using Identity.Audit;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys.Activation;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuance;

/// <summary>How an issuance ended.</summary>
public abstract record IssuanceResult
{
    private IssuanceResult() { }

    public sealed record Issued(IssuedCertificate Certificate) : IssuanceResult;

    public sealed record ApprovalUsed : IssuanceResult;

    public sealed record KeyUsed : IssuanceResult;

    public sealed record LintFailed(IReadOnlyList<LintFinding> Findings) : IssuanceResult;
}

/// <summary>
/// From a verified approval (or an operator's word, for an organisation) to a certificate, in Boulder's order, so that at every moment it is known what was or might have been signed:
/// 1. serial number and octets are stored, which uses the approval;
/// 2. the certificate is linted, signed by a throw-away key;
/// 3. the audit log says that it is going to be signed;
/// 4. the issuer signs, and the certificate is stored before anybody gets it;
/// 5. the audit log says how it ended.
/// After a failure or a crash in 2 to 4 the record tells the serial number and the approval stays used; <see cref="IssuanceRepair"/> closes it.
/// </summary>
public sealed partial class IssuanceCycle(IDbContextFactory<AuthorityDatabase> databases, AuthorityKeys keys, PersonProfile profile, AuditLog audit, TimeProvider time,
    ILogger<IssuanceCycle> log)
{
    public Task<IssuanceResult> Issue(VerifiedApproval approval, SubjectPublicKey key, CancellationToken cancellation) =>
        Issue(profile.Profile, profile.Content(approval, key, keys.Issuing.Certificate, time.GetUtcNow()), keys.Issuing, approval.Structure.Approval, cancellation);

    /// <summary>For a session of remote signing; the statement is used as an approval is.</summary>
    public Task<IssuanceResult> Issue(StatementVerification.Verified statement, SubjectPublicKey key, CancellationToken cancellation) =>
        Issue(profile.Session!, profile.Content(statement, key, keys.Issuing.Certificate, time.GetUtcNow()), keys.Issuing, statement.Id, cancellation);

    /// <param name="approvalId">null when the certificate is for no person; whoever may ask for such a one has been decided before</param>
    public async Task<IssuanceResult> Issue(CertificateProfile profile, CertificateContent content, CertifiedKey issuer, string? approvalId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // 1. A serial number that is not stored could be signed and never found again.
        if (await IntendedCertificate.Store(databases, profile, content, issuer, approvalId, now, cancellation) is not { } intended)
            return await IsUsed(approvalId, cancellation) ? new IssuanceResult.ApprovalUsed() : new IssuanceResult.KeyUsed();

        // 2. What is wrong must not be signed: revoking it later does not undo that.
        var (linted, findings) = LintedCertificate.Check(intended, issuer.Certificate, profile, now);
        if (linted is null)
        {
            await Refuse(intended, issuer, findings, cancellation);
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

    private async Task<bool> IsUsed(string? approvalId, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        return approvalId is not null && await database.Certificates.AnyAsync(c => c.ApprovalId == approvalId, cancellation);
    }

    private async Task Refuse(IntendedCertificate intended, CertifiedKey issuer, IReadOnlyList<LintFinding> findings, CancellationToken cancellation)
    {
        var text = string.Join("; ", findings.Select(f => $"{f.Rule}: {f.Problem}"));
        LogLintFailed(intended.Serial, text);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        await database.Certificates
            .Where(c => c.Issuer == issuer.Name && c.Serial == intended.Serial)
            .ExecuteUpdateAsync(c => c.SetProperty(r => r.State, CertificateState.LintFailed).SetProperty(r => r.LintFindings, text), cancellation);
        audit.Append(new CertificateRefused(intended.ApprovalId, "lint_failed"));
    }

    [LoggerMessage(LogLevel.Error, "Certificate {Serial} was not signed: {Findings}")]
    private partial void LogLintFailed(string serial, string findings);
}
