using System.Security.Cryptography;
using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Signing.Approvals;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Requests;

public abstract record SigningOutcome
{
    private SigningOutcome() { }

#pragma warning disable CA1720 // the word of the signature standards, not a type
    public sealed record Signed : SigningOutcome;
#pragma warning restore CA1720

    /// <summary>The request shows the reason; the approval is spent.</summary>
    public sealed record Failed(FailureReason Reason, string Detail) : SigningOutcome;

    /// <summary>The approval or its request had been used meanwhile: nothing was changed.</summary>
    public sealed record NotTaken : SigningOutcome;
}

/// <summary>
/// One approval becomes one signature, or a visible failure. The order is the safety of it:
///  1. the evidence was stored, verbatim, before anything else (ApprovalScheme): whatever follows can be shown to have had its approval;
///  2. the document is read from the store and hashed again: what is signed is what was received and shown;
///  3. the evidence is verified from its stored form against that hash and the request: the record kept is the record judged;
///  4. the beginning is audited, then the approval is taken, in one conditional update: from here a crash cannot lead to a second signature,
///     only to a request that InterruptedSignatures calls failed;
///  5. a key is made for this approval; 6. the Authority, which verifies the evidence for itself, certifies it;
///  7. the document is prepared; 8. signed, once, with the key; 9. time-stamped: without that there is no result, never a lower level;
/// 10. the signed file is on disk before the record says so: a crash between leaves a file that nobody was told of, which the repair removes;
/// 11. the key is destroyed, however it ended; 12. the end is audited.
/// </summary>
public sealed class SignRequest(
    ApprovalRecords approvals, DocumentStore documents, EvidenceVerifier evidence, CertifiedPersonKeys keys, TimestampClient timestamps, AuditLog audit)
{
    public async Task<SigningOutcome> Run(string approvalId, CancellationToken cancellation)
    {
        if (await approvals.Find(approvalId, cancellation) is not { } found || found.Approval.TakenAt is not null || found.Approval.EndedAt is not null)
            return new SigningOutcome.NotTaken();
        var (approval, request) = found;

        var document = await documents.ReadUnchanged(request, cancellation);
        if (document is null)
            return await RefuseBeforeTaking(approval, request, FailureReason.DocumentChanged, "document_changed");
        var verified = await evidence.Check(approval, request, SHA256.HashData(document), cancellation);
        if (verified is ApprovalChecked.Bad bad)
            return await RefuseBeforeTaking(approval, request, bad.Reason, bad.Detail);

        var operation = audit.Begin(About(approval, request));
        if (!await approvals.Take(approval, cancellation))
        {
            operation.Complete(AuditOutcome.Refused, "approval_not_taken");
            await approvals.EndUnused(approval);
            return new SigningOutcome.NotTaken();
        }

        try
        {
            var outcome = await SignWithPersonKey(approval, document, ((ApprovalChecked.Good)verified).Approval, cancellation);
            if (outcome is SigningOutcome.Failed failed)
                await approvals.EndFailed(approval, failed.Reason);
            operation.Complete(outcome is SigningOutcome.Signed ? AuditOutcome.Succeeded : AuditOutcome.Failed, ReasonOf(outcome));
            return outcome;
        }
        catch
        {
            // Not expected, so not explained: the request shows that it failed, the caller logs why.
            await approvals.EndFailed(approval, FailureReason.InternalError);
            operation.Complete(AuditOutcome.Failed, "internal_error");
            throw;
        }
    }

    private async Task<SigningOutcome> SignWithPersonKey(
        StoredApproval approval, byte[] document, VerifiedApproval verified, CancellationToken cancellation)
    {
        if (keys.Make(verified) is not { } key)
            return new SigningOutcome.Failed(FailureReason.KeyUnavailable, "key_not_made");
        try
        {
            return await keys.Certify(key, approval.Evidence, cancellation) switch
            {
                CertificateAnswer.Issued issued => await SignAndStore(approval, document, key, issued.Certificate, cancellation),
                CertificateAnswer.Refused refused => new SigningOutcome.Failed(refused.Reason, refused.Detail),
                _ => throw new InvalidOperationException("The Authority certifies or does not."),
            };
        }
        catch (KeyUnavailableException)
        {
            // The token was lost, or its process ended, with this person's key: it cannot come back.
            return new SigningOutcome.Failed(FailureReason.KeyUnavailable, "key_lost");
        }
        finally
        {
            key.Dispose();
            audit.Append(new PersonKeyDestroyed(approval.ApprovalId));
        }
    }

    private async Task<SigningOutcome> SignAndStore(
        StoredApproval approval, byte[] document, PersonKey key, PersonCertificate certificate, CancellationToken cancellation)
    {
        var preparation = PreparedDocument.Prepare(document, key.Approval, certificate, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime());
        if (preparation is not Preparation.Done { Document: var prepared })
            return preparation is Preparation.Unsuitable unsuitable
                ? new SigningOutcome.Failed(FailureReason.DocumentUnsuitable, unsuitable.Detail)
                : new SigningOutcome.Failed(FailureReason.DocumentChanged, "document_changed");

        var signed = SignedDocument.Sign(prepared, key);
        switch (await TimestampedDocument.Timestamp(signed, timestamps, cancellation))
        {
            case Timestamping.Failed failed:
                return new SigningOutcome.Failed(failed.Reason, failed.Detail);
            case Timestamping.Done { Document: var timestamped }:
                var (sha256, length) = documents.KeepSigned(approval.RequestId, approval.ApprovalId, timestamped.WriteTo);
                if (await approvals.EndSigned(approval, certificate.Leaf.SerialHex, sha256, length))
                    return new SigningOutcome.Signed();
                // Another copy of the service had given this signature up: it must not appear after that.
                documents.RemoveSigned(approval.RequestId, approval.ApprovalId);
                return new SigningOutcome.Failed(FailureReason.Interrupted, "ended_meanwhile");
            default:
                throw new InvalidOperationException("A time-stamp is there or not.");
        }
    }

    private async Task<SigningOutcome> RefuseBeforeTaking(StoredApproval approval, SigningRequest request, FailureReason reason, string detail)
    {
        var outcome = new SigningOutcome.Failed(reason, detail);
        audit.Begin(About(approval, request)).Complete(AuditOutcome.Refused, ReasonOf(outcome));
        await approvals.EndFailed(approval, reason);
        return outcome;
    }

    private static DocumentSigning About(StoredApproval approval, SigningRequest request) =>
        new(request.Id, approval.ApprovalId, Convert.ToHexStringLower(request.DocumentSha256));

    // The audit log takes words, not sentences: the detail where it is one.
    private static string? ReasonOf(SigningOutcome outcome) => outcome is not SigningOutcome.Failed failed ? null
        : failed.Detail.Length is > 0 and <= 64 && failed.Detail.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') ? failed.Detail
        : SnakeCase.Of(failed.Reason);
}
