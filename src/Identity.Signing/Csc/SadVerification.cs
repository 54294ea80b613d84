using Identity.Audit;
using Identity.Keys.Activation;
using Identity.Signing.Approvals;

namespace Identity.Signing.Csc;

/// <summary>An approval that is stored, verified from its stored form, and not used yet.</summary>
internal sealed record VerifiedSad(CredentialApproval Stored, VerifiedApproval Approval);

/// <summary>
/// What a credential token stands for. 1. the evidence that the Provider tells with it holds, and is for what is asked: what does not is not stored, since it could take
/// the place of what does; 2. it is stored, verbatim, before anything is done with it; 3. it is verified again from its stored form, so that the record kept is the
/// record judged.
/// </summary>
internal sealed class SadVerification(CredentialRecords records, EvidenceVerifier evidence, AuditLog audit, TimeProvider time, ILogger<SadVerification> log)
{
    /// <param name="about">The credential, or the empty text for documents, for which a key is yet to be made.</param>
    /// <param name="judge">What else must hold; refuses by throwing.</param>
    /// <param name="authorization">The token.</param>
    /// <param name="cancellation">Ends it before anything irreversible.</param>
    public async Task<VerifiedSad> Verify(CscAuthorization authorization, string about, Action<VerifiedApproval> judge, CancellationToken cancellation)
    {
        // A SAD of extendTransaction is for hashes of a credential.
        if (authorization.ExtendedSad is not null || authorization.Token.Evidence is not { } given || authorization.ApprovalId is not { } approvalId)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        var (verification, keySet) = await evidence.Verify(given, authorization.Client, cancellation);
        Judge(verification, approvalId, judge);
        if (await records.Store(
            new CredentialApproval { ApprovalId = approvalId, CredentialId = about, Client = authorization.Client, Evidence = given, ProviderKeys = keySet, StoredAt = time.GetUtcNow() }, cancellation))
        {
            audit.Append(new CredentialEvidenceStored(about.Length > 0 ? about : "none", approvalId));
        }

        var stored = await records.FindApproval(approvalId, cancellation);
        if (stored.TakenAt is not null || stored.EndedAt is not null)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        return new VerifiedSad(stored, Judge((await evidence.Verify(stored.Evidence, authorization.Client, cancellation)).Verification, approvalId, judge));
    }

    private VerifiedApproval Judge(ApprovalVerification verification, string approvalId, Action<VerifiedApproval> judge)
    {
        if (verification is not ApprovalVerification.Verified { Approval: var verified })
        {
            var reason = ((ApprovalVerification.Refused)verification).Reason;
            log.LogWarning("Evidence of a program's approval was refused: {Reason}", reason);
            throw new CscRefusedException(reason == ApprovalRefusal.Expired ? CscError.InvalidRequest("SAD expired") : CscError.Invalid("SAD"));
        }

        if (verified.Structure.Approval != approvalId)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        judge(verified);
        return verified;
    }
}
