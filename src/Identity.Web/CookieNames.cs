using System.Globalization;

namespace Identity.Web;

/// <summary>
/// Names of cookies. Browsers share cookies between the ports of one host, so a name carries the service and, without TLS, the port;
/// with TLS the <c>__Host-</c> prefix makes the browser refuse a cookie set for a parent domain, another path or without Secure.
/// </summary>
public static class CookieNames
{
    /// <param name="publicAddress">The address under which browsers reach the service.</param>
    /// <param name="service">The service in lower-case letters, digits and hyphens: <c>provider</c>.</param>
    /// <param name="what">What the cookie holds, in the same alphabet: <c>session</c>.</param>
    /// <returns><c>__Host-identity-provider-session</c>, or <c>identity-provider-session-5000</c> without TLS.</returns>
    public static string For(Uri publicAddress, string service, string what)
    {
        ArgumentNullException.ThrowIfNull(publicAddress);
        RequireWord(service);
        RequireWord(what);
        // RFC 6265bis 4.1.3.2: __Host- binds the cookie to this host, to the path / and to TLS.
        return publicAddress.Scheme == Uri.UriSchemeHttps
            ? $"__Host-identity-{service}-{what}"
            : string.Create(CultureInfo.InvariantCulture, $"identity-{service}-{what}-{publicAddress.Port}");
    }

    static void RequireWord(string value, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
                throw new ArgumentException("A cookie name is made of lower-case letters, digits and hyphens.", name);
        }
    }
}
