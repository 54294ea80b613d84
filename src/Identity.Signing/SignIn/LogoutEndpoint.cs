using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;

namespace Identity.Signing.SignIn;

/// <summary>The Provider says that a session is over (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8).</summary>
public sealed class LogoutEndpoint(VerifiedLogout.Checks checks, OpenSessions sessions, ILogger<LogoutEndpoint> log)
{
    internal const string Path = "/backchannel-logout";

    private const int LargestBody = 16 * 1024;
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>200 when nobody is in the session any more, whether anybody was or not; 503 when that cannot be known, and the Provider comes again.</summary>
    internal static async Task<IResult> Receive(HttpContext context, LogoutEndpoint endpoint)
    {
        // 2.8: no cache may keep the answer.
        context.Response.Headers.CacheControl = "no-store";
        return await Token(context) is { } token && await endpoint.End(token, context.RequestAborted)
            ? Results.Ok()
            : Results.Json(new { error = "invalid_request" }, statusCode: StatusCodes.Status400BadRequest);
    }

    private async Task<bool> End(string text, CancellationToken cancellation)
    {
        if (await checks.Check(text, cancellation) is not { } logout || await sessions.End(logout) is not { } ended)
        {
            log.LogWarning("A logout token was refused");
            return false;
        }

        log.LogInformation("The Provider ended {Count} sessions", ended);
        return true;
    }

    // 2.5: one parameter in a form; others are passed over.
    private static async Task<string?> Token(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !Form.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase))
            return null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = LargestBody;
        try
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return form["logout_token"] is [{ } token] ? token : null;
        }
        catch (Exception e) when (e is BadHttpRequestException or InvalidDataException)
        {
            // Too large, broken off, or not the form it says it is.
            return null;
        }
    }
}
