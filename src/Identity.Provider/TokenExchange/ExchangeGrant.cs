using System.Security.Claims;
using Identity.Audit;
using Identity.Provider.Clients;
using Identity.Provider.Dpop;
using Identity.Provider.People;
using Identity.Provider.ResourceIndicators;
using Identity.Provider.Subjects;
using Identity.Provider.Token;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.TokenExchange;

/// <summary>
/// RFC 8693: a resource server that got a person's access token gets one for another resource server, to act there for this person. The person has
/// allowed both when logging in, the client is registered for the scope, and the new token is no more than the old one: not in scope, not in life, not in
/// freedom from its key. It ends with the login.
/// </summary>
internal sealed class ExchangeGrant(
    ProviderSettings settings, PersonStore people, PairwiseSubjects subjects, IOpenIddictApplicationManager applications, IOpenIddictTokenManager tokens, AuditLog audit)
{
    public async ValueTask Handle(HandleTokenRequestContext context)
    {
        // 1. Is the old token one of a person, for this client as resource server? RFC 8693 2.2.2: invalid_request when it is not.
        var old = context.SubjectTokenPrincipal!;
        if (!settings.Resources.Any(server => server.IntrospectionClient == context.ClientId && old.HasAudience(server.Address.AbsoluteUri))
            || await PersonOf(old, context.CancellationToken) is not { } person)
        {
            context.Reject(Errors.InvalidRequest, "The subject token is no person's token for this client.");
            return;
        }

        // 2. A stolen token must not become one that anybody can use.
        if (old.HasClaim(DpopBinding.Confirmation) && DpopBinding.Proven(context.Transaction) is null)
        {
            context.Reject(Errors.InvalidRequest, "The subject token is bound to a key: the new one must be bound too.");
            return;
        }

        if (ActorChain.Extended(old.GetClaim(ActorChain.Claim), context.ClientId!) is not { } actors)
        {
            context.Reject(Errors.InvalidRequest, $"More than {ActorChain.Longest} clients would act for the person.");
            return;
        }

        // 3. For whom? RFC 8693 2.2.2: invalid_target.
        if (await Target(context, old) is not { } target)
        {
            context.Reject(Errors.InvalidTarget, "The resource is missing, or not one that the person and the registration allow.");
            return;
        }

        if (context.Request.GetScopes().Except([target.Scope]).Any())
        {
            context.Reject(Errors.InvalidScope, "The scope is not that of the resource.");
            return;
        }

        // 4. The new token.
        var sector = target.Sector ?? (await applications.MetadataOf(context.ClientId!, context.CancellationToken)).Sector;
        var subject = await subjects.InSector(person.Id, sector, context.CancellationToken);
        var identity = New(old, person.Id, subject, actors, target);
        var left = old.GetExpirationDate()!.Value - context.Options.TimeProvider!.GetUtcNow();
        identity.SetAccessTokenLifetime(left < settings.AccessTokenLifetime ? left : settings.AccessTokenLifetime);
        context.Principal = new ClaimsPrincipal(identity);
        context.Parameters[Parameters.Scope] = target.Scope;
        audit.Append(new TokenIssue(context.ClientId!, subject, GrantTypes.TokenExchange));
    }

    // Null also when the client that got the token is gone or disabled: it is no longer good at userinfo and introspection either.
    private async Task<Person?> PersonOf(ClaimsPrincipal token, CancellationToken cancellation)
    {
        if (token.GetTokenId() is not { } id || await tokens.FindByIdAsync(id, cancellation) is not { } entry)
            return null;
        if (await tokens.GetApplicationIdAsync(entry, cancellation) is not { } client || await applications.FindByIdAsync(client, cancellation) is null)
            return null;
        return await tokens.GetSubjectAsync(entry, cancellation) is { } person ? await people.Find(person, cancellation) : null;
    }

    private async Task<ResourceServer?> Target(HandleTokenRequestContext context, ClaimsPrincipal old)
    {
        if (context.Request.GetResources() is not [var address])
            return null;
        var allowed = (old.GetClaim(AccessTokenResource.ExchangeClaim) ?? "").Split(' ');
        var client = await applications.FindByClientIdAsync(context.ClientId!, context.CancellationToken) ?? throw new InvalidOperationException("A validated client has vanished.");
        foreach (var server in settings.Resources.Where(server => server.Address.AbsoluteUri == address && allowed.Contains(server.Scope)))
        {
            if (await applications.HasPermissionAsync(client, Permissions.Prefixes.Scope + server.Scope, context.CancellationToken))
                return server;
        }

        return null;
    }

    private static ClaimsIdentity New(ClaimsPrincipal old, string person, string subject, string actors, ResourceServer target)
    {
        var identity = new ClaimsIdentity("token exchange", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, person);
        identity.SetClaim(TokenClaims.PairwiseSubjectClaim, subject);
        identity.AddClaim(new Claim(ActorChain.Claim, actors, JsonClaimValueTypes.Json));
        foreach (var name in new[] { Claims.AuthenticationTime, Claims.AuthenticationContextReference })
            identity.AddClaims(old.FindAll(name).Select(claim => new Claim(claim.Type, claim.Value, claim.ValueType)));
        var others = (old.GetClaim(AccessTokenResource.ExchangeClaim) ?? "").Split(' ').Where(scope => scope != target.Scope);
        identity.SetClaim(AccessTokenResource.ExchangeClaim, string.Join(' ', others) is { Length: > 0 } scopes ? scopes : null);
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        identity.SetScopes(target.Scope);
        identity.SetResources(target.Address.AbsoluteUri);
        identity.SetAuthorizationId(old.GetAuthorizationId());
        return identity;
    }
}
