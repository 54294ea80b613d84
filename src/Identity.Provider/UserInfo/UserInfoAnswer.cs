using Identity.Provider.Consent;
using Identity.Provider.People;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.UserInfo;

/// <summary>
/// OpenID Connect Core 5.3: what the scopes of a valid access token stand for. The subject in the token is pairwise already; whose it is
/// inside is known from the token's entry.
/// </summary>
internal sealed class UserInfoAnswer(IOpenIddictTokenManager tokens, IOpenIddictApplicationManager applications, PersonStore people, ConsentStore consents)
    : IOpenIddictServerHandler<HandleUserInfoRequestContext>
{
    /// <summary>In an access token: names of claims that were asked for one by one, beyond its scopes (OpenID Connect Core 5.5).</summary>
    internal const string NamedClaims = "userinfo_claims";

    public async ValueTask HandleAsync(HandleUserInfoRequestContext context)
    {
        var token = context.AccessTokenPrincipal!;
        // OpenID Connect Core 5.3.1: an access token of an OpenID Connect authentication; a client's own token names no person.
        if (!token.HasScope(Scopes.OpenId))
        {
            context.Reject(Errors.InsufficientScope, "The access token was not issued for the openid scope.");
            return;
        }

        if (await PersonOf(token.GetTokenId()!, context.CancellationToken) is not { } person)
        {
            context.Reject(Errors.InvalidToken, "The access token is no longer valid.");
            return;
        }

        // A claim that the person did not have when they were asked was not shown to them: it waits until they are asked again.
        var allowed = await consents.Granted(person.Id, token.GetClaim(Claims.ClientId)!, context.CancellationToken);
        foreach (var claim in ScopeClaims.Of(token.GetScopes()).Concat(token.GetClaims(NamedClaims)).Where(allowed.Contains))
        {
            if (ScopeClaims.Value(person, claim) is { } value)
                context.Claims[claim] = value;
        }
    }

    private async Task<Person?> PersonOf(string tokenId, CancellationToken cancellation)
    {
        if (await tokens.FindByIdAsync(tokenId, cancellation) is not { } entry)
            return null;
        // The engine looks at the token alone; its client may have been removed since.
        if (await tokens.GetApplicationIdAsync(entry, cancellation) is not { } client || await applications.FindByIdAsync(client, cancellation) is null)
            return null;
        return await tokens.GetSubjectAsync(entry, cancellation) is { } person ? await people.Find(person, cancellation) : null;
    }
}
