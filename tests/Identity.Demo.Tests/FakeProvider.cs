using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Identity.Demo.Tests;

/// <summary>An OpenID provider of a few lines, whose answers a test can spoil. It writes its JWTs by hand.</summary>
public sealed class FakeProvider : IAsyncDisposable
{
    public const string Substantial = "http://eidas.europa.eu/LoA/substantial";
    readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly WebApplication app;

    FakeProvider()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", () => Json(new()
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = Issuer + "authorize",
            ["token_endpoint"] = Issuer + "token",
            ["userinfo_endpoint"] = Issuer + "userinfo",
            ["pushed_authorization_request_endpoint"] = Issuer + "par",
            ["jwks_uri"] = Issuer + "jwks",
            ["end_session_endpoint"] = Issuer + "logout",
        }));
        app.MapGet("/jwks", () =>
        {
            var point = key.ExportParameters(false).Q;
            return Json(new() { ["keys"] = new[] { new Dictionary<string, string> { ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "1", ["x"] = Encode(point.X!), ["y"] = Encode(point.Y!) } } });
        });
        app.MapPost("/par", async (HttpRequest request) =>
        {
            Pushed.Enqueue((await request.ReadFormAsync()).ToDictionary(p => p.Key, p => p.Value.ToString()));
            return Json(new() { ["request_uri"] = "urn:ietf:params:oauth:request_uri:" + Pushed.Count, ["expires_in"] = 60 }, 201);
        });
        app.MapPost("/token", async (HttpRequest request) =>
        {
            var form = (await request.ReadFormAsync()).ToDictionary(p => p.Key, p => p.Value.ToString());
            Tokens.Enqueue(form);
            return Json(new() { ["access_token"] = "at", ["token_type"] = "Bearer", ["expires_in"] = 60, ["id_token"] = IdToken() });
        });
        app.MapGet("/userinfo", () => Json(new() { ["sub"] = "pairwise-1", ["name"] = Name, ["given_name"] = "Liis", ["family_name"] = "Tamm", ["person_identifier"] = "PNOXX-48504210018" }));
    }

    public string Issuer { get; private set; } = "";

    public ConcurrentQueue<Dictionary<string, string>> Pushed { get; } = new();

    public ConcurrentQueue<Dictionary<string, string>> Tokens { get; } = new();

    public string Acr { get; set; } = Substantial;

    public string Audience { get; set; } = "land-registry";

    public string Name { get; set; } = "Liis Tamm";

    public string? Nonce { get; set; }

    public bool SpoilSignature { get; set; }

    public static async Task<FakeProvider> Start()
    {
        var provider = new FakeProvider();
        await provider.app.StartAsync();
        provider.Issuer = provider.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/";
        return provider;
    }

    public Task Stop() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
    }

    /// <summary>A good logout token; a test changes one claim, or the header.</summary>
    public string LogoutToken(Action<Dictionary<string, object>>? change = null, string type = "logout+jwt")
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["iat"] = now,
            ["exp"] = now + 120,
            ["jti"] = Encode(RandomNumberGenerator.GetBytes(16)),
            ["events"] = new Dictionary<string, object> { ["http://schemas.openid.net/event/backchannel-logout"] = new Dictionary<string, object>() },
            ["sub"] = "pairwise-1",
            ["sid"] = "session-1",
        };
        change?.Invoke(claims);
        return Signed(type, claims);
    }

    string IdToken()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return Signed("JWT", new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = "pairwise-1",
            ["iat"] = now,
            ["exp"] = now + 60,
            ["auth_time"] = 1795428000,
            ["acr"] = Acr,
            ["sid"] = "session-1",
            ["nonce"] = Nonce ?? Pushed.Last()["nonce"],
        });
    }

    string Signed(string type, Dictionary<string, object> claims)
    {
        var header = new Dictionary<string, object> { ["alg"] = "ES256", ["kid"] = "1", ["typ"] = type };
        var content = Encode(JsonSerializer.SerializeToUtf8Bytes(header)) + "." + Encode(JsonSerializer.SerializeToUtf8Bytes(claims));
        var signature = key.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256);
        if (SpoilSignature)
            signature[10] ^= 1;
        return content + "." + Encode(signature);
    }

    static IResult Json(Dictionary<string, object> body, int status = 200) => Results.Text(JsonSerializer.Serialize(body), "application/json", Encoding.UTF8, status);

    static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
