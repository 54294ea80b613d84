using Identity.Provider.Clients;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Token;

/// <summary>
/// OpenID Connect Registration 2: the ID token is signed as the client is registered for. The engine signs every one with its first key;
/// some clients know RS256 alone. Both hash with SHA-256, so <c>at_hash</c> stays the same.
/// </summary>
internal sealed class IdTokenAlgorithm(IOpenIddictApplicationManager applications, TokenKeys keys) : IOpenIddictServerHandler<GenerateTokenContext>
{
    public async ValueTask HandleAsync(GenerateTokenContext context)
    {
        if (context.TokenType != TokenTypeIdentifiers.IdentityToken)
            return;
        var algorithm = (await applications.MetadataOf(context.ClientId!, context.CancellationToken)).IdTokenSignedResponseAlg;
        context.SigningCredentials = keys.Credentials.Single(credentials => credentials.Algorithm == algorithm);
    }
}
