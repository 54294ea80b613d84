using System.Buffers.Text;
using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;

namespace Identity.Signing.Csc;

/// <summary>
/// signatures/signDoc (CSC API v2 11.11), by the same steps as the service's own requests: 1. the parameters; 2. the evidence is stored and verified from there; 3. the
/// documents, or digests, are those that were approved, all of them; 4. documents go to disk, so that none is in memory while the call waits for its turn, and one that
/// cannot be signed is refused; 5. audited and taken; 6. a key is made for this approval, and certified on its evidence for these documents alone; 7. each is signed, in
/// the order of the request; 8. the key is destroyed; 9. each signature is brought to its level, and to no lower one. When no key can be made, nothing was signed: the
/// approval is given back, and the same call may be made again.
/// </summary>
internal sealed class SignDoc(SadVerification sads, CredentialRecords records, CertifiedPersonKeys keys, SignedAnswer answer, AuditLog audit, ILogger<SignDoc> log)
{
    public async Task<TakenSigning> Take(CscAuthorization authorization, SignDocParameters asked, CancellationToken cancellation)
    {
        var digests = asked.Asked.Select(signature => Base64Url.EncodeToString(signature.Digest)).ToList();
        var sad = await sads.Verify(authorization, "", verified => Judge(verified, digests), cancellation);
        // Before the approval is used: without their time-stamps its signatures would be nobody's.
        if (asked.Asked.Any(signature => signature.Level > Pades.PadesLevel.B) && !await answer.CanStamp(cancellation))
            throw new CscRefusedException(CscError.Unavailable);
        var staged = await answer.Stage(asked, cancellation);
        try
        {
            var operations = asked.Asked.Select(signature => audit.Begin(new DocumentSigning("csc", sad.Stored.ApprovalId, Convert.ToHexStringLower(signature.Digest)))).ToList();
            if (await IsTaken(sad, operations))
            {
                var taken = new Taken(staged, sad, operations, asked.WantsValidationInfo);
                staged = null;
                return stopping => Run(taken, stopping);
            }

            operations.ForEach(operation => operation.Complete(AuditOutcome.Refused, "approval_not_taken"));
            throw new CscRefusedException(CscError.Invalid("SAD"));
        }
        finally
        {
            staged?.Dispose();
        }
    }

    // Somebody who leaves now changes nothing: the beginning is audited.
    private async Task<bool> IsTaken(VerifiedSad sad, List<AuditOperation> operations)
    {
        try
        {
            return await records.TakeAlone(sad.Stored, CancellationToken.None);
        }
        catch
        {
            operations.ForEach(operation => operation.Complete(AuditOutcome.Failed, "internal_error"));
            throw;
        }
    }

    private sealed record Taken(StagedSignatures Staged, VerifiedSad Sad, List<AuditOperation> Operations, bool WantsValidationInfo);

    private static void Judge(VerifiedApproval verified, List<string> digests)
    {
        var approved = verified.Structure.Documents.Select(document => document.Sha256).ToList();
        // All that were approved, none twice: each is signed once.
        if (approved.Count != digests.Count || approved.Distinct().Count() != approved.Count)
            throw new CscRefusedException(CscError.InvalidRequest(SignDocParameters.NotAuthorized));
        if (!approved.ToHashSet().SetEquals(digests))
            throw new CscRefusedException(new CscError(StatusCodes.Status403Forbidden, "invalid_hash", "Document or documentDigest does not match authorized hash"));
    }

    private async Task<System.Text.Json.Nodes.JsonObject> Run(Taken taken, CancellationToken cancellation)
    {
        var outcome = "internal_error";
        try
        {
            cancellation.ThrowIfCancellationRequested();
            var made = await WithKey(taken.Sad, (key, certificate) => answer.Sign(taken.Staged, key, certificate), cancellation);
            var said = await answer.Of(made, taken.WantsValidationInfo, cancellation);
            outcome = "signed";
            return said;
        }
        catch (KeyUnavailableException)
        {
            outcome = "key_unavailable";
            throw new CscRefusedException(CscError.Unavailable);
        }
        catch (CscRefusedException refused)
        {
            outcome = refused.Error.Status == StatusCodes.Status503ServiceUnavailable ? "unavailable" : "document_unsuitable";
            throw;
        }
        catch (KeyNotMadeException)
        {
            outcome = "key_not_made";
            throw new CscRefusedException(CscError.Unavailable);
        }
        catch (OperationCanceledException)
        {
            outcome = CredentialRecords.Interrupted;
            throw new CscRefusedException(CscError.Unavailable);
        }
        finally
        {
            await LateWrite.Try(
                () => outcome == "key_not_made" ? records.GiveBack(taken.Sad.Stored) : records.EndApproval(taken.Sad.Stored, outcome), log, "the end of an approval of documents");
            taken.Operations.ForEach(operation => operation.Complete(outcome == "signed" ? AuditOutcome.Succeeded : AuditOutcome.Failed, outcome == "signed" ? null : outcome));
            taken.Staged.Dispose();
        }
    }

    private async Task<T> WithKey<T>(VerifiedSad sad, Func<PersonKey, PersonCertificate, T> sign, CancellationToken cancellation)
    {
        if (keys.Make(sad.Approval) is not { } key)
            throw new KeyNotMadeException();
        try
        {
            if (await keys.Certify(key, sad.Stored.Evidence, cancellation) is not CertificateAnswer.Issued { Certificate: var certificate })
                throw new CscRefusedException(CscError.Unavailable);
            await records.KeepCertificates(sad.Stored.ApprovalId, certificate.ToPem());
            return sign(key, certificate);
        }
        finally
        {
            key.Dispose();
            audit.Append(new PersonKeyDestroyed(sad.Stored.ApprovalId));
        }
    }

    private sealed class KeyNotMadeException : Exception;
}
