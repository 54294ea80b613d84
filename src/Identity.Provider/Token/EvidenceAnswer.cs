using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Keys.Activation;
using Identity.Provider.Approvals;
using Identity.Provider.People;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;

namespace Identity.Provider.Token;

/// <summary>RFC 9396 7: the authorization_details of the token answer, with the evidence that the person approved.</summary>
public sealed class EvidenceAnswer(ProviderSettings settings, TokenKeys keys, ApprovalStore approvals, AuditLog audit, TimeProvider time)
{
    /// <param name="keep">It was asked for by a program, whose token the signing service will ask about.</param>
    internal async Task<OpenIddictParameter> For(FinishedApproval approval, Person person, string subject, bool keep)
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
        var details = new JsonArray(structure.Credential is null ? Details(structure, evidence) : CredentialDetails(structure, evidence));
        // Standard clients do not carry evidence: who is to sign asks for it with the token (RFC 9396 9.2).
        if (keep && !await approvals.KeepDetails(structure.Approval, new GrantedDetails(details.ToJsonString()), structure.Expires - time.GetUtcNow()))
            throw new InvalidOperationException("An approval was answered twice.");
        issue.Complete(AuditOutcome.Succeeded);
        return (OpenIddictParameter)details;
    }

    private static JsonObject Details(ApprovalStructure structure, string evidence) => new()
    {
        ["type"] = ApprovalRequest.DetailsType,
        ["numSignatures"] = structure.Documents.Count,
        ["documentDigests"] = new JsonArray([.. structure.Documents.Select(document => new JsonObject
        {
            // Base64, as it was asked; the structure holds base64url.
            ["hash"] = Base64(document.Sha256),
            ["label"] = document.Label,
        })]),
        ["hashAlgorithmOID"] = ApprovalRequest.Sha256Oid,
        ["requester"] = structure.Requester,
        ["purpose"] = structure.Purpose,
        ["approval_evidence"] = evidence,
    };

    private static JsonObject CredentialDetails(ApprovalStructure structure, string evidence) => new()
    {
        ["type"] = ApprovalRequest.DetailsType,
        ["credentialID"] = structure.Credential,
        ["numSignatures"] = structure.Signatures.Count,
        ["documentDigests"] = new JsonArray([.. structure.Signatures.Select(Digest)]),
        ["hashAlgorithmOID"] = ApprovalRequest.Sha256Oid,
        ["description"] = structure.Purpose.Length > 0 ? structure.Purpose : null,
        ["approval_evidence"] = evidence,
    };

    private static JsonObject Digest(ApprovedSignature signature)
    {
        var digest = new JsonObject { ["hash"] = Base64(signature.Hash), ["label"] = signature.Label };
        if (signature.Document is { } document)
            digest[CredentialRequest.DocumentHash] = Base64(document);
        return digest;
    }

    private static string Base64(string base64Url) => Convert.ToBase64String(System.Buffers.Text.Base64Url.DecodeFromChars(base64Url));
}
