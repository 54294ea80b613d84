using System.Buffers.Text;
using Identity.Keys.Activation;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;

namespace Identity.Signing.Approvals;

/// <summary>What came of checking a stored approval against the request that it is for.</summary>
public abstract record ApprovalChecked
{
    private ApprovalChecked() { }

    public sealed record Good(VerifiedApproval Approval) : ApprovalChecked;

    /// <param name="Reason">For the person and the agency.</param>
    /// <param name="Detail">A word for the operator: the first check that failed.</param>
    public sealed record Bad(FailureReason Reason, string Detail) : ApprovalChecked;
}

/// <summary>
/// Verifies an approval from its stored form: that the person's passkey signed it (Identity.Keys), and that what it says is
/// what was shown for this very request.
/// </summary>
public sealed class EvidenceVerifier(ProviderKeySet keys, SigningSettings settings, TimeProvider time)
{
    /// <param name="stored">As read back from the database.</param>
    /// <param name="request">The request it was stored for.</param>
    /// <param name="documentSha256">Computed just now from the stored document.</param>
    /// <param name="cancellation">Ends the wait for the Provider's keys.</param>
    public async Task<ApprovalChecked> Check(
        StoredApproval stored, SigningRequest request, ReadOnlyMemory<byte> documentSha256, CancellationToken cancellation)
    {
        var expected = Expected(ClientKey.ClientId) with { Documents = [documentSha256] };
        ApprovalVerification verification;
        try
        {
            verification = await Verify(stored.Evidence, expected, cancellation);
        }
        catch (ProviderUnavailableException e)
        {
            return new ApprovalChecked.Bad(FailureReason.ProviderUnavailable, e.Message);
        }

        return verification switch
        {
            ApprovalVerification.Refused { Reason: ApprovalRefusal.Expired } => new ApprovalChecked.Bad(FailureReason.ApprovalExpired, "expired"),
            ApprovalVerification.Refused refused => Refuse(SnakeCase.Of(refused.Reason)),
            ApprovalVerification.Verified verified => AgainstRequest(verified.Approval, stored, request),
            _ => throw new InvalidOperationException("Verifying evidence has two outcomes."),
        };
    }

    /// <summary>That the person's passkey signed an approval for this client of the Provider; what it says is the caller's to judge.</summary>
    /// <exception cref="ProviderUnavailableException">the Provider's keys cannot be had</exception>
    public Task<ApprovalVerification> Verify(string evidence, string client, CancellationToken cancellation) => Verify(evidence, Expected(client), cancellation);

    private async Task<ApprovalVerification> Verify(string evidence, ApprovalExpectations expected, CancellationToken cancellation)
    {
        var verification = ApprovalEvidence.Verify(evidence, await keys.Get(cancellation), expected);
        return verification is ApprovalVerification.Refused { Reason: ApprovalRefusal.UnknownKey }
            ? ApprovalEvidence.Verify(evidence, await keys.GetAnew(cancellation), expected)
            : verification;
    }

    private ApprovalExpectations Expected(string client) => new()
    {
        Issuer = settings.Provider.AbsoluteUri,
        Audience = client,
        RelyingPartyId = settings.RelyingPartyId,
        Origins = settings.ApprovalOrigins,
        Now = time.GetUtcNow(),
    };

    private static ApprovalChecked AgainstRequest(VerifiedApproval approval, StoredApproval stored, SigningRequest request)
    {
        var said = approval.Structure;
        if (said.Approval != stored.ApprovalId)
            return Refuse("other_approval");
        if (approval.Person.Identifier != request.PersonIdentifier || approval.Subject != request.PersonSubject)
            return Refuse("other_person");
        if (request.RequiredSigner is not null && approval.Person.Identifier != request.RequiredSigner)
            return Refuse("other_signer");
        if (said.Requester != request.Requester)
            return Refuse("other_requester");
        // With all that the signature does beside approving.
        if (!SignatureStatement.IsApproved(said.Purpose, request))
            return Refuse("other_purpose");
        return said.Documents is [var document] && document.Label == request.FileName
            && document.Sha256 == Base64Url.EncodeToString(request.DocumentSha256)
            ? new ApprovalChecked.Good(approval)
            : Refuse("other_document");
    }

    private static ApprovalChecked.Bad Refuse(string detail) => new(FailureReason.EvidenceRefused, detail);
}
