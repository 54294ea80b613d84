using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Signing.Approvals;

namespace Identity.Signing.Csc;

/// <summary>
/// signatures/signHash (CSC API v2 11.10). The order is the safety of it:
/// 1. the parameters; 2. the credential is this person's and program's; 3. the evidence is stored, verbatim, before anything is done with it; 4. it is
/// verified from its stored form, for this credential, person and program; 5. the hashes are those that were approved, no more and no fewer; 6. the beginning is audited, then the
/// approval is taken, in one conditional update: from here a crash cannot lead to a second use; 7. the key is enabled by the approval, once, and counts the hashes
/// for itself; 8. each is signed in the order of the request; 9. the key is destroyed; 10. the end is audited.
/// </summary>
internal sealed class SignHash(CscToken tokens, SessionCredentials credentials, CredentialRecords records, EvidenceVerifier evidence, AuditLog audit, TimeProvider time, ILogger<SignHash> log)
{
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private const int LongestIdentifier = 100;

    public async Task<JsonObject> Run(HttpRequest request, CscBody body, CancellationToken cancellation)
    {
        var authorization = await tokens.AuthorizeCredential(request, body, cancellation);
        // 1.
        var credentialId = body.Required("credentialID", LongestIdentifier);
        var hashes = Hashes(body);
        CheckAlgorithms(body, hashes);
        // 2.
        var (credential, approval, verified) = await Verify(authorization, credentialId, cancellation);
        // 5.
        if (!AreApproved(hashes, verified.Structure))
            throw new CscRefusedException(CscError.InvalidRequest("Hash is not authorized by the SAD"));
        var signatures = await Sign(credential, approval, verified, hashes, cancellation);
        return new JsonObject { ["signatures"] = new JsonArray([.. signatures.Select(signature => JsonValue.Create(Convert.ToBase64String(signature)))]) };
    }

    /// <summary>2. to 4.</summary>
    private async Task<(LiveCredential Credential, CredentialApproval Approval, VerifiedApproval Verified)> Verify(
        CscAuthorization authorization, string credentialId, CancellationToken cancellation)
    {
        if (await records.Find(credentialId, authorization.Client, authorization.Subject, cancellation) is not { } record)
            throw new CscRefusedException(CscError.Invalid("credentialID"));
        if (record.NotAfter <= time.GetUtcNow())
            throw new CscRefusedException(CscError.InvalidRequest("Signing certificate is expired"));
        if (authorization.Token.Evidence is not { Length: <= StoredEvidence.LongestEvidence } given || AuthorizationDetails.ClaimedApprovalId(given) is not { } approvalId)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        // 3. What does not hold is not stored: it could take the place of what does.
        Judge(await evidence.Verify(given, authorization.Client, cancellation), approvalId, record);
        if (await records.Store(
            new CredentialApproval { ApprovalId = approvalId, CredentialId = credentialId, Client = authorization.Client, Evidence = given, StoredAt = time.GetUtcNow() }, cancellation))
        {
            audit.Append(new CredentialEvidenceStored(credentialId, approvalId));
        }

        // 4.
        var approval = await records.FindApproval(approvalId, cancellation);
        if (approval.TakenAt is not null || approval.EndedAt is not null)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        var verified = Judge(await evidence.Verify(approval.Evidence, authorization.Client, cancellation), approvalId, record);
        return credentials.Find(credentialId) is { } live
            ? (live, approval, verified)
            : throw new CscRefusedException(CscError.InvalidRequest("The credential identified by credentialID is disabled"));
    }

    private VerifiedApproval Judge(ApprovalVerification verification, string approvalId, RemoteCredential record)
    {
        if (verification is not ApprovalVerification.Verified { Approval: var verified })
        {
            var reason = ((ApprovalVerification.Refused)verification).Reason;
            log.LogWarning("Evidence of a credential's approval was refused: {Reason}", reason);
            throw new CscRefusedException(reason == ApprovalRefusal.Expired ? CscError.InvalidRequest("SAD expired") : CscError.Invalid("SAD"));
        }

        if (verified.Structure.Approval != approvalId || verified.Person.Identifier != record.PersonIdentifier)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        return verified.Structure.Credential == record.CredentialId ? verified : throw new CscRefusedException(CscError.Invalid("credentialID"));
    }

