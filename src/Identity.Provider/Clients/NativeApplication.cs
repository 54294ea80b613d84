using System.Globalization;
using System.Text.RegularExpressions;

namespace Identity.Provider.Clients;

/// <summary>RFC 8252: applications on people's own devices. Where their answers go is a port or a scheme of the device, which any application there can take.</summary>
internal static partial class NativeApplication
{
    /// <summary>OpenID Connect Registration 2, <c>application_type</c>.</summary>
    public const string Type = "native";

    public const string Web = "web";

    /// <summary>Why a native application cannot have this address, or null. What is https is looked at as that of any client.</summary>
    /// <param name="value">A plain address in its normal spelling.</param>
    public static string? RedirectUriProblem(string value)
    {
        // 7.3: the port is the device's choice at each request, so none is registered. 8.3: localhost may resolve to something else.
        if (Loopback().Match(value) is { Success: true } loopback)
            return loopback.Groups["port"].Length == 0 ? null : "names a port; any port is good, so none is registered.";
        // 7.1, RFC 3986 3.2: a name in reverse order, which says whose it is; one slash, since no authority follows.
        return PrivateUse().IsMatch(value) ? null : "must be https, http://127.0.0.1/, http://[::1]/ or of a scheme that is a domain name in reverse order (com.example.app:/path).";
    }

    /// <summary>7.3: the registered address with any port, and nothing else different.</summary>
    public static bool Fits(string registered, string asked)
    {
        var (one, other) = (Loopback().Match(registered), Loopback().Match(asked));
        return one.Success && other.Success
            && one.Groups["host"].ValueSpan.SequenceEqual(other.Groups["host"].ValueSpan)
            && one.Groups["path"].ValueSpan.SequenceEqual(other.Groups["path"].ValueSpan)
            && (other.Groups["port"].Length == 0 || int.Parse(other.Groups["port"].ValueSpan, CultureInfo.InvariantCulture) <= ushort.MaxValue);
    }

    /// <summary>8.6: only an https address assures whose application it is that gets the answer.</summary>
    public static bool IsAssured(string redirectUri) => redirectUri.StartsWith("https://", StringComparison.Ordinal);

    [GeneratedRegex(@"^http://(?<host>127\.0\.0\.1|\[::1\])(?::(?<port>[1-9][0-9]{0,4}))?(?<path>/[\x21\x22\x24-\x7E]*)\z")]
    private static partial Regex Loopback();

    [GeneratedRegex(@"^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:/(?!/)[\x21\x22\x24-\x7E]*\z")]
    private static partial Regex PrivateUse();
}
