using System.Security.Cryptography;
using Identity.Audit;
using Identity.Pdf.Structure;
using Identity.Signing.Appearances;
using Identity.Signing.Approvals;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Requests;

/// <summary>
/// Brings a signature to the level that was asked for, and to no lower one. When time-stamps or the status of certificates cannot be had, what
/// was signed is kept and tried again: nobody has to approve twice because a neighbour is down. Tried for as long as the settings say, and
/// without a time-stamp only while the signer's certificate is valid, for later it would prove nothing.
/// </summary>
public sealed class CompleteSignature(ApprovalRecords approvals, DocumentStore documents, TimestampClient timestamps, RaiseDocument raise, SigningSettings settings, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public TimestampClient Timestamps => timestamps;

    public DrawSignature Drawing => settings.Drawing;

    /// <summary>
    /// 1. raised; 2. the finished file is on disk before the record says so: a crash between leaves a file that nobody was told of, which the
    /// repair removes; or 3. what there is so far is on disk before the record says that it waits: the same.
    /// </summary>
    public async Task<SigningOutcome> Run(StoredApproval approval, PadesLevel level, SignedDocument document, CancellationToken cancellation)
    {
        var raised = await raise.Run(document, level, cancellation);
        if (raised.Obstacle is not { } obstacle)
            return await Keep(approval, document.Signer.SerialHex, raised);
        if (!MayWait(obstacle) || settings.PendingFor == TimeSpan.Zero)
            return new SigningOutcome.Failed(obstacle, raised.Detail);
        documents.KeepPending(approval.RequestId, approval.ApprovalId, raised.Bytes);
        if (await approvals.KeepPending(approval, obstacle, time.GetUtcNow()))
            return new SigningOutcome.Waiting(obstacle, raised.Detail);
        documents.RemovePending(approval.RequestId, approval.ApprovalId);
        return new SigningOutcome.Failed(FailureReason.Interrupted, "ended_meanwhile");
    }

    /// <summary>Tries a kept signature again. The caller has claimed it.</summary>
    public async Task<SigningOutcome> RunAgain(StoredApproval approval, SigningRequest request, CancellationToken cancellation)
    {
        using var kept = documents.OpenPending(request, approval.ApprovalId);
        if (kept is null)
            return new SigningOutcome.Failed(FailureReason.Interrupted, "pending_file_gone");
        if (!BeginsWithDocument(kept, request))
            return new SigningOutcome.Failed(FailureReason.DocumentChanged, "pending_file_changed");
        var document = new GrowingDocument(kept);
        Raised raised;
        string serial;
        if (SignedDocument.Reopen(document) is { } signed)
        {
            if (!signed.Signer.IsValidAt(time.GetUtcNow()))
                return new SigningOutcome.Failed(request.Failure ?? FailureReason.TimestampUnavailable, "certificate_ended");
            (raised, serial) = (await raise.Run(signed, request.Level, cancellation), signed.Signer.SerialHex);
        }
        else if (TimestampedDocument.Reopen(document) is { } timestamped)
        {
            (raised, serial) = (await raise.Run(timestamped, request.Level, cancellation), timestamped.Signer.SerialHex);
        }
        else
        {
            return new SigningOutcome.Failed(FailureReason.DocumentChanged, "pending_file_changed");
        }

        if (raised.Obstacle is not { } obstacle)
            return await Keep(approval, serial, raised);
        if (!MayWait(obstacle) || !MayWaitLonger(approval))
            return new SigningOutcome.Failed(obstacle, raised.Detail);
        // A time-stamp, once there, is worth keeping: with it the certificate may end.
        documents.KeepPending(approval.RequestId, approval.ApprovalId, raised.Bytes);
        if (await approvals.KeepPending(approval, obstacle, time.GetUtcNow() + Pause(approval.Tries)))
            return new SigningOutcome.Waiting(obstacle, raised.Detail);
        documents.RemovePending(approval.RequestId, approval.ApprovalId);
        return new SigningOutcome.NotTaken();
    }

    public bool MayWaitLonger(StoredApproval approval) => time.GetUtcNow() <= approval.TakenAt + settings.PendingFor;

    /// <summary>Its own signature holds in any file that this service ever kept: this one must be of the document that the request is about.</summary>
    private static bool BeginsWithDocument(DocumentBytes kept, SigningRequest request)
    {
        if (kept.Length <= request.DocumentLength)
            return false;
        using var hash = kept.HashOfPrefix(HashAlgorithmName.SHA256, request.DocumentLength);
        return hash.GetHashAndReset().AsSpan().SequenceEqual(request.DocumentSha256);
    }

    /// <summary>Each attempt has a file of its own: one that another copy of the service overtook removes that, and not the one that people are given.</summary>
    private async Task<SigningOutcome> Keep(StoredApproval approval, string serial, Raised raised)
    {
        var attempt = RequestId.Next();
        var (sha256, length) = documents.KeepSigned(approval.RequestId, approval.ApprovalId, raised.Bytes, attempt);
        if (await approvals.EndSigned(approval, new(serial, attempt, sha256, length, raised.StampedAt)))
        {
            // A crash behind the file and before the record left it: nobody was told of it.
            documents.RemoveAttempts(approval.RequestId, approval.ApprovalId, except: attempt);
            documents.RemovePending(approval.RequestId, approval.ApprovalId);
            documents.Passwords.Forget(approval.RequestId);
            return new SigningOutcome.Signed();
        }

        // Another copy of the service had ended this signature: it must not appear after that.
        documents.RemoveSigned(approval.RequestId, approval.ApprovalId, attempt);
        return new SigningOutcome.Failed(FailureReason.Interrupted, "ended_meanwhile");
    }

    private static bool MayWait(FailureReason obstacle) => obstacle is FailureReason.TimestampUnavailable or FailureReason.TimestampRefused
        or FailureReason.StatusUnavailable or FailureReason.StatusRefused;

    private static TimeSpan Pause(int tries) => tries > 5 || FirstPause * (1 << tries) > LongestPause ? LongestPause : FirstPause * (1 << tries);
}

