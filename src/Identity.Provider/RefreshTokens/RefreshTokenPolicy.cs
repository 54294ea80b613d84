using System.Globalization;
using System.Security.Claims;
using Identity.Provider.Authorize;
using Identity.Provider.Clients;
using Identity.Provider.Dpop;
using Microsoft.AspNetCore.Http;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.RefreshTokens;

/// <summary>
/// Who gets a refresh token and when a new one. The engine gives one for the scope <c>offline_access</c> and a new one at each use; here it is what the
/// client is registered for: a login that can be told to go on, and that ends with its session.
/// </summary>
internal sealed class RefreshTokenPolicy(ProviderSettings settings, IOpenIddictApplicationManager applications, TimeProvider time) : IOpenIddictServerHandler<ProcessSignInContext>
{
    public async ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.EndpointType != OpenIddictServerEndpointType.Token)
            return;
        context.GenerateRefreshToken = context.IncludeRefreshToken = await Gives(context);
        // RFC 6749 6: asked for less than was granted, without openid there is no authentication to tell of.
        if (context.Request.IsRefreshTokenGrantType() && !string.IsNullOrEmpty(context.Request.Scope) && !context.Request.HasScope(Scopes.OpenId))
            context.GenerateIdentityToken = context.IncludeIdentityToken = false;
    }

    private async Task<bool> Gives(ProcessSignInContext context)
    {
        var refreshes = context.Request.IsRefreshTokenGrantType();
        if (!refreshes && !context.Request.IsAuthorizationCodeGrantType() && !context.Request.IsDeviceCodeGrantType())
            return false;
        if (await applications.FindByClientIdAsync(context.ClientId!, context.CancellationToken) is not { } client
            || !await applications.HasPermissionAsync(client, Permissions.GrantTypes.RefreshToken, context.CancellationToken))
        {
            return false;
        }

        // FAPI 2.0 5.3.2.1 (9): who proves a key needs no new token at each use, and a new one that gets lost on the way would end the login.
        if (refreshes)
            return (await applications.MetadataOf(context.ClientId!, context.CancellationToken)).RotatesRefreshTokens;
        // It ends with the session; a later one ends when the first would have.
        var left = Authenticated(context.Principal!) + settings.Sessions.Absolute - time.GetUtcNow();
        context.Principal!.SetRefreshTokenLifetime(left);
        return left > TimeSpan.Zero;
    }

    private static DateTimeOffset Authenticated(ClaimsPrincipal principal) => DateTimeOffset.FromUnixTimeSeconds(
        long.Parse(principal.GetClaim(Claims.AuthenticationTime) ?? throw new InvalidOperationException("A login without its time."), CultureInfo.InvariantCulture));

    /// <summary>What of the code must not come along.</summary>
    internal sealed class Content : IOpenIddictServerHandler<ProcessSignInContext>
    {
        private static readonly string[] OfTheCode =
        [
            // OpenID Connect Core 12.2: an ID token by refresh should hold no nonce.
            Claims.Private.Nonce,
            Claims.Private.CodeChallenge,
            Claims.Private.CodeChallengeMethod,
            Claims.Private.RedirectUri,
            Claims.Private.RefreshTokenLifetime,
            DpopBinding.Parameter,
            AuthorizeEndpoint.ApprovalClaim,
        ];

        public ValueTask HandleAsync(ProcessSignInContext context)
        {
            var identity = (ClaimsIdentity)context.RefreshTokenPrincipal!.Identity!;
            foreach (var claim in identity.FindAll(claim => OfTheCode.Contains(claim.Type)).ToList())
                identity.RemoveClaim(claim);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>RFC 6749 6 and 5.2: a scope that was not granted is invalid_scope, whether or not it exists.</summary>
    internal sealed class NoWidening : IOpenIddictServerHandler<ValidateTokenRequestContext>
    {
        public ValueTask HandleAsync(ValidateTokenRequestContext context)
        {
            if (context.Request.IsRefreshTokenGrantType() && context.Request.GetScopes().Except(context.RefreshTokenPrincipal!.GetScopes()).Any())
                context.Reject(Errors.InvalidScope, "The scope exceeds what was granted.");
            return ValueTask.CompletedTask;
        }
    }
}
