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
/// 1. the parameters; 2. the credential is this person's and program's; 3. the SAD is current: of an approval that nobody has used, the evidence is stored and verified from
/// there (SadVerification), for this credential and person; 4. the hashes are among those that it is bound to; 5. the beginning is audited, then the approval is taken, at
/// its first use, in one conditional update, and the hashes of its transaction: from here a crash cannot lead to a second use; 6. the key is enabled by the approval, once,
/// and counts the hashes for itself; 7. each is signed in the order of the request; 8. the key is destroyed when nothing is left that it could sign, or when anything went
/// wrong; 9. the end is audited.
/// </summary>
internal sealed class SignHash(SessionCredentials credentials, SigningTransactions transactions, CredentialRecords records, AuditLog audit, TimeProvider time, ILogger<SignHash> log)
{
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string NotAuthorized = "Hash is not authorized by the SAD";
    public const int LongestIdentifier = 100;

    /// <summary>1. to 5.</summary>
    public async Task<TakenSigning> Take(CscAuthorization authorization, CscBody body, CancellationToken cancellation)
    {
        var credentialId = body.Required("credentialID", LongestIdentifier);
        var hashes = Hashes(body);
        CheckHashes(body, hashes);
        var record = await Find(authorization, credentialId, cancellation);
        CredentialAlgorithm.Of(Certificate.Parse(record.Certificate)).Check(body);
        return await Take(
            authorization, record, hashes, NotAuthorized,
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
    /// <param name="answer">Made of the signatures, when they are made.</param>
    /// <param name="cancellation">Ends it before the approval is taken.</param>
    public async Task<TakenSigning> Take(
        CscAuthorization authorization, RemoteCredential record, List<byte[]> hashes, string notAuthorized, Func<IReadOnlyList<byte[]>, CancellationToken, Task<JsonObject>> answer, CancellationToken cancellation)
    {
        var presented = await transactions.Present(authorization, record, cancellation);
        SigningTransactions.Demand(presented.Transaction.JudgeSigning(presented.Given, hashes, time.GetUtcNow()), notAuthorized);

        var operation = audit.Begin(new HashSigning(record.CredentialId, presented.Transaction.Stored.ApprovalId, hashes.Count));
        if (await IsTaken(presented, hashes, operation) is var use and not SadUse.Accepted)
        {
            operation.Complete(AuditOutcome.Refused, "approval_not_taken");
            SigningTransactions.Demand(use, notAuthorized);
        }

        return stopping => Sign(new Begun(presented.Credential, presented.Transaction, hashes, operation), answer, stopping);
    }

    private async Task<SadUse> IsTaken(PresentedSad presented, List<byte[]> hashes, AuditOperation operation)
    {
        try
        {
            return await transactions.Begin(presented) ? presented.Transaction.TakeForSigning(presented.Given, hashes, time.GetUtcNow()) : SadUse.Invalid;
        }
        catch
        {
            operation.Complete(AuditOutcome.Failed, "internal_error");
            throw;
        }
    }

    private sealed record Begun(LiveCredential Credential, SigningTransaction Transaction, List<byte[]> Hashes, AuditOperation Operation)
    {
        /// <summary>The key is gone: all are signed, or something went wrong.</summary>
        public bool IsOver { get; set; }
    }

    /// <summary>6. to 9. Somebody who leaves now changes nothing: what has begun is brought to its end.</summary>
    private async Task<JsonObject> Sign(Begun begun, Func<IReadOnlyList<byte[]>, CancellationToken, Task<JsonObject>> answer, CancellationToken cancellation)
    {
        var outcome = "internal_error";
        try
        {
            await CallOff(begun, cancellation);
            var said = await answer(await SignAll(begun), cancellation);
            outcome = SigningTransaction.Signed;
            begun.Transaction.HasAnswered();
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
            if (begun.IsOver)
                await LateWrite.Try(() => records.EndApproval(begun.Transaction.Stored, begun.Transaction.OutcomeOf(outcome)), log, "the end of an approval of hashes");
            begun.Operation.Complete(outcome == SigningTransaction.Signed ? AuditOutcome.Succeeded : AuditOutcome.Failed, outcome == SigningTransaction.Signed ? null : outcome);
        }
    }

    /// <summary>What waited for its turn when the service stopped, or could not be put in the queue: nobody would get its signatures.</summary>
    private async Task CallOff(Begun begun, CancellationToken cancellation)
    {
        if (!cancellation.IsCancellationRequested)
            return;
        begun.IsOver = true;
        await credentials.Destroy(begun.Credential.Record.CredentialId, CredentialRecords.Interrupted);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task<IReadOnlyList<byte[]>> SignAll(Begun begun)
    {
        var (reason, isOver) = ("not_signed", true);
        try
        {
            begun.Transaction.Enable(begun.Credential.Key);
            var leaf = Certificate.Parse(begun.Credential.Record.Certificate);
            var signatures = begun.Hashes.Select(hash => SignOne(begun.Credential.Key, leaf, hash)).ToList();
            (reason, isOver) = ("signed", begun.Transaction.HasSignedAll());
            return signatures;
        }
        finally
        {
            // What was approved besides can still be signed, with a SAD of extendTransaction.
            begun.IsOver = isOver;
            if (isOver)
                await credentials.Destroy(begun.Credential.Record.CredentialId, reason);
        }
    }

    // What leaves must verify with the certificate: found here, not by the first verifier.
    private static byte[] SignOne(SessionKey key, Certificate leaf, byte[] hash)
    {
        var signature = key.SignHash(key.Scheme, hash);
        return SignatureVerification.VerifyHash(leaf.PublicKey, CredentialAlgorithm.Of(leaf).Algorithm, hash, signature) == SignatureCheck.Valid
            ? signature
            : throw new InvalidOperationException("The signature does not verify with the certificate.");
    }

    /// <summary>1 to 100, decoded; how long each must be is seen by <see cref="CheckHashes"/>.</summary>
    public static List<byte[]> Hashes(CscBody body)
    {
        if (body.Find("hashes") is not { ValueKind: JsonValueKind.Array } hashes)
            throw new CscRefusedException(CscError.InvalidRequest("Missing (or invalid type) array parameter hash"));
        if (hashes.GetArrayLength() == 0)
            throw new CscRefusedException(CscError.InvalidRequest("Empty hash array"));
        if (hashes.GetArrayLength() > ApprovalStructure.MaximumSignatures)
            throw new CscRefusedException(CscError.InvalidRequest(NotAuthorized));
        return [.. hashes.EnumerateArray().Select(hash => CscBody.Base64(hash) ?? throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 hash string parameter")))];
    }

    /// <summary>The hash that the credential's key signs, and its length.</summary>
    public static void CheckHashes(CscBody body, List<byte[]> hashes)
    {
        if (body.Text("hashAlgorithmOID", LongestIdentifier) is not (null or Sha256))
            throw new CscRefusedException(CscError.Invalid("hashAlgorithmOID"));
        if (hashes.Exists(hash => hash.Length != SHA256.HashSizeInBytes))
            throw new CscRefusedException(CscError.InvalidRequest("Invalid digest value length"));
    }
}
