using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Demo.SignIn;

/// <summary>What an agency does when the Provider tells it that a session is over (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8).</summary>
public sealed class BackchannelLogout(DemoSettings settings, EndedSessions ended, IOptionsMonitor<OpenIdConnectOptions> options, TimeProvider time)
{
    internal const string Path = "/backchannel-logout";

    const string Event = "http://schemas.openid.net/event/backchannel-logout";
    const int LongestToken = 8 * 1024;

    // A logout token is good for two minutes; a clock may be off by another.
    static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    internal static async Task<IResult> Receive(HttpContext context, BackchannelLogout logout)
    {
        // 2.8: no cache may keep the answer.
        context.Response.Headers.CacheControl = "no-store";
        var token = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))["logout_token"].ToString() : "";
        return await logout.End(token, context.RequestAborted) ? Results.Ok() : Results.Json(new { error = "invalid_request" }, statusCode: StatusCodes.Status400BadRequest);
    }

    /// <summary>The session's cookie counts no more when the Provider has said that the session, or all of its person's so far, are over.</summary>
    internal static Task Check(CookieValidatePrincipalContext context)
    {
        var ended = context.HttpContext.RequestServices.GetRequiredService<EndedSessions>();
        var (sid, subject) = (context.Principal?.FindFirst("sid")?.Value, context.Principal?.FindFirst("sub")?.Value);
        // Who signs in after all of their sessions were ended has a new one. A cookie tells its time to the second, and so does the other.
        if (sid is null || subject is null || ended.Has(Session(sid)) || ended.EndedAt(Person(subject), AgencySignIn.SessionLifetime) >= context.Properties.IssuedUtc)
            context.RejectPrincipal();
        return Task.CompletedTask;
    }

    async Task<bool> End(string text, CancellationToken cancellation)
    {
        if (text.Length is 0 or > LongestToken || await Verified(text, cancellation) is not { } token)
            return false;
        var (sid, subject) = (Text(token, "sid"), Text(token, "sub"));
        // 2.6 (7): the same token once. Its identifier is remembered as sessions are, for longer than it is good.
        if (!ended.End(Used(token.Id), LongestLife * 2))
            return false;
        ended.End(sid is not null ? Session(sid) : Person(subject!), AgencySignIn.SessionLifetime);
        return true;
    }

    // 2.6, in its order.
    async Task<JsonWebToken?> Verified(string text, CancellationToken cancellation)
    {
        var result = await Validate(text, cancellation);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // The Provider has other keys by now.
            options.Get(AgencySignIn.Provider).ConfigurationManager!.RequestRefresh();
            result = await Validate(text, cancellation);
        }
        if (!result.IsValid || result.SecurityToken is not JsonWebToken { IsEncrypted: false } token)
            return null;
        var now = time.GetUtcNow().UtcDateTime;
        var fresh = token.TryGetPayloadValue<long>("iat", out _) && token.IssuedAt <= now + TimeSpan.FromMinutes(1) && token.IssuedAt >= now - LongestLife;
        // (4) whose session, (5) that it is a logout, (6) that it is no ID token.
        return fresh && token.Id is { Length: > 0 } && (Text(token, "sid") ?? Text(token, "sub")) is not null && IsLogout(token) && !token.TryGetPayloadValue<object>("nonce", out _)
            ? token
            : null;
    }

    async Task<TokenValidationResult> Validate(string text, CancellationToken cancellation)
    {
        var oidc = options.Get(AgencySignIn.Provider);
        OpenIdConnectConfiguration provider = await oidc.ConfigurationManager!.GetConfigurationAsync(cancellation);
        return await new JsonWebTokenHandler().ValidateTokenAsync(text, new TokenValidationParameters
        {
            ValidIssuer = provider.Issuer,
            ValidAudience = settings.ClientId,
            IssuerSigningKeys = provider.SigningKeys,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidTypes = ["logout+jwt"],
            ClockSkew = TimeSpan.FromMinutes(1),
        });
    }

    static bool IsLogout(JsonWebToken token) =>
        token.TryGetPayloadValue<JsonElement>("events", out var events) && events.ValueKind == JsonValueKind.Object
        && events.TryGetProperty(Event, out var content) && content.ValueKind == JsonValueKind.Object;

    static string? Text(JsonWebToken token, string claim) => token.TryGetPayloadValue<string>(claim, out var value) && value.Length > 0 ? value : null;

    // One word each, whatever they are made of.
    static string Session(string sid) => "sid-" + Hash(sid);

    static string Person(string subject) => "sub-" + Hash(subject);

    static string Used(string tokenId) => "jti-" + Hash(tokenId);

    static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
