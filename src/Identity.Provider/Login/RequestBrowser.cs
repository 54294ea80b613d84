using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Web;

namespace Identity.Provider.Login;

/// <summary>
/// Ties a waiting authorization request to the browser that came with it first, by a cookie of its own: the request's address, copied and sent to
/// somebody else, opens nothing there. That the first browser is the one that began at the agency only the agency can tell, by its state (RFC 9700 4.7).
/// </summary>
internal static class RequestBrowser
{
    private const int SecretBytes = 16;
    private const int LongestSecret = 64;

    /// <summary>Requests that wait in one browser at one time. Beyond, the cookies make room for the newest: a page that opens one request after another
    /// must not fill the header of every later one.</summary>
    internal const int MostRequests = 20;

    /// <summary>What this browser shows for the request: a hash, null when it has no cookie for it.</summary>
    public static string? Of(HttpContext context, string requestKey) =>
        context.Request.Cookies[Name(context, requestKey)] is { Length: > 0 and <= LongestSecret } secret ? Hash(secret) : null;

    /// <summary>Gives this browser the cookie of the request, or keeps it for longer; what to compare later is returned.</summary>
    public static string Mark(HttpContext context, string requestKey, TimeSpan lifetime)
    {
        var name = Name(context, requestKey);
        if (context.Request.Cookies[name] is not { Length: > 0 and <= LongestSecret } secret)
        {
            MakeRoom(context);
            secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        }

        context.Response.Cookies.Append(name, secret, Options(context, lifetime));
        return Hash(secret);
    }

    /// <summary>The request has its answer.</summary>
    public static void Forget(HttpContext context, string requestKey)
    {
        var name = Name(context, requestKey);
        if (context.Request.Cookies.ContainsKey(name))
            context.Response.Cookies.Delete(name, Options(context, lifetime: null));
    }

    private static void MakeRoom(HttpContext context)
    {
        var begin = Settings(context).CookieName("request")[..^Suffix(context).Length] + "-";
        var waiting = context.Request.Cookies.Keys.Where(name => name.StartsWith(begin, StringComparison.Ordinal)).ToArray();
        if (waiting.Length < MostRequests)
            return;
        foreach (var name in waiting)
            context.Response.Cookies.Delete(name, Options(context, lifetime: null));
    }

    // Half of the key's hash is more than enough to tell requests apart, and does not make the cookie's name tell the key.
    private static string Name(HttpContext context, string requestKey) =>
        Settings(context).CookieName("request-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(requestKey)).AsSpan(0, 8)));

    // Without TLS the port ends the name.
    private static string Suffix(HttpContext context) => Settings(context).IsHttps ? "" : $"-{Settings(context).PublicAddress.Port}";

    private static string Hash(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    // Lax: the person comes from the agency's site.
    private static CookieOptions Options(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true, IsEssential = true, MaxAge = lifetime, Path = "/", SameSite = SameSiteMode.Lax, Secure = Settings(context).IsHttps,
    };

    private static WebSettings Settings(HttpContext context) => context.RequestServices.GetRequiredService<WebSettings>();
}
