using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Keys.Activation;
using Identity.Provider.Approvals;
using Identity.Provider.People;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;

namespace Identity.Provider.Token;

/// <summary>RFC 9396 7: the authorization_details of the token answer, with the evidence that the person approved.</summary>
public sealed class EvidenceAnswer(ProviderSettings settings, TokenKeys keys, AuditLog audit, TimeProvider time)
{
    internal OpenIddictParameter For(FinishedApproval approval, Person person, string subject)
    {
        if (!ApprovalStructure.TryParse(approval.Structure, out var structure) || structure is null)
            throw new InvalidOperationException("A finished approval holds no approval structure.");
        var issue = audit.Begin(new ApprovalEvidenceIssue(structure.Approval, structure.Client));
        var payload = ApprovalEvidence.Compose(
            structure,
            settings.Issuer.AbsoluteUri,
            subject,
            new ApprovedPerson(person.Identifier, person.GivenName, person.FamilyName),
            time.GetUtcNow(),
            approval.RpId,
            approval.Origin,
            new PasskeyAssertion(approval.CredentialId, approval.PublicKey, approval.ClientDataJson, approval.AuthenticatorData, approval.Signature));
        var key = keys.Active(SecurityAlgorithms.EcdsaSha256);
        var evidence = ApprovalEvidence.Sign(payload, key.Key, key.KeyId);
        issue.Complete(AuditOutcome.Succeeded);
        return (OpenIddictParameter)new JsonArray(Details(structure, evidence));
    }

    private static JsonObject Details(ApprovalStructure structure, string evidence) => new()
    {
        ["type"] = ApprovalRequest.DetailsType,
        ["numSignatures"] = structure.Documents.Count,
        ["documentDigests"] = new JsonArray([.. structure.Documents.Select(document => new JsonObject
        {
            // Base64, as it was asked; the structure holds base64url.
            ["hash"] = Convert.ToBase64String(System.Buffers.Text.Base64Url.DecodeFromChars(document.Sha256)),
            ["label"] = document.Label,
        })]),
        ["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1",
        ["requester"] = structure.Requester,
        ["purpose"] = structure.Purpose,
        ["approval_evidence"] = evidence,
    };
}
