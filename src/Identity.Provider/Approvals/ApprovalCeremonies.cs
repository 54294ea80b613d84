using System.Security.Cryptography;
using Identity.Audit;
using Identity.Keys.Activation;
using Identity.Provider.Login;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Provider.Sessions;

namespace Identity.Provider.Approvals;

/// <summary>A ceremony that waits for the person: its id goes with the form, the options to the authenticator, the rest to the page.</summary>
public sealed record StartedApproval(string Id, string OptionsJson, DateTimeOffset PageExpires, DateTimeOffset Expires);

/// <summary>How an attempt to approve ended.</summary>
public enum ApprovalOutcome
{
    Approved,

    /// <summary>Expired, used before, of another session, person or request: the pending approval is spent or never was.</summary>
    NotPending,

    /// <summary>The passkey's answer does not verify; the pending approval is spent.</summary>
    NotVerified,
}

/// <summary>
/// A person approves documents with their passkey. The WebAuthn challenge is the SHA-256 of the canonical approval structure, so the assertion is
/// an approval of exactly these documents for this purpose, and of nothing else.
/// </summary>
public sealed partial class ApprovalCeremonies(
    PasskeyCeremonies passkeys, ApprovalStore approvals, AuditLog audit, ProviderSettings settings, TimeProvider time, ILogger<ApprovalCeremonies> log)
{
    /// <summary>How long the page waits for the passkey.</summary>
    public static readonly TimeSpan PagePatience = TimeSpan.FromMinutes(5);

    /// <summary>Until when the signing service can use the approval, from the moment the page is shown.</summary>
    public static readonly TimeSpan ApprovalLasts = TimeSpan.FromMinutes(10);

    public async Task<StartedApproval> Start(HttpContext context, PendingRequest request, ApprovalRequest asked, Person person, PersonSession session)
    {
        var now = time.GetUtcNow();
        var structure = new ApprovalStructure
        {
            Approval = ApprovalStructure.NewRandom(),
            Random = ApprovalStructure.NewRandom(),
            Person = person.Identifier,
            Client = request.ClientId,
            Requester = asked.IsOfProgram ? request.ClientName : asked.Requester,
            Purpose = asked.Purpose,
            Documents = [.. asked.Documents.Select(document => new ApprovedDocument(document.Label, Encode(document.Sha256)))],
            Credential = asked.Credential,
            Signatures = [.. asked.Signatures.Select(signature => new ApprovedSignature(
                signature.Label, Encode(signature.Hash), signature.DocumentSha256 is { } document ? Encode(document) : null))],
            Expires = DateTimeOffset.FromUnixTimeSeconds((now + ApprovalLasts).ToUnixTimeSeconds()),
        };
        var canonical = structure.ToCanonicalBytes();
        var options = await passkeys.MakeOptions(context, person, SHA256.HashData(canonical));
        var pending = new PendingApproval(request.Key, person.Id, session.SessionId, canonical, structure.Expires, options.State);
        if (!await approvals.Put(pending, structure.Approval, PagePatience))
            throw new InvalidOperationException("Two random 128-bit approval ids were equal.");
        return new StartedApproval(structure.Approval, options.OptionsJson, now + PagePatience, structure.Expires);
    }

    /// <summary>Steps in this order, because each later one may rely on the earlier: take, compare, verify, audit, keep.</summary>
    public async Task<ApprovalOutcome> Finish(HttpContext context, string id, string credentialJson, PendingRequest request, PersonSession session)
    {
        // (1) Taken before anything is verified: a second attempt, parallel or later, finds nothing, and a failed one is spent.
        if (!IsId(id) || await approvals.TakePending(id) is not { } pending)
            return Refused("not pending");
        // (2) Of this session, this person and this authorization request.
        if (pending.SessionId != session.SessionId || pending.PersonId != session.PersonId || pending.RequestKey != request.Key)
            return Refused("another session, person or request");
        if (pending.Expires <= time.GetUtcNow())
            return Refused("expired");
        if (!ApprovalStructure.TryParse(pending.Structure, out var structure))
            throw new InvalidOperationException("A pending approval does not hold a canonical structure.");

        var operation = audit.Begin(new ApprovalDecision(structure!.Approval, session.PersonId, structure.Client, Encode(structure.Challenge())));
        // (3) The passkey of this person, over this structure, with user verification.
        var verified = await passkeys.VerifyAssertion(context, pending.State, credentialJson);
        if (verified is null || verified.Person.Id != pending.PersonId)
        {
            operation.Complete(AuditOutcome.Refused, "assertion_not_verified");
            return ApprovalOutcome.NotVerified;
        }

        // (4) Kept for exactly this authorization request, once.
        var finished = Keep(pending, verified);
        if (!await approvals.Finish(finished, pending.Expires - time.GetUtcNow()))
        {
            operation.Complete(AuditOutcome.Refused, "request_already_approved");
            return Refused("the request has an approval");
        }

        operation.Complete(AuditOutcome.Succeeded);
        return ApprovalOutcome.Approved;
    }

    private FinishedApproval Keep(PendingApproval pending, VerifiedAssertion verified) => new(
        pending.RequestKey, pending.PersonId, pending.SessionId, pending.Structure, pending.Expires,
        PasskeyPolicy.RelyingPartyId(settings.Issuer), PasskeyPolicy.Origin(settings.Issuer),
        verified.Passkey.CredentialId, verified.Passkey.PublicKey,
        verified.Answer.ClientDataJson, verified.Answer.AuthenticatorData, verified.Answer.Signature);

    private ApprovalOutcome Refused(string reason)
    {
        LogRefused(reason);
        return ApprovalOutcome.NotPending;
    }

    private static bool IsId(string id) => id.Length == 22 && System.Buffers.Text.Base64Url.IsValid(id);

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    [LoggerMessage(LogLevel.Information, "Approval refused: {Reason}")]
    private partial void LogRefused(string reason);
}
