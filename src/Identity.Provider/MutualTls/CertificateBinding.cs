using Identity.Provider.Clients;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.MutualTls;

/// <summary>Access tokens bound to the certificate that the client showed (RFC 8705 3), however it authenticated.</summary>
internal static class CertificateBinding
{
    /// <summary>RFC 8705 3.1: member of the confirmation.</summary>
    internal const string ThumbprintMember = "x5t#S256";

    private const string ShownCertificate = "Identity.Provider.MutualTls.Thumbprint";

    /// <summary>Of the certificate that tokens of the request at hand are bound to; null when they are not.</summary>
    internal static string? Shown(OpenIddictServerTransaction transaction) => transaction.GetProperty<string>(ShownCertificate);

    /// <summary>RFC 8705 3, 3.4; FAPI 2.0 5.3.2.1 (4): who is registered for bound tokens gets no others.</summary>
    internal sealed class OfTokenRequest(ProviderSettings settings, IOpenIddictApplicationManager applications) : IOpenIddictServerHandler<ValidateTokenRequestContext>
    {
        public async ValueTask HandleAsync(ValidateTokenRequestContext context)
        {
            var client = await applications.MetadataOf(context.ClientId!, context.CancellationToken);
            if (!client.TlsClientCertificateBoundAccessTokens)
            {
                // Registration asks for one of the two; this holds whatever was registered.
                if (client is { Profile: SecurityProfile.Fapi2, DpopBoundAccessTokens: false })
                    context.Reject(Errors.InvalidRequest, "This client's tokens must be bound to a key or a certificate.");
                return;
            }

            var http = context.Transaction.GetHttpRequest()!.HttpContext;
            if (settings.MutualTls is not null && await ClientCertificates.Of(http) is { } certificate)
                context.Transaction.SetProperty(ShownCertificate, ClientCertificates.Thumbprint(certificate));
            else
                context.Reject(Errors.InvalidRequest, "This client's tokens are bound to its certificate: the request must come by mutual TLS.");
        }
    }
}