/// <summary>Tries again what waits for its level. Each of several copies of the service takes what no other has taken.</summary>
public sealed class WaitingSignatures(ApprovalRecords approvals, CompleteSignature complete, DocumentStore documents, SigningSettings settings, AuditLog audit, ILogger<WaitingSignatures> log)
{
    /// <summary>A few at once, those of each agency in turn. Once there are no time-stamps to be had, the others that wait for one are left for the next round.</summary>
    public async Task TryDue(CancellationToken cancellation)
    {
        var timestampsAreAway = false;
        await FairRound.Run(FairRound.InTurn(await approvals.PendingDue(cancellation), due => due.Owner), async due =>
        {
            // What may wait no longer is given up, whoever is away.
            if (Volatile.Read(ref timestampsAreAway) && due.Obstacle == FailureReason.TimestampUnavailable && complete.MayWaitLonger(due.Approval))
                return;
            if (await TryClaimed(due.Approval, cancellation) is SigningOutcome.Waiting { Obstacle: FailureReason.TimestampUnavailable })
                Volatile.Write(ref timestampsAreAway, true);
        }, cancellation);
    }

    private async Task<SigningOutcome?> TryClaimed(StoredApproval due, CancellationToken cancellation)
    {
        if (!await approvals.ClaimPending(due, cancellation) || await approvals.Find(due, cancellation) is not { } claimed)
            return null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(settings.SigningDeadline / 2);
        try
        {
            return await Try(claimed.Approval, claimed.Request, deadline.Token);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Claimed until the deadline has passed; then it is tried again, until it may no longer wait.
            log.LogError(e, "Trying approval {Approval} again broke off", due.ApprovalId);
            return null;
        }
    }

    private async Task<SigningOutcome> Try(StoredApproval approval, SigningRequest request, CancellationToken cancellation)
    {
        var outcome = await complete.RunAgain(approval, request, cancellation);
        switch (outcome)
        {
            case SigningOutcome.Waiting waiting:
                log.LogInformation("The signature for approval {Approval} still waits: {Reason} ({Detail})", approval.ApprovalId, waiting.Obstacle, waiting.Detail);
                return outcome;
            case SigningOutcome.Failed failed:
                // Another copy of the service, which took it over, may have brought it to its end.
                if (!await approvals.EndFailed(approval, failed.Reason))
                    return outcome;
                documents.RemovePending(approval.RequestId, approval.ApprovalId);
                log.LogWarning("The signature for approval {Approval} was given up: {Reason} ({Detail})", approval.ApprovalId, failed.Reason, failed.Detail);
                audit.Append(new WaitingSignatureEnded(approval.RequestId, approval.ApprovalId, SnakeCase.Of(failed.Reason)));
                return outcome;
            case SigningOutcome.Signed:
                audit.Append(new WaitingSignatureEnded(approval.RequestId, approval.ApprovalId, "signed"));
                return outcome;
            default:
                return outcome;
        }
    }
}
