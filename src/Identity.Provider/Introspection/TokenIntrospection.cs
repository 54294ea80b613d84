using System.Security.Claims;
using System.Text.Json.Nodes;
using Identity.Provider.Dpop;
using Identity.Provider.People;
using Identity.Provider.Token;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Introspection;

/// <summary>
/// RFC 7662 2.2: what a token says to those whom it concerns: the client that it was given to, and the resource server that it is for. To all others,
/// and when it is over, it is <c>{"active":false}</c>, with no word about why. Takes the place of the engine's own checks and claims.
/// </summary>
internal sealed class TokenIntrospection(
    ProviderSettings settings, IOpenIddictTokenManager tokens, IOpenIddictApplicationManager applications, PersonStore people, SigningIntrospection signing)
    : IOpenIddictServerHandler<HandleIntrospectionRequestContext>
{
    /// <summary>Of the authentication, as RFC 9068 2.2.1 has them in the token.</summary>
    private static readonly string[] Authentication = [Claims.AuthenticationTime, Claims.AuthenticationContextReference];

    /// <summary>RFC 8693 4.1: who acts, as the token says.</summary>
    private const string Actor = "act";

    public async ValueTask HandleAsync(HandleIntrospectionRequestContext context)
    {
        var token = context.GenericTokenPrincipal!;
        var caller = context.Request.ClientId!;
        var (isGood, person) = Concerns(token, caller) ? await WhoseGood(token, context.CancellationToken) : (false, null);
        if (!isGood)
        {
            // Answered as {"active":false}.
            context.Reject(Errors.InvalidToken);
            return;
        }

        // The engine's answer so far has the inner subject of a refresh token.
        context.Subject = token.GetClaim(TokenClaims.PairwiseSubjectClaim) ?? token.GetClaim(Claims.Subject);
        context.TokenId = token.GetClaim(Claims.JwtId);
        context.TokenUsage = null;
        context.NotBefore = null;
        context.Scopes.UnionWith(token.GetScopes());
        if (context.Confirmation is { } confirmation && confirmation.ContainsKey(DpopBinding.ThumbprintMember))
            context.TokenType = DpopScheme.Name;
        foreach (var name in Authentication)
        {
            if (token.GetClaim(name) is { } value)
                context.Claims[name] = name == Claims.AuthenticationTime ? long.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : value;
        }

        if (token.GetClaim(Actor) is { } actor)
            context.Claims[Actor] = JsonNode.Parse(actor);
        if (person is not null && IsFor(token, caller))
            await signing.Tell(context, token, person, caller);
    }

    private bool IsFor(ClaimsPrincipal token, string caller) =>
        token.HasTokenType(TokenTypeIdentifiers.AccessToken) && settings.Resources.Any(server => server.IntrospectionClient == caller && token.HasAudience(server.Address.AbsoluteUri));

    private bool Concerns(ClaimsPrincipal token, string caller) => token.GetTokenType() switch
    {
        // A refresh token is its client's alone.
        TokenTypeIdentifiers.RefreshToken => token.HasPresenter(caller),
        TokenTypeIdentifiers.AccessToken => token.HasPresenter(caller) || IsFor(token, caller),
        _ => false,
    };

    /// <summary>The engine has found the token itself to be good; whose it is, and who got it, may be gone all the same.</summary>
    private async Task<(bool IsGood, Person? Person)> WhoseGood(ClaimsPrincipal token, CancellationToken cancellation)
    {
        if (await tokens.FindByIdAsync(token.GetTokenId()!, cancellation) is not { } entry
            || await tokens.GetStatusAsync(entry, cancellation) != Statuses.Valid
            || await tokens.GetApplicationIdAsync(entry, cancellation) is not { } application
            || await applications.FindByIdAsync(application, cancellation) is not { } client
            || await tokens.GetSubjectAsync(entry, cancellation) is not { } subject)
        {
            return (false, null);
        }

        if (subject == await applications.GetClientIdAsync(client, cancellation))
            return (true, null);
        var person = await people.Find(subject, cancellation);
        return (person is not null, person);
    }
}
