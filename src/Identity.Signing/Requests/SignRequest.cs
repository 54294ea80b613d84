using System.Security.Cryptography;
using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Pdf.Structure;
using Identity.Signing.Approvals;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;
using Identity.Signing.Pades;

namespace Identity.Signing.Requests;

public abstract record SigningOutcome
{
    private SigningOutcome() { }

#pragma warning disable CA1720 // the word of the signature standards, not a type
    public sealed record Signed : SigningOutcome;
#pragma warning restore CA1720

    /// <summary>The signature is made and kept; the request shows what it waits for.</summary>
    public sealed record Waiting(FailureReason Obstacle, string Detail) : SigningOutcome;

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
///  7. the document is prepared; 8. signed, once, with the key; 9. the key is destroyed, however it ended;
/// 10. the signature is brought to its level and stored, or kept until it can be: CompleteSignature; 11. the end is audited.
/// </summary>
public sealed class SignRequest(
    ApprovalRecords approvals, DocumentStore documents, EvidenceVerifier evidence, CertifiedPersonKeys keys, CompleteSignature complete, AuditLog audit)
{
    public async Task<SigningOutcome> Run(string approvalId, CancellationToken cancellation)
    {
        if (await approvals.Find(approvalId, cancellation) is not { } found || found.Approval.TakenAt is not null || found.Approval.EndedAt is not null)
            return new SigningOutcome.NotTaken();
        var (approval, request) = found;

        using var document = await documents.OpenUnchanged(request, cancellation);
        if (document is null)
            return await RefuseBeforeTaking(approval, request, FailureReason.DocumentChanged, "document_changed");
        var verified = await evidence.Check(approval, request, document.Digest(HashAlgorithmName.SHA256), cancellation);
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
            var made = await SignWithPersonKey(approval, request, document, ((ApprovalChecked.Good)verified).Approval, cancellation);
            var outcome = made.Signed is { } signed ? await complete.Run(approval, request.Level, signed, cancellation) : made.Failed!;
            if (outcome is SigningOutcome.Failed failed)
                await approvals.EndFailed(approval, failed.Reason);
            if (outcome is SigningOutcome.Waiting waiting)
                audit.Append(new SignatureWaits(request.Id, approval.ApprovalId, SnakeCase.Of(waiting.Obstacle)));
            operation.Complete(outcome is SigningOutcome.Signed or SigningOutcome.Waiting ? AuditOutcome.Succeeded : AuditOutcome.Failed, ReasonOf(outcome));
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

    private async Task<(SignedDocument? Signed, SigningOutcome.Failed? Failed)> SignWithPersonKey(
        StoredApproval approval, SigningRequest request, DocumentBytes document, VerifiedApproval verified, CancellationToken cancellation)
    {
        if (keys.Make(verified) is not { } key)
            return (null, new SigningOutcome.Failed(FailureReason.KeyUnavailable, "key_not_made"));
        try
        {
            switch (await keys.Certify(key, approval.Evidence, cancellation))
            {
                case CertificateAnswer.Refused refused:
                    return (null, new SigningOutcome.Failed(refused.Reason, refused.Detail));
                case CertificateAnswer.Issued { Certificate: var certificate }:
                    return PreparedDocument.Prepare(document, verified, certificate, complete.Timestamps.ExpectedTokenBytes, complete.Timestamps.ClaimedSigningTime(), FormOf(request)) switch
                    {
                        Preparation.Done done => (SignedDocument.Sign(done.Document, key.For(SHA256.HashData(document))), null),
                        Preparation.Unsuitable unsuitable => (null, new SigningOutcome.Failed(FailureReason.DocumentUnsuitable, unsuitable.Detail)),
                        _ => (null, new SigningOutcome.Failed(FailureReason.DocumentChanged, "document_changed")),
                    };
                default:
                    throw new InvalidOperationException("The Authority certifies or does not.");
            }
        }
        catch (KeyUnavailableException)
        {
            // The token was lost, or its process ended, with this person's key: it cannot come back.
            return (null, new SigningOutcome.Failed(FailureReason.KeyUnavailable, "key_lost"));
        }
        finally
        {
            key.Dispose();
            audit.Append(new PersonKeyDestroyed(approval.ApprovalId));
        }
    }

    private SignatureForm? FormOf(SigningRequest request) => RequestedForm.Stored(request.Form) is not { } asked ? null
        : asked is not { Visible: { } visible } ? asked.ToSignatureForm()
        : asked.ToSignatureForm() with { Appearance = (signer, time) => complete.Drawing.Draw(visible, signer, time, request.Purpose, asked.Commitment, request.DocumentSha256) };

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
