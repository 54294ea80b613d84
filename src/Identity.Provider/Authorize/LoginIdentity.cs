using System.Security.Claims;
using Identity.Provider.Sessions;
using Identity.Provider.Token;
using Identity.Provider.UserInfo;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Authorize;

/// <summary>What every login yields, by whatever grant: who, in which session, how well authenticated, and which of it goes into which token.</summary>
internal static class LoginIdentity
{
    /// <param name="subject">Pairwise, for the client at hand.</param>
    public static ClaimsIdentity Of(PersonSession session, string subject, Release release)
    {
        var identity = new ClaimsIdentity("OpenID Connect", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, session.PersonId);
        identity.SetClaim(TokenClaims.PairwiseSubjectClaim, subject);
        identity.SetClaim("sid", session.SessionId);
        identity.SetClaim(Claims.AuthenticationTime, session.AuthenticatedAt.ToUnixTimeSeconds());
        identity.SetClaim(Claims.AuthenticationContextReference, release.Level);
        identity.SetClaims(Claims.AuthenticationMethodReference, [.. session.Methods]);
        release.WriteTo(identity);
        identity.SetDestinations(claim => claim.Type switch
        {
            UserInfoAnswer.NamedClaims => [Destinations.AccessToken],
            _ when release.IsOfIdToken(claim.Type) => [Destinations.IdentityToken],
            TokenClaims.PairwiseSubjectClaim => [Destinations.AccessToken, Destinations.IdentityToken],
            "sid" or Claims.AuthenticationTime or Claims.AuthenticationContextReference or Claims.AuthenticationMethodReference => [Destinations.IdentityToken],
            _ => [],
        });
        return identity;
    }
}
