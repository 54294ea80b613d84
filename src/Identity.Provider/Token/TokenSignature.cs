using Identity.Provider.Clients;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Token;

/// <summary>
/// OpenID Connect Registration 2: the ID token is signed as the client is registered for; every other token by ES256. The engine knows keys that it was
/// given at the start only, so each place where it would use one of them is told here what the keys are now.
/// </summary>
internal sealed class TokenSignature(IOpenIddictApplicationManager applications, TokenKeys keys) : IOpenIddictServerHandler<GenerateTokenContext>
{
    public async ValueTask HandleAsync(GenerateTokenContext context)
    {
        // at_hash needs no word of ours: all three algorithms hash with SHA-256.
        var algorithm = context.TokenType == TokenTypeIdentifiers.IdentityToken
            ? (await applications.MetadataOf(context.ClientId!, context.CancellationToken)).IdTokenSignedResponseAlg
            : SecurityAlgorithms.EcdsaSha256;
        context.SigningCredentials = keys.Active(algorithm).Credentials;
    }

    /// <summary>Tokens of this Provider that come back: at userinfo, as a hint. Assertions of clients are verified with the keys of clients.</summary>
    internal sealed class Verification(TokenKeys keys) : IOpenIddictServerHandler<ValidateTokenContext>
    {
        public ValueTask HandleAsync(ValidateTokenContext context)
        {
            if (context.ValidTokenTypes.Contains(TokenTypeIdentifiers.Private.ClientAssertion))
                return ValueTask.CompletedTask;
            var published = keys.Published;
            var parameters = context.TokenValidationParameters;
            // RFC 8725 3.1: a key verifies what names it, with the one algorithm that it is for.
            parameters.IssuerSigningKeyResolver = (_, _, kid, _) => published.Where(key => key.KeyId == kid).Select(key => key.Credentials.Key);
            parameters.IssuerSigningKeys = [];
            parameters.TryAllIssuerSigningKeys = false;
            parameters.ValidAlgorithms = TokenKey.Algorithms;
            parameters.AlgorithmValidator = (algorithm, key, _, _) => published.Any(known => known.KeyId == key.KeyId && known.Algorithm == algorithm);
            // No JWT is encrypted for this Provider: what it keeps secret is sealed by Data Protection. An ID token that was encrypted for its client
            // comes back as the signed one inside (OpenID Connect RP-Initiated Logout 4 leaves it open, and only the client can decrypt it).
            parameters.TokenDecryptionKeys = [];
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>
    /// RFC 8725 3.12: signed userinfo has the type and the key of an ID token, and no end. An ID token has one (OpenID Connect Core 2), also when it is over.
    /// </summary>
    internal sealed class HintsEnd : IOpenIddictServerHandler<ValidateTokenContext>
    {
        public ValueTask HandleAsync(ValidateTokenContext context)
        {
            if (context.ValidTokenTypes.SetEquals([TokenTypeIdentifiers.IdentityToken]) && context.Principal is { } token && !token.HasClaim(Claims.ExpiresAt))
                context.Reject(Errors.InvalidToken, "The token is no ID token.");
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>RFC 7517: the key set.</summary>
    internal sealed class KeySet(TokenKeys keys) : IOpenIddictServerHandler<HandleJsonWebKeySetRequestContext>
    {
        public ValueTask HandleAsync(HandleJsonWebKeySetRequestContext context)
        {
            foreach (var key in keys.Published)
                context.Keys.Add(key.Published);
            return ValueTask.CompletedTask;
        }
    }
}
