using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Demo.LandRegistry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Demo.Tests.LandRegistry;

/// <summary>An agency that is told by Signing how a ceremony goes: security event tokens (RFC 8417) as they are pushed (RFC 8935).</summary>
public sealed class SigningEventsTests : IAsyncLifetime
{
    readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    WebApplication signing = null!;
    FakeProvider provider = null!;
    RunningPortal portal = null!;
    Sale sale = null!;
    string issuer = "";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        signing = WebApplication.CreateSlimBuilder().Build();
        signing.Urls.Add("http://127.0.0.1:0");
        signing.MapGet("/.well-known/jwks.json", () =>
        {
            var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ECDsa.Create(key.ExportParameters(false))) { KeyId = "event-1" });
            return Results.Text(JsonSerializer.Serialize(new { keys = new[] { new { kty = jwk.Kty, crv = jwk.Crv, x = jwk.X, y = jwk.Y, kid = "event-1", use = "sig", alg = "ES256" } } }), "application/json");
        });
        await signing.StartAsync(Cancellation);
        issuer = signing.Urls.Single() + "/";
        provider = await FakeProvider.Start();
        portal = await RunningPortal.Start("land", "land-registry", provider.Issuer, issuer);
        sale = new Sale(DeedStore.NewId(), "2026-1", TimeProvider.System.GetUtcNow(), "ceremony-1", [new SaleParty("seller", "PNOXX-1", "place-1", new Uri(issuer))], [], null, 0);
        await portal.Services.GetRequiredService<SaleStore>().Put(sale, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await portal.DisposeAsync();
        await provider.DisposeAsync();
        await signing.DisposeAsync();
        key.Dispose();
    }

    [Fact]
    public async Task An_event_is_kept_once_and_in_its_order()
    {
        Assert.Equal(HttpStatusCode.Accepted, await Send(Token(number: 2, type: "signed", id: "b")));
        Assert.Equal(HttpStatusCode.Accepted, await Send(Token(number: 1, type: "turn", id: "a")));
        Assert.Equal(HttpStatusCode.Accepted, await Send(Token(number: 2, type: "signed", id: "b")));
        var kept = await portal.Services.GetRequiredService<SaleStore>().OfCeremony("ceremony-1", Cancellation);
        Assert.Equal([(1, "turn"), (2, "signed")], kept!.Events.Select(told => (told.Number, told.Type)));
    }

    [Fact]
    public async Task An_event_of_a_ceremony_that_is_not_stored_yet_is_asked_for_again() =>
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Send(Token(change: claims => claims["events"] = Events("turn", "ceremony-2", 1))));

    public static TheoryData<string> Forged => ["issuer", "audience", "type", "another key", "unknown key", "unsigned", "tampered", "empty", "long", "media type"];

    [Theory]
    [MemberData(nameof(Forged))]
    public async Task What_Signing_did_not_say_is_refused_and_changes_nothing(string what)
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = Token();
        var token = what switch
        {
            "issuer" => Token(change: claims => claims["iss"] = "http://evil.example/"),
            "audience" => Token(change: claims => claims["aud"] = "tax-portal"),
            "type" => Token(tokenType: "JWT"),
            "another key" => Token(by: stranger),
            "unknown key" => Token(by: stranger, keyId: "event-2"),
            "unsigned" => Base64UrlEncoder.Encode("""{"alg":"none","typ":"secevent+jwt"}""") + "." + good.Split('.')[1] + ".",
            "tampered" => good[..^8] + (good[^8] == 'A' ? 'B' : 'A') + good[^7..],
            "empty" => "",
            "long" => new string('a', 9000),
            _ => good,
        };
        Assert.Equal(HttpStatusCode.BadRequest, await Send(token, what == "media type" ? "text/plain" : "application/secevent+jwt"));
        Assert.Empty((await portal.Services.GetRequiredService<SaleStore>().OfCeremony("ceremony-1", Cancellation))!.Events);
    }

    [Fact]
    public async Task A_sale_is_for_those_who_sign_it()
    {
        var store = portal.Services.GetRequiredService<SaleStore>();
        Assert.NotNull(await store.Find(sale.Id, "PNOXX-1", Cancellation));
        Assert.Null(await store.Find(sale.Id, "PNOXX-2", Cancellation));
        Assert.Null(await store.Find(sale.Id, null, Cancellation));
        Assert.Null(await store.Find("../../../etc/passwd000", "PNOXX-1", Cancellation));
    }

    static Dictionary<string, object> Events(string type, string ceremony, int number) => new()
    {
        ["http://signing.example/events/" + type] = new Dictionary<string, object> { ["ceremony"] = ceremony, ["number"] = number, ["signer"] = "place-1" },
    };

    string Token(
        int number = 1, string type = "turn", string id = "event", Action<Dictionary<string, object>>? change = null, ECDsa? by = null, string keyId = "event-1", string tokenType = "secevent+jwt")
    {
        var claims = new Dictionary<string, object>
        {
            ["iss"] = issuer, ["aud"] = "land-registry", ["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), ["jti"] = id, ["events"] = Events(type, "ceremony-1", number),
        };
        change?.Invoke(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims, TokenType = tokenType,
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(by ?? key) { KeyId = keyId }, SecurityAlgorithms.EcdsaSha256) { CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } },
        });
    }

    async Task<HttpStatusCode> Send(string token, string mediaType = "application/secevent+jwt")
    {
        using var content = new StringContent(token, Encoding.ASCII);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var http = new HttpClient { BaseAddress = portal.Address };
        using var answer = await http.PostAsync("signing-events", content, Cancellation);
        return answer.StatusCode;
    }
}
