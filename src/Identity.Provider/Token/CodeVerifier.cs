using System.Text.RegularExpressions;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Token;

/// <summary>
/// RFC 7636 4.6: a verifier that is missing or malformed is a wrong one, and answers invalid_grant like it. RFC 9700 4.8.2: so is one for a code that
/// was asked for without challenge. Runs once the code has been validated, so that nobody learns about codes; comparing the hash follows in OpenIddict.
/// </summary>
internal sealed partial class CodeVerifier : IOpenIddictServerHandler<ValidateTokenRequestContext>
{
    public ValueTask HandleAsync(ValidateTokenRequestContext context)
    {
        if (!context.Request.IsAuthorizationCodeGrantType())
            return ValueTask.CompletedTask;
        var isBound = context.AuthorizationCodePrincipal?.HasClaim(Claims.Private.CodeChallenge) is true;
        if (isBound ? !Form().IsMatch(context.Request.CodeVerifier ?? "") : context.Request.CodeVerifier is not null)
            context.Reject(Errors.InvalidGrant, "The code_verifier is missing or malformed, or the code has no challenge.");
        return ValueTask.CompletedTask;
    }

    // RFC 7636 4.1: 43 to 128 unreserved characters.
    [GeneratedRegex(@"^[A-Za-z0-9._~-]{43,128}\z")]
    private static partial Regex Form();
}
