using System.Security.Claims;
using System.Text.Json;
using Identity.Provider.Clients;
using Identity.Provider.MutualTls;
using Microsoft.AspNetCore;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Dpop;

/// <summary>Ties what a login yields to the key that the client proves (RFC 9449): the code at the pushed request, the tokens at the token request.</summary>
internal static class DpopBinding
{
    /// <summary>RFC 9449 10: parameter of the pushed request, and inside the name under which the code carries the thumbprint.</summary>
    internal const string Parameter = "dpop_jkt";

    /// <summary>RFC 7800 3.1.</summary>
    internal const string Confirmation = "cnf";

    /// <summary>RFC 9449 6.1.</summary>
    internal const string ThumbprintMember = "jkt";

    private const string ProvenKey = "Identity.Provider.Dpop.Thumbprint";

    /// <summary>The key proven by the request at hand; null when it brought no proof.</summary>
    internal static string? Proven(OpenIddictServerTransaction transaction) => transaction.GetProperty<string>(ProvenKey);

    private static HttpContext Http(BaseContext context) =>
        context.Transaction.GetHttpRequest()?.HttpContext ?? throw new InvalidOperationException("These endpoints are served over HTTP only.");

    /// <summary>RFC 9449 10 and 10.1: a pushed request names the key by parameter, by proof, or by both alike.</summary>
    internal sealed class OfPushedRequest(DpopCheck check) : IOpenIddictServerHandler<ValidatePushedAuthorizationRequestContext>
    {
        public async ValueTask HandleAsync(ValidatePushedAuthorizationRequestContext context)
        {
            var named = (string?)context.Request.GetParameter(Parameter);
            switch (await check.Check(Http(context).Request, "par"))
            {
                case DpopOutcome.Refused refused:
                    context.Reject(refused.Error, refused.Description);
                    break;
                case DpopOutcome.Proven proven when named is not null && named != proven.Thumbprint:
                    context.Reject(DpopCheck.InvalidProof, "The proof is not of the key that dpop_jkt names.");
                    break;
                case DpopOutcome.Proven proven:
                    context.Request.SetParameter(Parameter, proven.Thumbprint);
                    break;
            }
        }
    }

    /// <summary>RFC 9449 5: who redeems a code proves the key that the code is bound to; some clients get no token without proof.</summary>
    internal sealed class OfTokenRequest(DpopCheck check, IOpenIddictApplicationManager applications) : IOpenIddictServerHandler<ValidateTokenRequestContext>
    {
        public async ValueTask HandleAsync(ValidateTokenRequestContext context)
        {
            var outcome = await check.Check(Http(context).Request, "token");
            if (outcome is DpopOutcome.Refused refused)
            {
                context.Reject(refused.Error, refused.Description);
                return;
            }

            var thumbprint = (outcome as DpopOutcome.Proven)?.Thumbprint;
            // RFC 9449 10: a stolen code is of no use without the key; 5: nor is the refresh token of a public client.
            if ((context.AuthorizationCodePrincipal ?? context.RefreshTokenPrincipal)?.GetClaim(Parameter) is { } bound && bound != thumbprint)
                context.Reject(Errors.InvalidGrant, "The code or refresh token is bound to a key that was not proven.");
            else if (thumbprint is null && await IsRequired(context))
                context.Reject(DpopCheck.InvalidProof, "This client's tokens are bound to a key: a DPoP proof is needed.");
            else if (thumbprint is not null)
                context.Transaction.SetProperty(ProvenKey, thumbprint);
        }

        private async Task<bool> IsRequired(ValidateTokenRequestContext context) =>
            (await applications.MetadataOf(context.ClientId!, context.CancellationToken)).DpopBoundAccessTokens;
    }

    /// <summary>RFC 9449 6.1, RFC 8705 3.1: the access token names the key, the certificate, or both.</summary>
    internal sealed class OfAccessToken : IOpenIddictServerHandler<GenerateTokenContext>
    {
        public ValueTask HandleAsync(GenerateTokenContext context)
        {
            if (context.TokenType != TokenTypeIdentifiers.AccessToken)
                return ValueTask.CompletedTask;
            var members = new Dictionary<string, string>();
            if (Proven(context.Transaction) is { } thumbprint)
                members[ThumbprintMember] = thumbprint;
            if (CertificateBinding.Shown(context.Transaction) is { } certificate)
                members[CertificateBinding.ThumbprintMember] = certificate;
            if (members.Count > 0)
                context.SecurityTokenDescriptor.Subject.AddClaim(new Claim(Confirmation, JsonSerializer.Serialize(members), JsonClaimValueTypes.Json));

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>RFC 9449 5: a client that authenticates by nothing else proves the same key at each refresh. The others are bound by their authentication.</summary>
    internal sealed class OfRefreshToken(IOpenIddictApplicationManager applications) : IOpenIddictServerHandler<ProcessSignInContext>
    {
        public async ValueTask HandleAsync(ProcessSignInContext context)
        {
            if ((await applications.MetadataOf(context.ClientId!, context.CancellationToken)).TokenEndpointAuthMethod == ClientAuthenticationMethods.None)
                context.RefreshTokenPrincipal!.SetClaim(Parameter, Proven(context.Transaction) ?? throw new InvalidOperationException("A public client without a bound token."));
        }
    }

    /// <summary>RFC 9449 5: the answer says that the token is bound, and brings the next nonce.</summary>
    internal sealed class OfTokenAnswer(DpopCheck check) : IOpenIddictServerHandler<ApplyTokenResponseContext>
    {
        public ValueTask HandleAsync(ApplyTokenResponseContext context)
        {
            check.OfferNonce(Http(context));
            if (Proven(context.Transaction) is not null && context.Response.AccessToken is not null)
                context.Response.TokenType = DpopScheme.Name;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>RFC 9449 8.2.</summary>
    internal sealed class OfPushedAnswer(DpopCheck check) : IOpenIddictServerHandler<ApplyPushedAuthorizationResponseContext>
    {
        public ValueTask HandleAsync(ApplyPushedAuthorizationResponseContext context)
        {
            check.OfferNonce(Http(context));
            return ValueTask.CompletedTask;
        }
    }
}
