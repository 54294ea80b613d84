using System.Net;
using System.Security.Cryptography;
using Identity.Provider.Clients;
using Identity.Provider.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>A running Provider with a television and a kiosk, a public game, and a portal that has no business here.</summary>
public sealed class DevicesProvider : IAsyncLifetime
{
    public const string Archive = "http://localhost:7801/";
    public const string Grant = "urn:ietf:params:oauth:grant-type:device_code";

    public RunningProvider Provider { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ClientOptions[] clients = [Client("television"), Client("kiosk"), Client("bound-terminal"), Client("game"), Client("archive-api")];
        var keys = clients.ToDictionary(client => client.Id!, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        foreach (var client in clients)
            client.Jwks = ClientSettings.Jwks(keys[client.Id!], client.Id!);
        clients[2].DpopBoundAccessTokens = true;
        clients[3].Jwks = null;
        clients[3].TokenEndpointAuthMethod = "none";
        clients[3].DpopBoundAccessTokens = true;
        clients[4].GrantTypes = ["client_credentials"];
        clients[4].Scopes = ["archive"];
        Provider = await RunningProvider.With(
        [
            .. ClientSettings.Of(clients),
            "--Provider:Resources:0:Scope=archive", $"--Provider:Resources:0:Address={Archive}", "--Provider:Resources:0:IntrospectionClient=archive-api", "--Provider:Resources:0:Name=State Archive",
        ]);
        foreach (var (id, key) in keys)
            Provider.ClientKeys[id] = key;
    }

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    public Agency Agency(string clientId) => new(Provider, clientId);

    /// <summary>What the client of this name shows instead of what it is.</summary>
    public static Dictionary<string, string> Authenticated(Agency agency) =>
        agency.ClientId == "game" ? new() { ["client_id"] = "game" } : agency.Authenticated();

    public static Task<Reply> Ask(Agency agency, string scope = "openid profile", params (string Name, string Value)[] more) =>
        agency.Post("/device_authorization", [.. Authenticated(agency), KeyValuePair.Create("scope", scope), .. more.Select(one => KeyValuePair.Create(one.Name, one.Value))]);

    public static async Task<(string DeviceCode, string UserCode)> Begin(Agency agency, string scope = "openid profile")
    {
        var reply = await Ask(agency, scope);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return ((string)reply.Json["device_code"]!, (string)reply.Json["user_code"]!);
    }

    public static Task<Reply> Poll(Agency agency, string deviceCode, params string[] proofs) =>
        agency.Post("/token", [.. Authenticated(agency), KeyValuePair.Create("grant_type", Grant), KeyValuePair.Create("device_code", deviceCode)], proofs);

    /// <summary>As if the client had waited.</summary>
    public Task Waited(string deviceCode) => Provider.Services.GetRequiredService<RedisStore>().Remove(DeviceCodes.AskedKey(DeviceCodes.Hash(deviceCode)));

    public static async Task<Page> Enter(Browser browser, string userCode)
    {
        var page = await browser.Get("/device");
        Assert.True(page.Status == HttpStatusCode.OK, $"{page.Status} {page.Location}");
        return await browser.Post("/device", page, ("user_code", userCode));
    }

    public static async Task<Page> Answer(Browser browser, string userCode, string answer = "Allow")
    {
        var page = await Enter(browser, userCode);
        Assert.True(page.Status == HttpStatusCode.OK, page.Text);
        return await browser.Post($"/device?handler={answer}", page, ("user_code", userCode));
    }

    /// <summary>A device code that Liis has allowed, in this browser.</summary>
    public static async Task<string> Allowed(Agency agency, Browser browser, string scope = "openid profile")
    {
        var (deviceCode, userCode) = await Begin(agency, scope);
        var page = await Answer(browser, userCode);
        Assert.True(page.Status == HttpStatusCode.OK && page.Text.Contains("Go back to the device", StringComparison.Ordinal), page.Text);
        return deviceCode;
    }

    private static ClientOptions Client(string id) => new()
    {
        Id = id, Name = $"Agency of the {id}", GrantTypes = [Grant, "refresh_token"], Scopes = ["openid", "profile", "archive"], Profile = "baseline", Sector = $"{id}.example",
    };
}
