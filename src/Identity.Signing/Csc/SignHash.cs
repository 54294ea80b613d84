using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Signing.Csc;

/// <summary>What a call signs, decided and taken: runs once.</summary>
internal delegate Task<JsonObject> TakenSigning(CancellationToken cancellation);

/// <summary>
/// signatures/signHash (CSC API v2 11.10). The order is the safety of it:
/// 1. the parameters; 2. the credential is this person's and program's; 3. the evidence is stored and verified from there (SadVerification), for this credential and
/// person; 4. the hashes are those that were approved, no more and no fewer; 5. the beginning is audited, then the approval is taken, in one conditional update: from
/// here a crash cannot lead to a second use; 6. the key is enabled by the approval, once, and counts the hashes for itself; 7. each is signed in the order of the
/// request; 8. the key is destroyed, however it ended; 9. the end is audited.
/// </summary>
internal sealed class SignHash(SessionCredentials credentials, SadVerification sads, CredentialRecords records, AuditLog audit, TimeProvider time, ILogger<SignHash> log)
{
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private const int LongestIdentifier = 100;

    /// <summary>1. to 5.</summary>
    public async Task<TakenSigning> Take(CscAuthorization authorization, CscBody body, CancellationToken cancellation)
    {
        var credentialId = body.Required("credentialID", LongestIdentifier);
        var hashes = Hashes(body);
        CheckAlgorithms(body, hashes);
        return await Take(
            authorization, await Find(authorization, credentialId, cancellation), hashes, "Hash is not authorized by the SAD",
            (values, _) => Task.FromResult(new JsonObject { ["signatures"] = new JsonArray([.. values.Select(value => JsonValue.Create(Convert.ToBase64String(value)))]) }), cancellation);
    }

    /// <summary>2.</summary>
    public async Task<RemoteCredential> Find(CscAuthorization authorization, string credentialId, CancellationToken cancellation)
    {
        var record = await records.Find(credentialId, authorization.Client, authorization.Subject, cancellation) ?? throw new CscRefusedException(CscError.Invalid("credentialID"));
        return record.NotAfter > time.GetUtcNow() ? record : throw new CscRefusedException(CscError.InvalidRequest("Signing certificate is expired"));
    }

    /// <summary>3. to 5.</summary>
    /// <param name="authorization">The token.</param>
    /// <param name="record">As it was found.</param>
    /// <param name="hashes">To be signed, in this order.</param>
    /// <param name="notAuthorized">What is said of others than were approved.</param>
    /// <param name="answer">Made of the signatures, when the key is gone already.</param>
    /// <param name="cancellation">Ends it before the approval is taken.</param>
    public async Task<TakenSigning> Take(
        CscAuthorization authorization, RemoteCredential record, List<byte[]> hashes, string notAuthorized, Func<IReadOnlyList<byte[]>, CancellationToken, Task<JsonObject>> answer, CancellationToken cancellation)
    {
        var sad = await sads.Verify(authorization, record.CredentialId, verified => Judge(verified, record), cancellation);
        if (!AreApproved(hashes, sad.Approval.Structure))
            throw new CscRefusedException(CscError.InvalidRequest(notAuthorized));
        if (credentials.Find(record.CredentialId) is not { } credential)
            throw new CscRefusedException(CscError.InvalidRequest("The credential identified by credentialID is disabled"));

        var operation = audit.Begin(new HashSigning(record.CredentialId, sad.Stored.ApprovalId, hashes.Count));
        if (!await IsTaken(sad, operation))
        {
            operation.Complete(AuditOutcome.Refused, "approval_not_taken");
            throw new CscRefusedException(CscError.Invalid("SAD"));
        }

        return stopping => Sign(new Begun(credential, sad, hashes, operation), answer, stopping);
    }

    // Somebody who leaves now changes nothing: the beginning is audited.
    private async Task<bool> IsTaken(VerifiedSad sad, AuditOperation operation)
    {
        try
        {
            return await records.Take(sad.Stored, CancellationToken.None);
        }
        catch
        {
            operation.Complete(AuditOutcome.Failed, "internal_error");
            throw;
        }
    }

    private sealed record Begun(LiveCredential Credential, VerifiedSad Sad, List<byte[]> Hashes, AuditOperation Operation);

    /// <summary>6. to 9. Somebody who leaves now changes nothing: what has begun is brought to its end.</summary>
    private async Task<JsonObject> Sign(Begun begun, Func<IReadOnlyList<byte[]>, CancellationToken, Task<JsonObject>> answer, CancellationToken cancellation)
    {
        var outcome = "internal_error";
        try
        {
            await CallOff(begun, cancellation);
            var said = await answer(await SignAll(begun), cancellation);
            outcome = "signed";
            return said;
        }
        catch (KeyUnavailableException problem)
        {
            outcome = "key_unavailable";
            log.LogError(problem, "A credential's key did not sign");
            throw new CscRefusedException(CscError.Unavailable);
        }
        catch (Exception problem) when (problem is CscRefusedException or OperationCanceledException)
        {
            outcome = "unavailable";
            throw new CscRefusedException(CscError.Unavailable);
        }
        finally
        {
            await LateWrite.Try(() => records.EndApproval(begun.Sad.Stored, outcome), log, "the end of an approval of hashes");
            begun.Operation.Complete(outcome == "signed" ? AuditOutcome.Succeeded : AuditOutcome.Failed, outcome == "signed" ? null : outcome);
        }
    }

    /// <summary>What waited for its turn when the service stopped, or could not be put in the queue: nobody would get its signatures.</summary>
    private async Task CallOff(Begun begun, CancellationToken cancellation)
    {
        if (!cancellation.IsCancellationRequested)
            return;
        await credentials.Destroy(begun.Credential.Record.CredentialId, CredentialRecords.Interrupted);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task<IReadOnlyList<byte[]>> SignAll(Begun begun)
    {
        var reason = "not_signed";
        try
        {
            begun.Credential.Key.Enable(begun.Sad.Approval);
            var leaf = Certificate.Parse(begun.Credential.Record.Certificate);
            var signatures = begun.Hashes.Select(hash => SignOne(begun.Credential.Key, leaf, hash)).ToList();
            reason = "signed";
            return signatures;
        }
        finally
        {
            await credentials.Destroy(begun.Credential.Record.CredentialId, reason);
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

    private static void Judge(VerifiedApproval verified, RemoteCredential record)
    {
        if (verified.Person.Identifier != record.PersonIdentifier)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        if (verified.Structure.Credential != record.CredentialId)
            throw new CscRefusedException(CscError.Invalid("credentialID"));
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
    }
}
