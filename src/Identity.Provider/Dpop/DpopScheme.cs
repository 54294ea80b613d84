using System.Text.Json;
using Identity.Provider.MutualTls;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Dpop;

/// <summary>The authentication scheme at a protected resource of the Provider itself, <c>/userinfo</c> (RFC 9449 7).</summary>
internal static class DpopScheme
{
    internal const string Name = "DPoP";

    private const string ConcernsDpop = "Identity.Provider.Dpop.Concerned";

    private static HttpContext Http(BaseContext context) =>
        context.Transaction.GetHttpRequest()?.HttpContext ?? throw new InvalidOperationException("This endpoint is served over HTTP only.");

    // RFC 9110 11.1: the scheme is compared without regard to case; one space and the token follow.
    private static string? Token(HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Name + " ", StringComparison.OrdinalIgnoreCase) ? value[(Name.Length + 1)..].Trim(' ') : null;

    /// <summary>The engine knows Bearer only.</summary>
    internal sealed class Extract : IOpenIddictServerHandler<ExtractUserInfoRequestContext>
    {
        public ValueTask HandleAsync(ExtractUserInfoRequestContext context)
        {
            var http = Http(context);
            // FAPI 2.0 5.3.4, RFC 9700 4.3.2: never in the address, which logs and histories keep. The engine takes it from there.
            if (http.Request.Query.ContainsKey(Parameters.AccessToken))
            {
                context.Reject(Errors.InvalidRequest, "The access token was sent in the address.");
                return ValueTask.CompletedTask;
            }

            if (Token(http.Request) is not { Length: > 0 } token)
                return ValueTask.CompletedTask;
            // RFC 6750 2: one way of sending it in one request.
            if (!string.IsNullOrEmpty(context.Request?.AccessToken))
            {
                context.Reject(Errors.InvalidRequest, "The access token was sent in two ways.");
                return ValueTask.CompletedTask;
            }

            context.Transaction.SetProperty(ConcernsDpop, Name);
            context.Request ??= new OpenIddictRequest();
            context.Request.AccessToken = token;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>
    /// RFC 9449 7.1, 7.2: a bound token is good with a proof of its key alone, and a token that is not bound is no DPoP token. Takes the place of the
    /// engine's own check, which fails on any confirmation but a certificate's.
    /// </summary>
    internal sealed class Possession(DpopCheck check) : IOpenIddictServerHandler<ValidateTokenContext>
    {
        public async ValueTask HandleAsync(ValidateTokenContext context)
        {
            // At the token endpoint a token comes to be exchanged, by whom it was sent to (ExchangeGrant).
            if (context.DisableProofOfPossessionValidation || context.EndpointType == OpenIddictServerEndpointType.Token || context.Principal?.GetTokenType() != TokenTypeIdentifiers.AccessToken)
                return;
            var http = Http(context);
            var asDpop = Token(http.Request) is not null;
            var (thumbprint, certificate) = Confirmed(context.Principal.GetClaim(DpopBinding.Confirmation));
            // RFC 8705 3: the token is good over a connection with its certificate alone.
            if (certificate is not null && !(await ClientCertificates.Of(http) is { } shown && ClientCertificates.Thumbprint(shown) == certificate))
            {
                context.Reject(Errors.InvalidToken, "The access token is bound to a certificate that was not shown.");
                return;
            }

            if (thumbprint is null)
            {
                if (asDpop)
                    context.Reject(Errors.InvalidToken, "The access token is not bound to a key.");
                return;
            }

            context.Transaction.SetProperty(ConcernsDpop, Name);
            if (!asDpop)
            {
                context.Reject(Errors.InvalidToken, "The access token is bound to a key: the scheme is DPoP.");
                return;
            }

            switch (await check.Check(http.Request, "userinfo", context.Token))
            {
                case DpopOutcome.Refused refused:
                    context.Reject(refused.Error, refused.Description);
                    break;
                case DpopOutcome.Proven proven when proven.Thumbprint == thumbprint:
                    break;
                default:
                    context.Reject(DpopCheck.InvalidProof, "The key of the access token was not proven.");
                    break;
            }
        }

        // RFC 7800 3.1: a confirmation that says nothing known here cannot be checked, so the token is not one of ours.
        private static (string? Key, string? Certificate) Confirmed(string? confirmation)
        {
            if (confirmation is null)
                return (null, null);
            using var json = JsonDocument.Parse(confirmation);
            var key = DpopProof.Text(json.RootElement, DpopBinding.ThumbprintMember);
            var certificate = DpopProof.Text(json.RootElement, CertificateBinding.ThumbprintMember);
            return key is null && certificate is null ? throw new InvalidOperationException("An access token with a confirmation that this Provider does not issue.") : (key, certificate);
        }
    }

    /// <summary>RFC 9449 7.1: 401, and which scheme with which algorithms would have served.</summary>
    internal sealed class Challenge(DpopCheck check) : IOpenIddictServerHandler<ApplyUserInfoResponseContext>
    {
        public ValueTask HandleAsync(ApplyUserInfoResponseContext context)
        {
            var http = Http(context);
            check.OfferNonce(http);
            if (context.Error is null)
                return ValueTask.CompletedTask;
            if (context.Transaction.GetProperty<string>(ConcernsDpop) is null)
            {
                http.Response.Headers.Append("WWW-Authenticate", "DPoP algs=\"ES256 PS256\"");
                return ValueTask.CompletedTask;
            }

            if (context.Error is not (Errors.InsufficientScope or Errors.InvalidRequest or Errors.ServerError))
                http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate = $"DPoP error=\"{context.Error}\", error_description=\"{context.Response.ErrorDescription}\", algs=\"ES256 PS256\"";
            return ValueTask.CompletedTask;
        }
    }
}
