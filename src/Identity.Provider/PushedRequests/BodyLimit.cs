using Microsoft.AspNetCore.Http.Features;

namespace Identity.Provider.PushedRequests;

/// <summary>Bodies of the endpoints that programs call have the size of what is sent there, not the one of a page's upload.</summary>
internal static class BodyLimit
{
    /// <summary>A pushed request with 16 documents, an assertion and all parameters stays below it.</summary>
    internal const int LargestBody = 64 * 1024;

    private static readonly string[] Paths = ["/par", "/token", "/userinfo"];

    public static Task Apply(HttpContext context, RequestDelegate next)
    {
        if (Paths.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))
            && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = LargestBody;
        }

        return next(context);
    }
}
