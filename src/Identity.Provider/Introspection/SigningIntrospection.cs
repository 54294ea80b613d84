using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Keys.Activation;
using Identity.Provider.Approvals;
using Identity.Provider.Authorize;
using Identity.Provider.People;
using Identity.Provider.Token;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Introspection;

/// <summary>
/// What the signing service learns beside a person's token (CSC API v2 8.4): of scope credential, what was approved, with the evidence (RFC 9396 9.2); of scope
/// service, when it names a key, the statement with which it has that key certified for this person.
/// </summary>
internal sealed class SigningIntrospection(ProviderSettings settings, ApprovalStore approvals, TokenKeys keys, AuditLog audit, TimeProvider time)
{
    internal const string ServiceScope = "service";

    /// <summary>Parameter of the request (RFC 7662 2.1): SHA-256 of the key's SubjectPublicKeyInfo, base64url.</summary>
    internal const string CertificationKey = "certification_key";

    internal const string PersonStatementMember = "person_statement";

    public async Task Tell(HandleIntrospectionRequestContext context, ClaimsPrincipal token, Person person, string caller)
    {
        if (token.HasScope(ApprovalRequest.CredentialScope) && token.GetClaim(AuthorizeEndpoint.ApprovalIdClaim) is { } approval
            && await approvals.FindDetails(approval) is { } details)
        {
            context.Claims[PushedRequests.PushedAuthorizationDetails.Parameter] = JsonNode.Parse(details.Json);
        }

        if (token.HasScope(ServiceScope) && (string?)context.Request.GetParameter(CertificationKey) is { Length: 43 } keyHash && Base64Url.IsValid(keyHash))
            context.Claims[PersonStatementMember] = Statement(token, person, caller, keyHash);
    }

    private string Statement(ClaimsPrincipal token, Person person, string caller, string keyHash)
    {
        var client = token.GetPresenters() is [var only] ? only : throw new InvalidOperationException("An access token was given to one client.");
        var issue = audit.Begin(new PersonStatementIssue(person.Id, client, keyHash));
        var key = keys.Active(SecurityAlgorithms.EcdsaSha256);
        var statement = PersonStatement.Make(
            settings.Issuer.AbsoluteUri, caller, client, new ApprovedPerson(person.Identifier, person.GivenName, person.FamilyName), keyHash,
            token.GetClaim(Claims.AuthenticationContextReference), time.GetUtcNow(), key.Key, key.KeyId);
        issue.Complete(AuditOutcome.Succeeded);
        return statement;
    }
}
