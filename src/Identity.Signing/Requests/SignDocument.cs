using System.Collections.Concurrent;
using Identity.Audit;
using Identity.Keys;
using Identity.Pdf.Structure;
using Identity.Signing.Approvals;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;
using Identity.Signing.Pades;

namespace Identity.Signing.Requests;

/// <summary>A document of a taken approval, and its record in the audit log, which waits for the end.</summary>
public sealed record BegunDocument(ApprovedRequest Approved, AuditOperation Operation)
{
    public StoredApproval Approval => Approved.Approval;

    public SigningRequest Request => Approved.Request;
}

/// <summary>
/// Signs the documents of one approval with its key, each for itself: one that fails does not hold up the others, and each is signed, waits or has failed
/// when this returns. As many documents at a time as the service holds in memory, whatever approvals they are of.
/// </summary>
public sealed class SignDocument(ApprovalRecords approvals, DocumentStore documents, CompleteSignature complete, AuditLog audit) : IDisposable
{
    private const int AtOnce = 4;

    private readonly SemaphoreSlim room = new(AtOnce, AtOnce);

    /// <returns>by the identifier of the request</returns>
    public async Task<IReadOnlyDictionary<string, SigningOutcome>> RunAll(
        IReadOnlyList<BegunDocument> begun, PersonKey key, PersonCertificate certificate, CancellationToken cancellation)
    {
        var outcomes = new ConcurrentDictionary<string, SigningOutcome>();
        var problems = new ConcurrentQueue<Exception>();
        await Parallel.ForEachAsync(begun, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (document, _) =>
        {
            await room.WaitAsync(CancellationToken.None);
            try
            {
                outcomes[document.Request.Id] = await Run(document, key, certificate, cancellation);
            }
            catch (Exception problem)
            {
                // Not expected, so not explained: the request shows that it failed, the caller logs why.
                problems.Enqueue(problem);
                if (!document.Operation.IsCompleted)
                    await Fail(document, FailureReason.InternalError, "internal_error");
            }
            finally
            {
                room.Release();
            }
        });
        return problems.IsEmpty ? outcomes : throw new AggregateException(problems);
    }

    public async Task<IReadOnlyDictionary<string, SigningOutcome>> FailAll(IReadOnlyList<BegunDocument> begun, FailureReason reason, string detail)
    {
        var outcomes = new Dictionary<string, SigningOutcome>();
        foreach (var document in begun)
            outcomes[document.Request.Id] = await Fail(document, reason, detail);
        return outcomes;
    }

    /// <summary>Ends what has not ended.</summary>
    public async Task<SigningOutcome> Fail(BegunDocument document, FailureReason reason, string detail)
    {
        var outcome = new SigningOutcome.Failed(reason, detail);
        await approvals.EndFailed(document.Approval, reason);
        if (!document.Operation.IsCompleted)
            document.Operation.Complete(AuditOutcome.Failed, outcome.Word);
        return outcome;
    }

    public void Dispose() => room.Dispose();

    private async Task<SigningOutcome> Run(BegunDocument document, PersonKey key, PersonCertificate certificate, CancellationToken cancellation)
    {
        // Read anew: between the check of all and this one's turn may be minutes.
        using var bytes = await documents.OpenUnchanged(document.Request, CancellationToken.None);
        if (bytes is null)
            return await Fail(document, FailureReason.DocumentChanged, "document_changed");
        var (signed, failed) = Sign(document, bytes, key, certificate);
        if (failed is not null)
            return await Fail(document, failed.Reason, failed.Detail);
        var outcome = await complete.Run(document.Approval, document.Request.Level, signed!, cancellation);
        if (outcome is SigningOutcome.Failed late)
            return await Fail(document, late.Reason, late.Detail);
        // Completed before anything else is written: from here on nothing that goes wrong calls a kept signature failed.
        document.Operation.Complete(outcome is SigningOutcome.Signed or SigningOutcome.Waiting ? AuditOutcome.Succeeded : AuditOutcome.Failed);
        if (outcome is SigningOutcome.Waiting waiting)
            audit.Append(new SignatureWaits(document.Request.Id, document.Approval.ApprovalId, SnakeCase.Of(waiting.Obstacle)));
        return outcome;
    }

    private (SignedDocument? Signed, SigningOutcome.Failed? Failed) Sign(BegunDocument document, DocumentBytes bytes, PersonKey key, PersonCertificate certificate)
    {
        try
        {
            return PreparedDocument.Prepare(bytes, key.Approval, certificate, complete.Timestamps.ExpectedTokenBytes, complete.Timestamps.ClaimedSigningTime(), FormOf(document.Request)) switch
            {
                Preparation.Done done => (SignedDocument.Sign(done.Document, key.For(document.Request.DocumentSha256)), null),
                Preparation.Unsuitable unsuitable => (null, new SigningOutcome.Failed(FailureReason.DocumentUnsuitable, unsuitable.Detail)),
                _ => (null, new SigningOutcome.Failed(FailureReason.DocumentChanged, "document_changed")),
            };
        }
        catch (KeyUnavailableException)
        {
            // The token was lost, or its process ended, with this person's key: it cannot come back.
            return (null, new SigningOutcome.Failed(FailureReason.KeyUnavailable, "key_lost"));
        }
    }

    private SignatureForm? FormOf(SigningRequest request) => RequestedForm.Stored(request.Form) is not { } asked ? null
        : asked is not { Visible: { } visible } ? asked.ToSignatureForm()
        : asked.ToSignatureForm() with { Appearance = (signer, time) => complete.Drawing.Draw(visible, signer, time, request.Purpose, asked.Commitment, request.DocumentSha256) };
}
