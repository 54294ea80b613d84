using System.Globalization;
using Identity.Provider.Authorize;
using Identity.Provider.Dpop;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.PushedRequests;

/// <summary>
/// What an authorization request may hold beyond what OpenIddict checks: it is kept in memory until the person has answered, and parts of it come
/// back in redirects, so it has a size.
/// </summary>
internal sealed class PushedRequestLimits : IOpenIddictServerHandler<ValidatePushedAuthorizationRequestContext>
{
    /// <summary>Of <c>state</c> and <c>nonce</c>: they are random values or sealed state, and travel in addresses.</summary>
    internal const int LongestEchoedValue = 2048;

    /// <summary>Of all parameters but the client's assertion and authorization_details, which has its own limit.</summary>
    internal const int LongestParameters = 16 * 1024;

    public ValueTask HandleAsync(ValidatePushedAuthorizationRequestContext context)
    {
        if (Check(context.Request) is { } refused)
            context.Reject(refused.Error, refused.Description);
        return ValueTask.CompletedTask;
    }

    private static Refused? Check(OpenIddictRequest request)
    {
        if (request.State?.Length > LongestEchoedValue || request.Nonce?.Length > LongestEchoedValue)
            return new(Errors.InvalidRequest, $"state and nonce may have {LongestEchoedValue} characters.");
        var length = request.GetParameters()
            .Where(parameter => parameter.Key is not (Parameters.ClientAssertion or PushedAuthorizationDetails.Parameter))
            .Sum(parameter => parameter.Key.Length + (((string?)parameter.Value)?.Length ?? 0));
        if (length > LongestParameters)
            return new(Errors.InvalidRequest, $"The parameters may have {LongestParameters} characters together.");

        // OpenID Connect Core 3.1.2.1: seconds.
        if (request.GetParameter(Parameters.MaxAge) is { } maxAge && !uint.TryParse((string?)maxAge, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return new(Errors.InvalidRequest, "max_age must be a number of seconds.");

        // OpenID Connect Core 5.5. RFC 6749 3.1: a parameter without a value is as if it were not there.
        if ((string?)request.GetParameter(ClaimsRequest.Parameter) is { Length: > 0 } claims && ClaimsRequest.TryRead(claims) is null)
            return new(Errors.InvalidRequest, $"claims must be a JSON object of at most {ClaimsRequest.MaximumLength} characters, as OpenID Connect Core 5.5 has it.");

        // RFC 7636 4.2: a SHA-256 hash, or no verifier will ever fit it.
        if (!string.IsNullOrEmpty(request.CodeChallenge) && DpopProof.Decode(request.CodeChallenge) is not { Length: 32 })
            return new(Errors.InvalidRequest, "code_challenge is not a SHA-256 hash.");

        // RFC 9449 10.
        if (request.GetParameter(DpopBinding.Parameter) is { } key && DpopProof.Decode((string?)key ?? "") is not { Length: 32 })
            return new(Errors.InvalidRequest, "dpop_jkt is not the SHA-256 thumbprint of a key.");

        // OpenID Connect Core 3.1.2.1: openid must be present.
        return request.HasScope(Scopes.OpenId) ? null : new(Errors.InvalidScope, "The scope must hold openid.");
    }

    private sealed record Refused(string Error, string Description);

    /// <summary>The same for a request that the browser brings itself; what came by request_uri has been checked when it was pushed.</summary>
    internal sealed class OfDirectRequest : IOpenIddictServerHandler<ValidateAuthorizationRequestContext>
    {
        public ValueTask HandleAsync(ValidateAuthorizationRequestContext context)
        {
            if (context.RequestTokenPrincipal is not null)
                return ValueTask.CompletedTask;
            if (Check(context.Request) is { } refused)
                context.Reject(refused.Error, refused.Description);
            // CSC API v2 8.3.3, RFC 9396 11.2: what a person is to approve comes from an authenticated client, and not through the browser.
            else if (context.Request.GetParameter(PushedAuthorizationDetails.Parameter) is not null)
                context.Reject(PushedAuthorizationDetails.InvalidAuthorizationDetails, "authorization_details must be pushed.");
            return ValueTask.CompletedTask;
        }
    }
}
