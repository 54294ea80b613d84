using System.Buffers.Text;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Keys;
using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Csc;

/// <summary>
/// signatures/signDoc (CSC API v2 11.11), by the same steps as the service's own requests: 1. the parameters; 2. the evidence is stored and verified from there; 3. the
/// document, or the digest, is the one that was approved; 4. audited and taken; 5. a key is made for this approval, and certified on its evidence for this document
/// alone; 6. the document is prepared and signed, or the signature made over the digest; 7. the key is destroyed; 8. the signature is brought to its level, and to no
/// lower one.
/// </summary>
internal sealed class SignDoc(SadVerification sads, CredentialRecords records, CertifiedPersonKeys keys, RaiseDocument raise, TimestampClient timestamps, AuditLog audit)
{
    public async Task<TakenSigning> Take(CscAuthorization authorization, CscBody body, PadesLevel highest, CancellationToken cancellation)
    {
        var asked = SignDocParameters.Read(body);
        if (asked.Level > highest)
            throw new CscRefusedException(CscError.Invalid("conformance_level"));
        if (body.Flag("returnValidationInfo"))
            throw new CscRefusedException(CscError.Invalid("returnValidationInfo"));
        var digest = Base64Url.EncodeToString(asked.Digest);
        var sad = await sads.Verify(authorization, "", verified =>
        {
            if (verified.Structure.Documents is not [var approved])
                throw new CscRefusedException(CscError.InvalidRequest("documentDigests or documents are not authorized by the SAD"));
            if (approved.Sha256 != digest)
                throw new CscRefusedException(new CscError(StatusCodes.Status403Forbidden, "invalid_hash", "Document or documentDigest does not match authorized hash"));
        }, cancellation);
        var operation = audit.Begin(new DocumentSigning("csc", sad.Stored.ApprovalId, Convert.ToHexStringLower(asked.Digest)));
        if (!await records.TakeAlone(sad.Stored, cancellation))
        {
            operation.Complete(AuditOutcome.Refused, "approval_not_taken");
            throw new CscRefusedException(CscError.Invalid("SAD"));
        }

        return stopping => Run(asked, sad, operation, stopping);
    }

    private async Task<JsonObject> Run(SignDocParameters asked, VerifiedSad sad, AuditOperation operation, CancellationToken cancellation)
    {
        var outcome = "internal_error";
        try
        {
            var answer = asked.Document is { } document ? await SignDocument(asked, document, sad, cancellation) : await SignDigest(asked, sad, cancellation);
            outcome = "signed";
            return answer;
        }
        catch (CscRefusedException refused)
        {
            outcome = refused.Error.Status == StatusCodes.Status503ServiceUnavailable ? "unavailable" : "document_unsuitable";
            throw;
        }
        finally
        {
            await records.EndApproval(sad.Stored, outcome);
            operation.Complete(outcome == "signed" ? AuditOutcome.Succeeded : AuditOutcome.Failed, outcome == "signed" ? null : outcome);
        }
    }

    private async Task<JsonObject> SignDocument(SignDocParameters asked, byte[] document, VerifiedSad sad, CancellationToken cancellation)
    {
        var form = asked.IsCertification ? SignatureForm.Approval with { Certification = CertificationPermission.FormFilling } : SignatureForm.Approval;
        var signed = await WithKey(sad, (key, certificate) =>
            PreparedDocument.Prepare(document, sad.Approval, certificate, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime(), form) is Preparation.Done prepared
                ? SignedDocument.Sign(prepared.Document, key.For(asked.Digest))
                : throw new CscRefusedException(CscError.InvalidRequest("Invalid array parameter documents")), cancellation);
        var raised = await raise.Run(signed, asked.Level, cancellation);
        return raised.Obstacle is null
            ? new JsonObject { ["DocumentWithSignature"] = new JsonArray(Convert.ToBase64String(raised.Bytes.ToArray())) }
            : throw new CscRefusedException(CscError.Unavailable);
    }

    /// <summary>The digest over the ByteRange is what was approved, and what the certificate names: the document stays where it is.</summary>
    private async Task<JsonObject> SignDigest(SignDocParameters asked, VerifiedSad sad, CancellationToken cancellation)
    {
        var cms = await WithKey(sad, (key, certificate) => DigestSignature.Make(asked.Digest, key.For(asked.Digest), certificate), cancellation);
        if (asked.Level == PadesLevel.T)
        {
            if (await timestamps.Stamp(PadesSignature.TimestampedValue(cms), cancellation) is not TimestampAnswer.Granted granted)
                throw new CscRefusedException(CscError.Unavailable);
            cms = PadesSignature.WithSignatureTimestamp(cms, granted.Token);
        }

        return new JsonObject { ["SignatureObject"] = new JsonArray(Convert.ToBase64String(cms.Span)) };
    }

    private async Task<T> WithKey<T>(VerifiedSad sad, Func<PersonKey, PersonCertificate, T> sign, CancellationToken cancellation)
    {
        if (keys.Make(sad.Approval) is not { } key)
            throw new CscRefusedException(CscError.Unavailable);
        try
        {
            return await keys.Certify(key, sad.Stored.Evidence, cancellation) is CertificateAnswer.Issued { Certificate: var certificate }
                ? sign(key, certificate)
                : throw new CscRefusedException(CscError.Unavailable);
        }
        catch (KeyUnavailableException)
        {
            throw new CscRefusedException(CscError.Unavailable);
        }
        finally
        {
            key.Dispose();
            audit.Append(new PersonKeyDestroyed(sad.Stored.ApprovalId));
        }
    }
}
