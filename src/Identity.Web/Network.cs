using System.Net;
using System.Net.Sockets;

namespace Identity.Web;

/// <summary>Whose an address is, as far as counting goes.</summary>
public static class Network
{
    /// <summary>One household or host has a /64 of IPv6 to itself; counting single addresses would count nothing. "unknown" without an address.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "unknown";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
