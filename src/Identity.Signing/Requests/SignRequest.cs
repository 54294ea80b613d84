using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Pdf.Structure;
using Identity.Signing.Approvals;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;

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
    public sealed record Failed(FailureReason Reason, string Detail) : SigningOutcome
    {
        /// <summary>The audit log takes words, not sentences: the detail where it is one.</summary>
        internal string Word => Detail.Length is > 0 and <= 64 && Detail.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') ? Detail : SnakeCase.Of(Reason);
    }

    /// <summary>Nothing was taken or spent: it is tried again, for as long as the approval holds.</summary>
    public sealed record Postponed(FailureReason Obstacle, string Detail) : SigningOutcome;

    /// <summary>The approval or its request had been used meanwhile: nothing was changed.</summary>
    public sealed record NotTaken : SigningOutcome;
}

/// <summary>
/// One approval becomes one signature for each of its documents, or a visible failure of it. The order is the safety of it:
///  1. the evidence was stored, verbatim, before anything else (ApprovalScheme): whatever follows can be shown to have had its approval;
///  2. each document is read from the store and hashed again: what is signed is what was received and shown;
///  3. the evidence is verified from its stored form against those hashes and the requests: the record kept is the record judged, and the
///     Provider's keys that it was judged with are kept beside it;
///  4. a key is made for this approval: without the token the approval is not spent, and waits;
///  5. the beginning is audited, then the approval is taken, all documents in one conditional update: from here a crash cannot lead to a second
///     signature, only to requests that InterruptedSignatures calls failed;
///  6. the Authority, which verifies the evidence for itself, certifies the key, once, for all documents;
///  7. each document is signed, once, with the key, and brought to its level: SignDocument, several at a time;
///  8. the key is destroyed, however it ended; 9. the end is audited, of each document.
/// </summary>
public sealed class SignRequest(
    ApprovalRecords approvals, DocumentStore documents, EvidenceVerifier evidence, CertifiedPersonKeys keys, SignDocument sign, AuditLog audit)
{
    /// <returns>how it ended for each document, in the order of the approval</returns>
    public async Task<IReadOnlyList<SigningOutcome>> Run(string approvalId, CancellationToken cancellation)
    {
        if (await approvals.Find(approvalId, cancellation) is not { } found || found.Documents.Any(document => document.Approval.TakenAt is not null)
            || found.Documents.All(document => document.Approval.EndedAt is not null))
            return [new SigningOutcome.NotTaken()];
        var outcomes = new Dictionary<string, SigningOutcome>();
        var left = await Unchanged(found, outcomes, cancellation);
        if (left.Count > 0)
            await Sign(found, left, outcomes, cancellation);
        return [.. found.Documents.Select(document => outcomes.GetValueOrDefault(document.Request.Id, new SigningOutcome.NotTaken()))];
    }

    /// <summary>The deadline that a copy of the service has for all documents of an approval.</summary>
    public async Task<TimeSpan> Deadline(string approvalId, CancellationToken cancellation) =>
        approvals.Deadline(await approvals.Find(approvalId, cancellation) is { Documents.Count: > 0 and var count } ? count : 1);

    /// <summary>A document that was changed in the store is signed by no approval; the others are not held up by it.</summary>
    private async Task<List<ApprovedRequest>> Unchanged(FoundApproval found, Dictionary<string, SigningOutcome> outcomes, CancellationToken cancellation)
    {
        var left = new List<ApprovedRequest>();
        foreach (var document in found.Documents.Where(document => document.Approval.EndedAt is null))
        {
            using var bytes = await documents.OpenUnchanged(document.Request, cancellation);
            if (bytes is not null)
                left.Add(document);
            else
                outcomes[document.Request.Id] = await RefuseBeforeTaking(document, FailureReason.DocumentChanged, "document_changed");
        }

        return left;
    }

    private async Task Sign(FoundApproval found, List<ApprovedRequest> left, Dictionary<string, SigningOutcome> outcomes, CancellationToken cancellation)
    {
        var verified = await evidence.Check(found.Evidence, [.. found.Documents.Select(document => document.Request)], cancellation);
        if (verified is ApprovalChecked.Bad bad)
        {
            foreach (var document in left)
                outcomes[document.Request.Id] = await RefuseBeforeTaking(document, bad.Reason, bad.Detail);
            return;
        }

        var good = (ApprovalChecked.Good)verified;
        await approvals.KeepProviderKeys(found.Evidence.ApprovalId, good.ProviderKeys, cancellation);
        if (keys.Make(good.Approval) is not { } key)
        {
            left.ForEach(document => outcomes[document.Request.Id] = new SigningOutcome.Postponed(FailureReason.KeyUnavailable, "key_not_made"));
            return;
        }

        try
        {
            await Take(found.Evidence, left, key, outcomes, cancellation);
        }
        finally
        {
            key.Dispose();
            audit.Append(new PersonKeyDestroyed(found.Evidence.ApprovalId));
        }
    }

    private async Task Take(StoredEvidence stored, List<ApprovedRequest> left, PersonKey key, Dictionary<string, SigningOutcome> outcomes, CancellationToken cancellation)
    {
        var begun = left.Select(document => new BegunDocument(document, audit.Begin(About(document)))).ToList();
        if (!await IsTaken(left, begun))
        {
            begun.ForEach(document => document.Operation.Complete(AuditOutcome.Refused, "approval_not_taken"));
            await approvals.EndUnused(stored.ApprovalId);
            return;
        }

        try
        {
            foreach (var (request, outcome) in await SignWith(key, stored, begun, cancellation))
                outcomes[request] = outcome;
        }
        catch
        {
            // Not expected, so not explained: the requests show that it failed, the caller logs why. What has its end, a kept signature that waits among it, keeps it.
            foreach (var document in begun.Where(document => !document.Operation.IsCompleted))
                await sign.Fail(document, FailureReason.InternalError, "internal_error");
            throw;
        }
    }

    // A stop changes nothing now: the beginning is audited.
    private async Task<bool> IsTaken(List<ApprovedRequest> left, List<BegunDocument> begun)
    {
        try
        {
            return await approvals.Take(left, CancellationToken.None);
        }
        catch
        {
            begun.ForEach(document => document.Operation.Complete(AuditOutcome.Failed, "internal_error"));
            throw;
        }
    }

    private async Task<IReadOnlyDictionary<string, SigningOutcome>> SignWith(PersonKey key, StoredEvidence stored, IReadOnlyList<BegunDocument> begun, CancellationToken cancellation)
    {
        switch (await keys.Certify(key, stored.Evidence, cancellation))
        {
            case CertificateAnswer.Refused refused:
                return await sign.FailAll(begun, refused.Reason, refused.Detail);
            case CertificateAnswer.Issued { Certificate: var certificate }:
                await approvals.KeepCertificates(stored.ApprovalId, certificate.ToPem());
                return await sign.RunAll(begun, key, certificate, cancellation);
            default:
                throw new InvalidOperationException("The Authority certifies or does not.");
        }
    }

    private async Task<SigningOutcome> RefuseBeforeTaking(ApprovedRequest document, FailureReason reason, string detail)
    {
        var outcome = new SigningOutcome.Failed(reason, detail);
        audit.Begin(About(document)).Complete(AuditOutcome.Refused, outcome.Word);
        await approvals.EndFailed(document.Approval, reason);
        return outcome;
    }

    private static DocumentSigning About(ApprovedRequest document) =>
        new(document.Request.Id, document.Approval.ApprovalId, Convert.ToHexStringLower(document.Request.DocumentSha256));
}
