using Identity.Audit;
using Identity.Provider.Clients;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Provider.Token;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.RefreshTokens;

/// <summary>
/// RFC 6749 6: what a validated refresh token gets. It stands for a login: when that is over, or its person or client is gone, so is what hangs on it.
/// Every refusal is invalid_grant; which it was is nobody's business but the operator's.
/// </summary>
internal sealed partial class RefreshGrant(
    PersonStore people, IOpenIddictApplicationManager applications, IOpenIddictTokenManager tokens, SessionRegister sessions, AuditLog audit, ILogger<RefreshGrant> logger)
{
    public async ValueTask Handle(HandleTokenRequestContext context)
    {
        if (await Refusal(context) is { } reason)
        {
            LogRefused(logger, context.ClientId!, reason);
            context.Reject(Errors.InvalidGrant, "The refresh token is no longer valid.");
            return;
        }

        audit.Append(new TokenIssue(context.ClientId!, context.Principal!.GetClaim(TokenClaims.PairwiseSubjectClaim), GrantTypes.RefreshToken));
    }

    /// <summary>The order: whose it is, whether all of them are still there, and last, when nothing else can go wrong, its single use.</summary>
    private async Task<string?> Refusal(HandleTokenRequestContext context)
    {
        var token = context.Principal!;
        var cancellation = context.CancellationToken;
        if (await tokens.FindByIdAsync(token.GetTokenId()!, cancellation) is not { } entry)
            return "unknown";
        // A client that was removed and registered again is another one, whatever it is called.
        if (await applications.FindByClientIdAsync(context.ClientId!, cancellation) is not { } client
            || await tokens.GetApplicationIdAsync(entry, cancellation) != await applications.GetIdAsync(client, cancellation))
        {
            return "given to an earlier registration";
        }

        // What the operator has taken from the registration since is not given on. openid is no permission.
        foreach (var scope in token.GetScopes().Where(scope => scope != Scopes.OpenId))
        {
            if (!await applications.HasPermissionAsync(client, Permissions.Prefixes.Scope + scope, cancellation))
                return "registered for less than was granted";
        }

        if (await people.Find(token.GetClaim(Claims.Subject)!, cancellation) is null)
            return "person gone or disabled";
        // A client that asks on is a person who is still there: the session's idle time begins anew.
        if (!await sessions.Extend(token.GetClaim(PersonSession.SessionClaim)!))
            return "session ended";
        // RFC 9700 4.14.2: of parallel uses one goes on. The others are refused; one that comes later than the leeway ends the login (TokenStore).
        var metadata = await applications.MetadataOf(context.ClientId!, cancellation);
        if (metadata.RotatesRefreshTokens && !await tokens.TryRedeemAsync(entry, cancellation))
            return "used before";
        return null;
    }

    [LoggerMessage(LogLevel.Information, "Refresh token of client {Client} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string client, string reason);
}
