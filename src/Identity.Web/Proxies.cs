using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using IPNetwork = System.Net.IPNetwork;

namespace Identity.Web;

/// <summary>A setting that every service has, and refuses to start with. The message names it.</summary>
public sealed class WebSettingsException(string setting, string problem) : Exception($"{setting}: {problem}");

/// <summary>
/// The proxies in front of a service, which are believed when they say whose request they pass on (<c>X-Forwarded-For</c>). Nobody is, by default.
/// Scheme and host are a setting of each service, so <c>X-Forwarded-Proto</c> and <c>-Host</c> are not read from anybody.
/// </summary>
internal static class Proxies
{
    /// <summary>Addresses and networks (<c>10.1.0.0/16</c>).</summary>
    public const string Setting = "Web:Proxies";

    public const int Most = 32;

    public static IReadOnlyList<IPNetwork> Read(IConfiguration configuration)
    {
        var entries = configuration.GetSection(Setting).GetChildren().ToList();
        if (entries.Count > Most)
            throw new WebSettingsException(Setting, $"must hold at most {Most} addresses or networks.");
        return [.. entries.Select(entry => Read(entry.Value ?? "") ?? throw new WebSettingsException(entry.Path, "must be an IP address, or a network of the form 10.1.0.0/16."))];
    }

    public static void AddProxies(this IServiceCollection services, IReadOnlyList<IPNetwork> proxies) =>
        // Last: the host's own switch (ForwardedHeaders_Enabled) would believe everybody, as empty lists do.
        services.PostConfigure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = proxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor;
            // From the nearest proxy backwards, each of them one that is listed: what stands before is written by a visitor.
            options.ForwardLimit = proxies.Count;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
                options.KnownIPNetworks.Add(proxy);
        });

    private static IPNetwork? Read(string entry)
    {
        var (address, prefix) = entry.Split('/') switch
        {
            [var alone] => (alone, null),
            [var first, var length] => (first, length),
            _ => ("", null),
        };
        // The framework also reads 10 (0.0.0.10), 010.0.0.1 (8.0.0.1) and 10.0.0.1/8 (10.0.0.0/8): none is what was meant for certain.
        if (!IPAddress.TryParse(address, out var parsed) || (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != address))
            return null;
        if (prefix is null)
        {
            parsed = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
            return new IPNetwork(parsed, parsed.GetAddressBytes().Length * 8);
        }

        // A network of everybody would let each visitor choose an address.
        return IPNetwork.TryParse(entry, out var network) && network.PrefixLength > 0 && network.BaseAddress.Equals(parsed) ? network : null;
    }
}
