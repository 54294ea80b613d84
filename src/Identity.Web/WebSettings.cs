using Microsoft.AspNetCore.Http;

namespace Identity.Web;

/// <summary>What <c>AddIdentityWeb</c> was told: the service and the address that browsers know it by.</summary>
public sealed record WebSettings(string Service, Uri PublicAddress)
{
    public string CookieName(string what) => CookieNames.For(PublicAddress, Service, what);

    public bool IsHttps => PublicAddress.Scheme == Uri.UriSchemeHttps;

    internal string LanguageCookie => CookieName("language");

    internal CookieOptions CookieOptions(TimeSpan? maxAge) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        MaxAge = maxAge,
        Path = "/",
        SameSite = SameSiteMode.Lax,
        Secure = IsHttps,
    };
}
