using Identity.Audit;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Revocation;

/// <summary>
/// RFC 7009 2.1, 2.2: a refresh token is given back with its whole login, an access token alone. What is unknown, over, of another client or no such token
/// has no effect and answers 200 as well: the client wanted it gone, and learns nothing about what was there. Takes the place of the engine's own checks.
/// </summary>
internal sealed class TokenRevocation(IOpenIddictTokenManager tokens, AuditLog audit) : IOpenIddictServerHandler<HandleRevocationRequestContext>
{
    public async ValueTask HandleAsync(HandleRevocationRequestContext context)
    {
        var token = context.GenericTokenPrincipal!;
        if (!token.HasPresenter(context.Request.ClientId!) || token.GetTokenId() is not { } id)
            return;
        switch (token.GetTokenType())
        {
            case TokenTypeIdentifiers.RefreshToken when token.GetAuthorizationId() is { } authorization:
                await tokens.RevokeByAuthorizationIdAsync(authorization, CancellationToken.None);
                break;
            case TokenTypeIdentifiers.AccessToken when await tokens.FindByIdAsync(id, context.CancellationToken) is { } entry:
                if (!await tokens.TryRevokeAsync(entry, CancellationToken.None))
                    throw new InvalidOperationException("An access token could not be revoked.");
                audit.Append(new TokenRevoked(context.Request.ClientId!));
                break;
        }
    }
}
