using System.Collections.Concurrent;
using System.Text.Json;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Signing.Tests.Ceremonies;

/// <summary>An agency's webhook: verifies what comes with the stock library and the published keys, and answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Token, string? MediaType)> received = new();

    private Receiver(WebApplication app, Uri address) => (this.app, Address) = (app, address);

    public Uri Address { get; }

    /// <summary>What it answers, and how; ordinarily 202.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = Taken;

    public int Redirected { get; private set; }

    public IReadOnlyList<string> Tokens => [.. received.Select(one => one.Token)];

    public IReadOnlyList<string?> MediaTypes => [.. received.Select(one => one.MediaType)];

    public static async Task<Receiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}/events");
        app.Urls.Add(address.GetLeftPart(UriPartial.Authority));
        var receiver = new Receiver(app, address);
        app.MapPost("/events", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            receiver.received.Enqueue((await reader.ReadToEndAsync(), context.Request.ContentType));
            await receiver.Answer(context);
        });
        app.MapFallback(context =>
        {
            receiver.Redirected++;
            return Taken(context);
        });
        await app.StartAsync();
        return receiver;
    }

    public static Task Taken(HttpContext context)
    {
        context.Response.StatusCode = 202;
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<string>> Until(int count)
    {
        for (var i = 0; i < 500 && received.Count < count; i++)
            await Task.Delay(40, SigningSystem.Cancellation);
        Assert.True(received.Count >= count, $"{received.Count} of {count}");
        return Tokens;
    }

    /// <summary>RFC 8417 4: type, issuer, audience, signature by a published key; the event's address and what it says.</summary>
    public static async Task<(string Type, JsonElement About, JsonWebToken Token)> Verify(string token, string keySet, string issuer, string audience)
    {
        var verified = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidTypes = ["secevent+jwt"], ValidIssuer = issuer, ValidAudience = audience, ValidAlgorithms = ["ES256"],
            IssuerSigningKeys = new JsonWebKeySet(keySet).GetSigningKeys(), RequireExpirationTime = false, ValidateLifetime = false,
        });
        Assert.True(verified.IsValid, verified.Exception?.Message);
        var jwt = (JsonWebToken)verified.SecurityToken;
        var only = Assert.Single(jwt.GetPayloadValue<JsonElement>("events").EnumerateObject());
        return (only.Name[(issuer + "events/").Length..], only.Value, jwt);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
