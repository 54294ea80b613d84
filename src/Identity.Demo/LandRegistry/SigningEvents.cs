using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Demo.LandRegistry;

/// <summary>
/// What an agency does when Signing tells it something: a security event token (RFC 8417), pushed (RFC 8935), verified with the stock library and
/// Signing's published keys. An event only says that something changed; what counts is asked with the agency's own token.
/// </summary>
public sealed class SigningEvents(SaleStore store, SaleSigning sales, SignatureRequests signing, DemoSettings settings, TimeProvider time) : IDisposable
{
    const int LongestToken = 8 * 1024;
    const int MostEvents = 200;

    // Somebody who sends tokens with made-up key identifiers makes us ask no more often than this.
    static readonly TimeSpan BetweenKeys = TimeSpan.FromMinutes(1);

    readonly SemaphoreSlim one = new(1);
    (string Json, DateTimeOffset At) keys = ("", DateTimeOffset.MinValue);

    internal static async Task<IResult> Receive(HttpContext context, SigningEvents events)
    {
        // RFC 8935 2.3: what cannot be understood is refused for good, what cannot be kept now is sent again.
        if (context.Request.ContentType is not "application/secevent+jwt" || await Read(context.Request.Body, context.RequestAborted) is not { } text)
            return Results.Json(new { err = "invalid_request" }, statusCode: StatusCodes.Status400BadRequest);
        if (await events.Verified(text, context.RequestAborted) is not { } token)
            return Results.Json(new { err = "authentication_failed" }, statusCode: StatusCodes.Status400BadRequest);
        return await events.Take(token, context.RequestAborted) ? Results.StatusCode(StatusCodes.Status202Accepted) : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    public void Dispose() => one.Dispose();

    static async Task<string?> Read(Stream body, CancellationToken cancellation)
    {
        var bytes = new byte[LongestToken + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return length > LongestToken ? null : Encoding.ASCII.GetString(bytes, 0, length);
    }

    async Task<JsonWebToken?> Verified(string text, CancellationToken cancellation)
    {
        var result = await Validate(text, await Keys(anew: false, cancellation));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
            result = await Validate(text, await Keys(anew: true, cancellation));
        return result.IsValid && result.SecurityToken is JsonWebToken { IsEncrypted: false, Id.Length: > 0 } token ? token : null;
    }

    Task<TokenValidationResult> Validate(string text, string json) => new JsonWebTokenHandler().ValidateTokenAsync(text, new TokenValidationParameters
    {
        ValidTypes = ["secevent+jwt"],
        ValidIssuer = settings.Signing!.AbsoluteUri,
        ValidAudience = settings.ClientId,
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        IssuerSigningKeys = new JsonWebKeySet(json).GetSigningKeys(),
        // RFC 8417 2.2: an event does not expire.
        RequireExpirationTime = false,
    });

    async Task<string> Keys(bool anew, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            if (keys.Json.Length == 0 || (anew && time.GetUtcNow() > keys.At + BetweenKeys))
                keys = (await signing.EventKeys(cancellation), time.GetUtcNow());
            return keys.Json;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>False when it is to be sent again: the sale is not stored yet.</summary>
    async Task<bool> Take(JsonWebToken token, CancellationToken cancellation)
    {
        if (About(token) is not var (type, about) || about.GetProperty("ceremony").GetString() is not { } ceremony || await store.OfCeremony(ceremony, cancellation) is not { } sale)
            return false;
        var said = new SaleEvent(
            token.Id, about.GetProperty("number").GetInt32(), type, about.TryGetProperty("signer", out var signer) ? signer.GetString() : null, time.GetUtcNow());
        // The same event may come twice.
        await store.Change(sale.Id, now => now.Events.Any(known => known.Id == said.Id) || now.Events.Count >= MostEvents
            ? now : now with { Events = [.. now.Events.Append(said).OrderBy(one => one.Number)] }, cancellation);
        if (type == "completed")
            await sales.Receive(sale, cancellation);
        return true;
    }

    static (string Type, JsonElement About)? About(JsonWebToken token) =>
        token.TryGetPayloadValue<JsonElement>("events", out var events) && events.ValueKind == JsonValueKind.Object && events.EnumerateObject().ToList() is [var only]
        && only.Value.ValueKind == JsonValueKind.Object && only.Value.TryGetProperty("ceremony", out _) && only.Value.TryGetProperty("number", out _)
            ? (only.Name[(only.Name.LastIndexOf('/') + 1)..], only.Value)
            : null;
}
