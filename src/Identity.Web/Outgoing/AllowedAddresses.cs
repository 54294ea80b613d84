using System.Net;
using System.Net.Sockets;

namespace Identity.Web.Outgoing;

/// <summary>
/// Which addresses a service calls when somebody else chose them (RFC 7591 5, OWASP ASVS 5.0 1.3.6): those of the public Internet, and the
/// private networks that the operator lists. Without it a registration would be a way to talk to whatever stands beside the service.
/// </summary>
/// <param name="networks">Private networks that the operator allows.</param>
/// <param name="development">Loopback is good too, also by http.</param>
public sealed class AllowedAddresses(IReadOnlyList<IPNetwork> networks, bool development)
{
    // IANA's IPv4 special-purpose address registry (RFC 6890), multicast (RFC 5771) and what was never given out (RFC 1112 4).
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            // Inside what IPv6 gives out: protocol assignments with Teredo, documentation, 6to4, direct delegation AS112, documentation.
            "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    // RFC 4291 2.4: all global unicast addresses that are given out; loopback, unique local, link-local, site-local and multicast lie outside.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    // RFC 6052 2.1: a network without IPv4 reaches it by these, and what counts is the address within.
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Https; http to a loopback address in Development only. Nothing that a password or a fragment could hide in.</summary>
    public bool Allows(Uri address) =>
        address is { IsAbsoluteUri: true, UserInfo.Length: 0, Fragment.Length: 0 }
        && (address.Scheme == Uri.UriSchemeHttps || (development && address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    /// <summary>Asked of the address that a connection is about to be made to, after the name was resolved.</summary>
    public bool Allows(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var meant = Inner(address);
        if (networks.Any(network => network.Contains(meant)) || (development && IPAddress.IsLoopback(meant)))
            return true;
        return (meant.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(meant)) && !Array.Exists(Special, network => network.Contains(meant));
    }

    private static IPAddress Inner(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && Translated.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12)) : address;
    }

    /// <summary>Reads the setting.</summary>
    /// <param name="networks">As written by an operator.</param>
    /// <param name="development">Loopback is good too, also by http.</param>
    /// <param name="refuse">Makes the service's own refusal of the network at an index.</param>
    public static AllowedAddresses Check(IReadOnlyList<string> networks, bool development, Func<int, string, Exception>? refuse = null)
    {
        ArgumentNullException.ThrowIfNull(networks);
        const string Rule = "must be a network as 10.1.2.0/24 or fd00:1::/32.";
        return new AllowedAddresses(
            [.. networks.Select((text, index) => IPNetwork.TryParse(text, out var network) ? network : throw refuse?.Invoke(index, Rule) ?? new ArgumentException(Rule, nameof(networks)))],
            development);
    }
}
