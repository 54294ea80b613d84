using System.Buffers.Text;
using Identity.Keys.Activation;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;

namespace Identity.Signing.Approvals;

/// <summary>What came of checking a stored approval against the request that it is for.</summary>
public abstract record ApprovalChecked
{
    private ApprovalChecked() { }

    /// <param name="ProviderKeys">The key set that it was verified with.</param>
    public sealed record Good(VerifiedApproval Approval, string ProviderKeys) : ApprovalChecked;

    /// <param name="Reason">For the person and the agency.</param>
    /// <param name="Detail">A word for the operator: the first check that failed.</param>
    public sealed record Bad(FailureReason Reason, string Detail) : ApprovalChecked;
}

/// <summary>
/// Verifies an approval from its stored form: that the person's passkey signed it (Identity.Keys), and that what it says is
/// what was shown for these very requests.
/// </summary>
public sealed class EvidenceVerifier(ProviderKeySet keys, SigningSettings settings, TimeProvider time)
{
    /// <param name="stored">As read back from the database.</param>
    /// <param name="requests">The requests it was stored for, in order; each stored document has been found to have the SHA-256 of its request, or is not going to be signed.</param>
    /// <param name="cancellation">Ends the wait for the Provider's keys.</param>
    public async Task<ApprovalChecked> Check(StoredEvidence stored, IReadOnlyList<SigningRequest> requests, CancellationToken cancellation)
    {
        var expected = Expected(ClientKey.ClientId) with { Documents = [.. requests.Select(request => (ReadOnlyMemory<byte>)request.DocumentSha256)] };
        ApprovalVerification verification;
        string keySet;
        try
        {
            (verification, keySet) = await Verify(stored.Evidence, expected, cancellation);
        }
        catch (ProviderUnavailableException e)
        {
            return new ApprovalChecked.Bad(FailureReason.ProviderUnavailable, e.Message);
        }

        return verification switch
        {
            ApprovalVerification.Refused { Reason: ApprovalRefusal.Expired } => new ApprovalChecked.Bad(FailureReason.ApprovalExpired, "expired"),
            ApprovalVerification.Refused refused => Refuse(SnakeCase.Of(refused.Reason)),
            ApprovalVerification.Verified verified => AgainstRequests(verified.Approval, stored, requests) is { } bad ? bad : new ApprovalChecked.Good(verified.Approval, keySet),
            _ => throw new InvalidOperationException("Verifying evidence has two outcomes."),
        };
    }

    /// <summary>That the person's passkey signed an approval for this client of the Provider; what it says is the caller's to judge.</summary>
    /// <exception cref="ProviderUnavailableException">the Provider's keys cannot be had</exception>
    /// <returns>and the key set that it was verified with</returns>
    public Task<(ApprovalVerification Verification, string KeySet)> Verify(string evidence, string client, CancellationToken cancellation) => Verify(evidence, Expected(client), cancellation);

    private async Task<(ApprovalVerification Verification, string KeySet)> Verify(string evidence, ApprovalExpectations expected, CancellationToken cancellation)
    {
        var keySet = await keys.Get(cancellation);
        var verification = ApprovalEvidence.Verify(evidence, keySet, expected);
        if (verification is not ApprovalVerification.Refused { Reason: ApprovalRefusal.UnknownKey })
            return (verification, keySet);
        keySet = await keys.GetAnew(cancellation);
        return (ApprovalEvidence.Verify(evidence, keySet, expected), keySet);
    }

    private ApprovalExpectations Expected(string client) => new()
    {
        Issuer = settings.Provider.AbsoluteUri,
        Audience = client,
        RelyingPartyId = settings.RelyingPartyId,
        Origins = settings.ApprovalOrigins,
        Now = time.GetUtcNow(),
    };

    /// <summary>Null when all is well.</summary>
    private static ApprovalChecked.Bad? AgainstRequests(VerifiedApproval approval, StoredEvidence stored, IReadOnlyList<SigningRequest> requests)
    {
        var said = approval.Structure;
        if (said.Approval != stored.ApprovalId)
            return Refuse("other_approval");
        if (said.Documents.Count != requests.Count)
            return Refuse("other_document");
        return requests.Zip(said.Documents, (request, document) => AgainstRequest(approval, request, document)).FirstOrDefault(bad => bad is not null);
    }

    private static ApprovalChecked.Bad? AgainstRequest(VerifiedApproval approval, SigningRequest request, ApprovedDocument document)
    {
        var said = approval.Structure;
        if (approval.Person.Identifier != request.PersonIdentifier || approval.Subject != request.PersonSubject)
            return Refuse("other_person");
        if (request.RequiredSigner is not null && approval.Person.Identifier != request.RequiredSigner)
            return Refuse("other_signer");
        if (said.Requester != request.Requester)
            return Refuse("other_requester");
        // With all that the signature does beside approving.
        if (!SignatureStatement.IsApproved(said.Purpose, request))
            return Refuse("other_purpose");
        return document.Label == request.FileName && document.Sha256 == Base64Url.EncodeToString(request.DocumentSha256) ? null : Refuse("other_document");
    }

    private static ApprovalChecked.Bad Refuse(string detail) => new(FailureReason.EvidenceRefused, detail);
}
