using Identity.Audit;
using Identity.Signing.Approvals;
using Identity.Signing.Documents;

namespace Identity.Signing.Requests;

/// <summary>
/// Repairs what a crash left between taking an approval and its end: the request becomes visibly failed, the person can sign
/// with a new approval, and a signed file that nobody was told of is removed. The old approval stays taken for good.
/// </summary>
public sealed class InterruptedSignatures(ApprovalRecords approvals, DocumentStore documents, AuditLog audit, ILogger<InterruptedSignatures> log)
{
    public async Task Repair(bool ownToo, CancellationToken cancellation)
    {
        foreach (var approval in await approvals.Interrupted(ownToo, cancellation))
        {
            // A slow signer, also of this copy, may have come to its end since they were listed: its file is the answer then.
            if (!await approvals.EndFailed(approval, FailureReason.Interrupted))
                continue;
            audit.Append(new SigningInterrupted(approval.RequestId, approval.ApprovalId));
            documents.RemoveAttempts(approval.RequestId, approval.ApprovalId, except: null);
            documents.RemovePending(approval.RequestId, approval.ApprovalId);
            log.LogWarning("Signing for approval {Approval} had been interrupted; its request is failed now", approval.ApprovalId);
        }
    }
}
