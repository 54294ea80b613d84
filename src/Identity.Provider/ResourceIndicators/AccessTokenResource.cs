using System.Security.Claims;
using Identity.Provider.Approvals;
using Identity.Provider.Authorize;
using Identity.Provider.Subjects;
using Identity.Provider.Token;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.ResourceIndicators;

/// <summary>
/// RFC 9068 2.2: the access token of a person's login is for one resource server, with the scopes of that one; without any named it is for the Provider
/// itself. Its subject is the client's, or that of the resource server's own sector when it has one: it then knows a person by one name whichever client comes.
/// </summary>
internal sealed class AccessTokenResource(ProviderSettings settings, PairwiseSubjects subjects) : IOpenIddictServerHandler<ProcessSignInContext>
{
    /// <summary>The other resource scopes that the person has allowed: the resource server may exchange the token for one with these (RFC 8693), and for no other.</summary>
    internal const string ExchangeClaim = "exchange_scope";

    public async ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.EndpointType != OpenIddictServerEndpointType.Token || context.Request.IsClientCredentialsGrantType())
            return;
        var token = context.AccessTokenPrincipal!;
        var own = settings.Issuer.AbsoluteUri;
        // RFC 9396 6: what a person approved is good at the resource server that it names, also when the client does not say so again (CSC API v2 knows no resource).
        var resource = context.Request.GetResources() is [var named, ..] ? named
            : token.HasClaim(AuthorizeEndpoint.ApprovalIdClaim) ? settings.Resources.Single(server => server.Scope == ApprovalRequest.CredentialScope).Address.AbsoluteUri
            : own;
        var granted = token.GetScopes();
        token.SetAudiences(resource);
        token.SetScopes(LoginResources.ScopesAt(settings, resource, granted));
        if (!token.HasScope(ApprovalRequest.CredentialScope))
            token.RemoveClaims(AuthorizeEndpoint.ApprovalIdClaim);
        if (resource == own)
            return;

        var login = context.Principal!;
        foreach (var name in new[] { Claims.AuthenticationTime, Claims.AuthenticationContextReference })
            ((ClaimsIdentity)token.Identity!).AddClaims(login.FindAll(name).Select(claim => new Claim(claim.Type, claim.Value, claim.ValueType)));
        if (settings.Resources.FirstOrDefault(server => server.Address.AbsoluteUri == resource)?.Sector is { } sector)
            token.SetClaim(TokenClaims.PairwiseSubjectClaim, await subjects.InSector(login.GetClaim(Claims.Subject)!, sector, context.CancellationToken));
        var others = LoginResources.Of(settings, granted)
            .Where(server => server.Address.AbsoluteUri != resource && login.GetResources().Contains(server.Address.AbsoluteUri));
        token.SetClaim(ExchangeClaim, string.Join(' ', others.Select(server => server.Scope)) is { Length: > 0 } scopes ? scopes : null);
    }
}