    /// <summary>6. to 10.</summary>
    private async Task<IReadOnlyList<byte[]>> Sign(
        LiveCredential credential, CredentialApproval approval, VerifiedApproval verified, List<byte[]> hashes, CancellationToken cancellation)
    {
        var id = credential.Record.CredentialId;
        var operation = audit.Begin(new HashSigning(id, approval.ApprovalId, hashes.Count));
        if (!await records.Take(approval, cancellation))
        {
            operation.Complete(AuditOutcome.Refused, "approval_not_taken");
            throw new CscRefusedException(CscError.Invalid("SAD"));
        }

        var outcome = "internal_error";
        try
        {
            // 7.
            credential.Key.Enable(verified);
            // 8. Somebody who leaves now changes nothing: what has begun is brought to its end.
            var leaf = Certificate.Parse(credential.Record.Certificate);
            var signatures = hashes.Select(hash => SignOne(credential.Key, leaf, hash)).ToList();
            outcome = "signed";
            return signatures;
        }
        catch (KeyUnavailableException problem)
        {
            outcome = "key_unavailable";
            log.LogError(problem, "A credential's key did not sign");
            throw new CscRefusedException(CscError.Unavailable);
        }
        finally
        {
            // 9., 10.
            await credentials.Destroy(id, outcome);
            await records.EndApproval(approval, outcome);
            operation.Complete(outcome == "signed" ? AuditOutcome.Succeeded : AuditOutcome.Failed, outcome == "signed" ? null : outcome);
        }
    }

    // What leaves must verify with the certificate: found here, not by the first verifier.
    private static byte[] SignOne(SessionKey key, Certificate leaf, byte[] hash)
    {
        var signature = key.SignHash(SignatureScheme.EcdsaSha256, hash);
        return SignatureVerification.VerifyHash(leaf.PublicKey, SignatureAlgorithm.EcdsaSha256, hash, signature) == SignatureCheck.Valid
            ? signature
            : throw new InvalidOperationException("The signature does not verify with the certificate.");
    }

    /// <summary>As sets in which something may be twice; nothing is sorted in place, so the order of the request stays.</summary>
    private static bool AreApproved(List<byte[]> hashes, ApprovalStructure approved)
    {
        var left = approved.Signatures.Select(signature => signature.Hash).ToList();
        return left.Count == hashes.Count && hashes.All(hash => left.Remove(Base64Url.EncodeToString(hash)));
    }

    private static List<byte[]> Hashes(CscBody body)
    {
        if (body.Find("hashes") is not { ValueKind: JsonValueKind.Array } hashes)
            throw new CscRefusedException(CscError.InvalidRequest("Missing (or invalid type) array parameter hash"));
        if (hashes.GetArrayLength() == 0)
            throw new CscRefusedException(CscError.InvalidRequest("Empty hash array"));
        if (hashes.GetArrayLength() > ApprovalStructure.MaximumSignatures)
            throw new CscRefusedException(CscError.InvalidRequest("Hash is not authorized by the SAD"));
        return [.. hashes.EnumerateArray().Select(hash => CscBody.Base64(hash) ?? throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 hash string parameter")))];
    }

    private static void CheckAlgorithms(CscBody body, List<byte[]> hashes)
    {
        if (body.Required("signAlgo", LongestIdentifier) != CredentialDescription.EcdsaWithSha256)
            throw new CscRefusedException(CscError.Invalid("signAlgo"));
        // RFC 5758 3.2: this algorithm has none.
        if (body.Text("signAlgoParams", 4096) is not null)
            throw new CscRefusedException(CscError.Invalid("signAlgoParams"));
        if (body.Text("hashAlgorithmOID", LongestIdentifier) is not (null or Sha256))
            throw new CscRefusedException(CscError.Invalid("hashAlgorithmOID"));
        if (hashes.Exists(hash => hash.Length != SHA256.HashSizeInBytes))
            throw new CscRefusedException(CscError.InvalidRequest("Invalid digest value length"));
        if (body.Text("operationMode", 16) is not (null or "S"))
            throw new CscRefusedException(CscError.Invalid("operationMode"));
        // CSC API v2 11.10: for the asynchronous mode alone.
        foreach (var parameter in new[] { "validity_period", "response_uri" })
        {
            if (body.Find(parameter) is not null)
                throw new CscRefusedException(CscError.Invalid(parameter));
        }
    }
}
