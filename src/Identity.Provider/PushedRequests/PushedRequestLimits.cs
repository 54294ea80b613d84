using System.Globalization;
using Identity.Provider.Clients;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.PushedRequests;

/// <summary>
/// What a pushed request may hold beyond what OpenIddict checks: it is kept in memory until its browser arrives, and parts of it come back
/// in redirects, so it has a size.
/// </summary>
internal sealed class PushedRequestLimits : IOpenIddictServerHandler<ValidatePushedAuthorizationRequestContext>
{
    /// <summary>Of <c>state</c> and <c>nonce</c>: they are random values or sealed state, and travel in addresses.</summary>
    internal const int LongestEchoedValue = 2048;

    /// <summary>Of all parameters but the client's assertion and authorization_details, which has its own limit.</summary>
    internal const int LongestParameters = 16 * 1024;

    public ValueTask HandleAsync(ValidatePushedAuthorizationRequestContext context)
    {
        var request = context.Request;
        if (request.State?.Length > LongestEchoedValue || request.Nonce?.Length > LongestEchoedValue)
        {
            context.Reject(Errors.InvalidRequest, $"state and nonce may have {LongestEchoedValue} characters.");
            return ValueTask.CompletedTask;
        }

        var length = request.GetParameters()
            .Where(parameter => parameter.Key is not (Parameters.ClientAssertion or PushedAuthorizationDetails.Parameter))
            .Sum(parameter => parameter.Key.Length + (((string?)parameter.Value)?.Length ?? 0));
        if (length > LongestParameters)
        {
            context.Reject(Errors.InvalidRequest, $"The parameters may have {LongestParameters} characters together.");
            return ValueTask.CompletedTask;
        }

        // OpenID Connect Core 3.1.2.1: seconds.
        if (request.GetParameter(Parameters.MaxAge) is { } maxAge
            && !uint.TryParse((string?)maxAge, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            context.Reject(Errors.InvalidRequest, "max_age must be a number of seconds.");
            return ValueTask.CompletedTask;
        }

        // OpenID Connect Core 3.1.2.1: openid must be present. A scope of a resource server is for a client's own token.
        var scopes = request.GetScopes();
        if (!scopes.Contains(Scopes.OpenId) || scopes.Any(scope => !ClientRegistration.IdentityScopes.Contains(scope)))
            context.Reject(Errors.InvalidScope, "The scope must hold openid, and no scope of a resource server.");
        return ValueTask.CompletedTask;
    }
}
