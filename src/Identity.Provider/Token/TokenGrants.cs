using System.Security.Claims;
using System.Text.Json;
using Identity.Audit;
using Identity.Provider.Approvals;
using Identity.Provider.Authorize;
using Identity.Provider.DeviceAuthorization;
using Identity.Provider.People;
using Identity.Provider.RefreshTokens;
using Identity.Provider.Sessions;
using Identity.Provider.TokenExchange;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Token;

/// <summary>What a validated token request gets: for a code or a refresh token, the tokens of the person it stands for; for client credentials, the client's own.</summary>
internal sealed class TokenGrants(ProviderSettings settings, PersonStore people, EvidenceAnswer evidence, RefreshGrant refresh, SessionRegister sessions, ExchangeGrant exchange, DeviceGrant device, AuditLog audit)
    : IOpenIddictServerHandler<HandleTokenRequestContext>
{
    public ValueTask HandleAsync(HandleTokenRequestContext context) => context.Request.GrantType switch
    {
        GrantTypes.AuthorizationCode => Code(context),
        GrantTypes.ClientCredentials => ClientCredentials(context),
        GrantTypes.RefreshToken => refresh.Handle(context),
        GrantTypes.TokenExchange => exchange.Handle(context),
        GrantTypes.DeviceCode => device.Handle(context),
        _ => throw new InvalidOperationException($"A grant type that is not enabled came through: {context.Request.GrantType}."),
    };

    private async ValueTask Code(HandleTokenRequestContext context)
    {
        var code = context.Principal!;
        // The end of a session revokes its codes; this is for one that was being made at that moment.
        if (await people.Find(code.GetClaim(Claims.Subject)!, context.CancellationToken) is not { } person || !await sessions.Extend(code.GetClaim("sid")!))
        {
            context.Reject(Errors.InvalidGrant, "The code is no longer valid.");
            return;
        }

        if (code.GetClaim(AuthorizeEndpoint.ApprovalClaim) is { } finished)
        {
            var approval = JsonSerializer.Deserialize<FinishedApproval>(finished)!;
            context.Parameters[PushedRequests.PushedAuthorizationDetails.Parameter] = await evidence.For(approval, person, code.GetClaim(TokenClaims.PairwiseSubjectClaim)!, keep: code.HasScope(ApprovalRequest.CredentialScope));
        }

        audit.Append(new TokenIssue(context.ClientId!, code.GetClaim(TokenClaims.PairwiseSubjectClaim), GrantTypes.AuthorizationCode));
    }

    private ValueTask ClientCredentials(HandleTokenRequestContext context)
    {
        var scopes = context.Request.GetScopes();
        var servers = settings.Resources.Where(server => scopes.Contains(server.Scope)).ToArray();
        // RFC 6749 3.3: without a resource server such a token is good for nothing, and a person's attributes are not a client's own.
        if (servers.Length == 0 || servers.Length != scopes.Length)
        {
            context.Reject(Errors.InvalidScope, "The scope must name resource servers only.");
            return ValueTask.CompletedTask;
        }

        // RFC 8707 2: named resources are among those of the scope, and then the token is for them alone.
        var named = context.Request.GetResources();
        if (named.Except(servers.Select(server => server.Address.AbsoluteUri)).Any())
        {
            context.Reject(Errors.InvalidTarget, "A resource is named whose scope is not asked for.");
            return ValueTask.CompletedTask;
        }

        if (!named.IsDefaultOrEmpty)
            servers = [.. servers.Where(server => named.Contains(server.Address.AbsoluteUri))];
        var identity = new ClaimsIdentity("client credentials", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, context.ClientId);
        identity.SetScopes(servers.Select(server => server.Scope));
        identity.SetResources(servers.Select(server => server.Address.AbsoluteUri));
        context.Principal = new ClaimsPrincipal(identity);
        audit.Append(new TokenIssue(context.ClientId!, null, GrantTypes.ClientCredentials));
        return ValueTask.CompletedTask;
    }
}
