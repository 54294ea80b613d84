using System.Globalization;
using System.Text.RegularExpressions;
using Identity.Provider.Clients;
using Identity.Web;
using Microsoft.AspNetCore;

namespace Identity.Provider.RateLimits;

/// <summary>
/// RFC 6585 4: who asks for too much hears 429 and when to come back. Strangers are counted by their address, clients by their name once they have
/// shown to be it: nobody can use up what is somebody else's, and a client under attack goes on from its own address.
/// </summary>
public sealed partial class RequestLimits(RateCounter counter, ProviderSettings settings)
{
    private static readonly string[] ClientEndpoints = ["/par", "/token", "/revoke", "/introspect", "/device_authorization", "/register", "/userinfo"];

    /// <summary>Before anything is verified.</summary>
    internal static Task Hold(HttpContext context, RequestDelegate next) => context.RequestServices.GetRequiredService<RequestLimits>().Handle(context, next);

    private async Task Handle(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/health", StringComparison.Ordinal) || path.StartsWithSegments("/.well-known", StringComparison.Ordinal))
            await next(context);
        else if (ClientEndpoints.Contains(path.Value?.TrimEnd('/'), StringComparer.OrdinalIgnoreCase))
            await OfClient(context, next);
        else if (await counter.Add($"pages:{Network.Of(context.Connection.RemoteIpAddress)}", settings.RateLimits.PagesPerAddress) is { } wait)
            await Refuse(context, wait);
        else
            await next(context);
    }

    private async Task OfClient(HttpContext context, RequestDelegate next)
    {
        var network = Network.Of(context.Connection.RemoteIpAddress);
        var claimed = ClaimedClient(context.Request);
        var limits = settings.RateLimits;
        if ((counter.Passed($"refused:{network}", limits.RefusedPerAddress)
            ?? counter.Passed($"refused:{network}:{claimed}", limits.RefusedPerClientAndAddress)
            ?? counter.Passed($"stranger:{network}:{claimed}", limits.PagesPerAddress)
            ?? counter.Passed($"client:{claimed}", limits.RequestsPerClient)) is { } wait)
        {
            await Refuse(context, wait);
            return;
        }

        await next(context);
        // RFC 6749 5.2, RFC 6750 3.1: neither a client nor the bearer of a token.
        if (context.Response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            await counter.Add($"refused:{network}", limits.RefusedPerAddress);
            await counter.Add($"refused:{network}:{claimed}", limits.RefusedPerClientAndAddress);
        }
        else if (context.Response.StatusCode < StatusCodes.Status500InternalServerError && context.GetOpenIddictServerRequest()?.ClientId is { Length: > 0 })
        {
            // A name that anybody may bear, a public client's among them, is counted where it comes from, as browsers are.
            if (ClientAuthentication.Proven(context) is { } client)
                await counter.Add($"client:{client}", limits.RequestsPerClient);
            else
                await counter.Add($"stranger:{network}:{claimed}", limits.PagesPerAddress);
        }
    }

    /// <summary>Counts a sign-in that has been verified, so that nobody else can use up a person's. True: it was one too many, and has been answered.</summary>
    public async Task<bool> RefusesSignIn(HttpContext context, string personId)
    {
        if (await counter.Add($"person:{personId}", settings.RateLimits.SignInsPerPerson) is not { } wait)
            return false;
        await Refuse(context, wait);
        return true;
    }

    /// <summary>Answers 429 in the form that the asker reads.</summary>
    private static Task Refuse(HttpContext context, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return PlainProblem.Write(context, StatusCodes.Status429TooManyRequests);
    }

    // Whose name the request bears, read as client authentication reads it: spelt otherwise it would be another name here. One that nobody can have is none.
    private static string ClaimedClient(HttpRequest request)
    {
        var form = request.HasFormContentType ? request.Form : null;
        var name = form?["client_id"] is [{ Length: > 0 } named] ? named
            : BasicCredentials.ClaimedId(request.Headers) ?? (form?["client_assertion"] is [{ } assertion] ? ClientAssertion.ClaimedIssuer(assertion) : null);
        return name is not null && Name().IsMatch(name) ? name : "-";
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();
}
