using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Identity.Web;

/// <summary>The headers that every answer carries, whatever produced it: page, asset, error, redirect or JSON.</summary>
public static class SecurityHeaders
{
    const string Permissions =
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "
        + "payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)";

    /// <summary>The Content-Security-Policy of this answer, to add to.</summary>
    public static ContentSecurity ContentSecurity(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Items[typeof(ContentSecurity)] is ContentSecurity known)
            return known;
        var policy = new ContentSecurity();
        context.Items[typeof(ContentSecurity)] = policy;
        return policy;
    }

    internal static void UseSecurityHeaders(this IApplicationBuilder app, Uri publicAddress)
    {
        var https = publicAddress.Scheme == Uri.UriSchemeHttps;
        app.Use((context, next) =>
        {
            // Written when the answer starts: an exception handler clears what was set before it.
            context.Response.OnStarting(static state =>
            {
                var (context, https) = ((HttpContext, bool))state;
                Write(context, https);
                return Task.CompletedTask;
            }, (context, https));
            return next(context);
        });
    }

    static void Write(HttpContext context, bool https)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = context.ContentSecurity().ToString();
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = Permissions;
        if (https)
            headers.StrictTransportSecurity = "max-age=63072000; includeSubDomains";
        // What says nothing about caching is about one person: assets, key sets and CRLs say it themselves.
        if (!headers.ContainsKey(HeaderNames.CacheControl))
            headers.CacheControl = "no-store";
    }
}
