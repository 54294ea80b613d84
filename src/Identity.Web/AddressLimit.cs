using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Identity.Web;

/// <summary>
/// Counts what comes from one address (of IPv6: one /64) by minute, in this process alone: for what anybody may ask without saying who they are. A service
/// of several copies lets so many pass at each. May be called concurrently.
/// </summary>
/// <param name="perMinute">As many pass.</param>
/// <param name="time">Its minutes are those of the clock.</param>
public sealed class AddressLimit(int perMinute, TimeProvider time)
{
    /// <summary>Addresses of which a minute keeps count. Whoever has more is not held by counting addresses, and must not fill the memory.</summary>
    public const int MostAddresses = 100_000;

    /// <summary>There is no "unlimited": whoever means it writes a million.</summary>
    public const int Most = 1_000_000;

    private const int WindowSeconds = 60;

    private readonly Lock locked = new();
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    private long window;

    /// <summary>Counts one. Not null: that is more than the limit, and how long it takes until counting begins anew.</summary>
    public TimeSpan? Add(IPAddress? address)
    {
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var name = Network.Of(address);
        lock (locked)
        {
            if (window != seconds / WindowSeconds)
            {
                counts.Clear();
                window = seconds / WindowSeconds;
            }

            var count = counts.GetValueOrDefault(name);
            if (count >= perMinute)
                return TimeSpan.FromSeconds(WindowSeconds - seconds % WindowSeconds);
            if (count > 0 || counts.Count < MostAddresses)
                counts[name] = count + 1;
            return null;
        }
    }
}

/// <summary>Holds requests by address before anything of them is read.</summary>
public static class AddressLimits
{
    /// <summary>RFC 6585 4: 429 and when to come back, for those that the limit is for.</summary>
    public static IApplicationBuilder UseAddressLimit(this IApplicationBuilder app, AddressLimit limit, Func<HttpRequest, bool> isCounted) => app.Use(async (context, next) =>
    {
        if (isCounted(context.Request) && limit.Add(context.Connection.RemoteIpAddress) is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await PlainProblem.Write(context, StatusCodes.Status429TooManyRequests);
            return;
        }

        await next(context);
    });
}
