using System.Net;
using System.Text;
using Microsoft.AspNetCore;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Clients;

/// <summary>RFC 6749 2.3.1: identifier and secret by the Basic scheme (RFC 7617), each of them form-encoded within. Takes the place of the engine's reading,
/// which answers invalid_request to what cannot be read and lets another client_id in the form pass.</summary>
internal static class BasicCredentials
{
    /// <summary>The longest identifier and secret that can be registered, every character escaped, in base64.</summary>
    internal const int LongestHeader = 1024;

    private const string Scheme = "Basic";
    private const string ByHeader = "Identity.Provider.Clients.SecretByHeader";

    /// <summary>The secret of the request at hand came by header.</summary>
    internal static bool Presented(OpenIddictServerTransaction transaction) => transaction.GetProperty<string>(ByHeader) is not null;

    /// <summary>The identifier that the header bears, unproven; null when there is none to be read.</summary>
    internal static string? ClaimedId(IHeaderDictionary headers) => headers.Authorization is [{ } header] && Tried(header) ? Read(header)?.Id : null;

    // RFC 9110 11.1: the scheme is compared without regard to case, and ends at a space.
    private static bool Tried(string? header) =>
        header is not null && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && (header.Length == Scheme.Length || header[Scheme.Length] == ' ');

    private static (string Id, string Secret)? Read(string header)
    {
        var decoded = new byte[LongestHeader];
        if (header.Length > LongestHeader || !Convert.TryFromBase64String(header[Scheme.Length..].Trim(' '), decoded, out var length))
            return null;
        var text = Encoding.UTF8.GetString(decoded.AsSpan(0, length));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon < text.Length - 1 ? (WebUtility.UrlDecode(text[..colon]), WebUtility.UrlDecode(text[(colon + 1)..])) : null;
    }

    internal sealed class Of<TContext> : IOpenIddictServerHandler<TContext>
        where TContext : BaseValidatingContext
    {
        public ValueTask HandleAsync(TContext context)
        {
            var header = context.Transaction.GetHttpRequest()!.Headers.Authorization;
            if (!header.Any(Tried))
                return ValueTask.CompletedTask;
            var request = context.Transaction.Request!;
            // RFC 6749 2.3, 5.2: one method in a request.
            if (header.Count > 1 || !string.IsNullOrEmpty(request.ClientSecret) || !string.IsNullOrEmpty(request.ClientAssertion) || !string.IsNullOrEmpty(request.ClientAssertionType))
                context.Reject(Errors.InvalidRequest, ClientAuthentication.TwoMethods);
            else if (Read(header[0]!) is not var (id, secret) || (!string.IsNullOrEmpty(request.ClientId) && request.ClientId != id))
                context.Reject(Errors.InvalidClient, ClientAuthentication.Refused);
            else
            {
                request.ClientId = id;
                request.ClientSecret = secret;
                context.Transaction.SetProperty(ByHeader, Scheme);
            }

            return ValueTask.CompletedTask;
        }
    }
}
