using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.MutualTls;
using Identity.Web;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Clients;

/// <summary>
/// Who is the client? Asked at every endpoint that clients call themselves (RFC 6749 2.3), in the place of the engine's own handlers: those take
/// whatever method fits the client, and tell a stranger which clients there are. Here a client authenticates by the method that it is registered
/// for (OpenID Connect Registration 2) and by no other, and every refusal is invalid_client with one text; which check it was goes to the log.
/// </summary>
internal sealed partial class ClientAuthentication(
    RegisteredClients clients, ClientAssertion assertions, ClientCertificates certificates, Refusals refusals, ILogger<ClientAuthentication> logger)
    : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    internal const string Refused = "The client could not be authenticated.";
    internal const string TwoMethods = "The client authenticated by more than one method.";

    private const string ProvenKey = "Identity.Provider.Clients.Proven";

    /// <summary>Refused before it is hashed.</summary>
    private const int LongestSecret = 128;

    /// <summary>A client that a request names: what it is in the registry, and what it is registered for.</summary>
    internal sealed record Named(string Id, OpenIddictEntityFrameworkCoreApplication Row, ClientMetadata Metadata);

    /// <summary>The client that the request has shown to come from. Null: it was refused before or for that, or it bears the name of a public client, as anybody can.</summary>
    internal static string? Proven(HttpContext http) => http.Features.Get<OpenIddictServerAspNetCoreFeature>()?.Transaction?.GetProperty<string>(ProvenKey);

    public async ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        if (context.EndpointType is not (OpenIddictServerEndpointType.Token or OpenIddictServerEndpointType.PushedAuthorization or OpenIddictServerEndpointType.Introspection
            or OpenIddictServerEndpointType.Revocation or OpenIddictServerEndpointType.DeviceAuthorization))
        {
            return;
        }

        var bySecret = !string.IsNullOrEmpty(context.ClientSecret);
        var byAssertion = !string.IsNullOrEmpty(context.ClientAssertion) || !string.IsNullOrEmpty(context.Request.ClientAssertionType);
        // RFC 6749 2.3, 5.2.
        if (bySecret && byAssertion)
        {
            context.Reject(Errors.InvalidRequest, TwoMethods);
            return;
        }

        var method = (bySecret, byAssertion) switch
        {
            (true, _) => BasicCredentials.Presented(context.Transaction) ? ClientAuthenticationMethods.ClientSecretBasic : ClientAuthenticationMethods.ClientSecretPost,
            (_, true) => ClientAuthenticationMethods.PrivateKeyJwt,
            _ => ClientAuthenticationMethods.None,
        };
        // A certificate may be there for the token's sake (RFC 8705 3), and no parameter says that it is meant to authenticate: the registration does.
        var client = await Find(method == ClientAuthenticationMethods.PrivateKeyJwt ? ClientAssertion.NamedIn(context.ClientAssertion) : context.ClientId, context.CancellationToken);
        if (method == ClientAuthenticationMethods.None && client?.Metadata.TokenEndpointAuthMethod is "tls_client_auth" or "self_signed_tls_client_auth")
            method = client!.Metadata.TokenEndpointAuthMethod;
        if (await Refusal(context, method, client) is not { } refusal)
        {
            // RFC 7523 3.1: with an assertion client_id may be left out.
            context.Request.ClientId = client!.Id;
            if (method != ClientAuthenticationMethods.None)
                context.Transaction.SetProperty(ProvenKey, client.Id);
            return;
        }

        LogRefused(logger, client?.Id ?? SafeText.ForDisplay(context.ClientId ?? "-"), method, refusal);
        // A name that nobody registered is a stranger's text, and stays out of the audit log.
        refusals.Record(new ClientRefused(client?.Id, Reason(method)));
        context.Reject(Errors.InvalidClient, Refused);
    }

    private async Task<Named?> Find(string? clientId, CancellationToken cancellation) =>
        clientId is not null && await clients.Known(clientId, cancellation) is { Metadata: { } metadata } known ? new Named(clientId, known.Row, metadata) : null;

    /// <summary>Why the client is not who it says it is, or null.</summary>
    private async Task<string?> Refusal(ProcessAuthenticationContext context, string method, Named? client)
    {
        if (client is null)
            return "no such client";
        if (!string.IsNullOrEmpty(context.ClientId) && context.ClientId != client.Id)
            return "client_id is another client";
        // OpenID Connect Registration 2, token_endpoint_auth_method: this one.
        if (method != client.Metadata.TokenEndpointAuthMethod)
            return $"registered for {client.Metadata.TokenEndpointAuthMethod}";
        return method switch
        {
            ClientAuthenticationMethods.PrivateKeyJwt => await assertions.Check(context, client),
            ClientAuthenticationMethods.ClientSecretBasic or ClientAuthenticationMethods.ClientSecretPost =>
                context.ClientSecret!.Length <= LongestSecret && await clients.ValidateClientSecretAsync(client.Row, context.ClientSecret, context.CancellationToken)
                    ? null
                    : "the secret is another",
            "tls_client_auth" or "self_signed_tls_client_auth" => await certificates.Check(context.Transaction.GetHttpRequest()!.HttpContext, client.Id, client.Metadata),
            // RFC 6749 2.3: a public client. What it may do without authentication is bound by PKCE and by the key that it proves.
            _ => null,
        };
    }

    private static string Reason(string method) => method switch
    {
        ClientAuthenticationMethods.PrivateKeyJwt => "client_assertion",
        "tls_client_auth" or "self_signed_tls_client_auth" => "client_certificate",
        ClientAuthenticationMethods.None => "no_authentication",
        _ => "client_secret",
    };

    [LoggerMessage(LogLevel.Warning, "Client {Client} refused, who came by {Method}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string client, string method, string reason);
}
