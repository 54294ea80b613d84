using System.Text.Json;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;

namespace Identity.Provider.Clients;

/// <summary>
/// Clients that are a page's script (RFC 9700 2.1, draft browser-based-apps 6.3) call some endpoints from their own origin: the Fetch Standard's CORS
/// protocol lets the pages of public clients read the answers, without cookies, and no other pages. <c>/authorize</c> is for navigation alone, so a
/// script of another origin never reads its answer.
/// </summary>
internal sealed class BrowserClients(IServiceScopeFactory scopes, TimeProvider time)
{
    internal static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    /// <summary>Longer ones are no origin of anybody registered.</summary>
    private const int LongestOrigin = 300;

    private static readonly Dictionary<string, string> Methods = new(StringComparer.OrdinalIgnoreCase)
    {
        ["/.well-known/openid-configuration"] = "GET",
        ["/.well-known/jwks"] = "GET",
        ["/par"] = "POST",
        ["/token"] = "POST",
        ["/userinfo"] = "GET, POST",
        ["/revoke"] = "POST",
    };

    private volatile Known? known;

    private sealed record Known(IReadOnlySet<string> Origins, DateTimeOffset Read);

    public async Task Answer(HttpContext context, RequestDelegate next)
    {
        if (!Methods.TryGetValue(context.Request.Path.Value ?? "", out var methods))
        {
            await next(context);
            return;
        }

        // A cache between must not give one origin's answer to another (RFC 9111 4.1), the answer without permission among them.
        var allowed = await Allowed(context.Request.Headers.Origin, context.RequestAborted);
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Append("Vary", "Origin");
            if (allowed is not null)
            {
                context.Response.Headers.AccessControlAllowOrigin = allowed;
                context.Response.Headers.AccessControlExposeHeaders = "DPoP-Nonce, WWW-Authenticate";
            }

            return Task.CompletedTask;
        });
        if (allowed is not null && HttpMethods.IsOptions(context.Request.Method) && context.Request.Headers.AccessControlRequestMethod.Count > 0)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.AccessControlAllowMethods = methods;
            context.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type, DPoP";
            context.Response.Headers.AccessControlMaxAge = "600";
            return;
        }

        await next(context);
    }

    private async Task<string?> Allowed(Microsoft.Extensions.Primitives.StringValues origin, CancellationToken cancellation) =>
        origin is [{ Length: > 0 and <= LongestOrigin } one] && (await Origins(cancellation)).Contains(one) ? one : null;

    private async Task<IReadOnlySet<string>> Origins(CancellationToken cancellation)
    {
        if (known is { } fresh && time.GetUtcNow() - fresh.Read < Remembered)
            return fresh.Origins;
        var read = new Known(await Read(cancellation), time.GetUtcNow());
        known = read;
        return read.Origins;
    }

    private async Task<IReadOnlySet<string>> Read(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var clients = await scope.ServiceProvider.GetRequiredService<ProviderDatabase>().Set<OpenIddictEntityFrameworkCoreApplication>().AsNoTracking()
            .Where(client => client.ClientType == OpenIddictConstants.ClientTypes.Public)
            .Select(client => new { client.RedirectUris, client.Properties })
            .ToListAsync(cancellation);
        return clients
            .Where(client => client.RedirectUris is not null && MayCall(client.Properties))
            .SelectMany(client => JsonSerializer.Deserialize<string[]>(client.RedirectUris!)!)
            .Select(address => new Uri(address).GetLeftPart(UriPartial.Authority))
            .ToHashSet(StringComparer.Ordinal);
    }

    // A native application is no page: whatever else listens at its address is somebody else's.
    private static bool MayCall(string? properties) =>
        properties is null || ClientMetadata.From(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(properties)!) is not ({ Disabled: true } or { IsNative: true });
}
