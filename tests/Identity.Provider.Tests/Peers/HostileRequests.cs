using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Conformance;

namespace Identity.Provider.Peers;

/// <summary>
/// hostile-requests.mjs, run once against our Provider and once against npm's oidc-provider, which has the same two FAPI 2.0 clients with the same
/// keys: what each answered.
/// </summary>
public sealed class HostileRequests : IAsyncLifetime
{
    private static readonly string[] Clients = [ProviderWithFapiClients.First, ProviderWithFapiClients.Second];

    public IReadOnlyDictionary<string, string> Ours { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Reference { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // All come from one address and most name one client: what is tested is each answer, not how many there may be.
        await using var provider = await ProviderWithFapiClients.Start("--Provider:RateLimits:RefusedPerClientAndAddress=10000");
        var clients = new JsonArray([.. Clients.Select(client => new JsonObject
        {
            ["clientId"] = client, ["redirectUri"] = ProviderWithFapiClients.RedirectUri(client), ["jwk"] = provider.ClientKeys[client].PrivateJwk(client),
        })]);
        using var browser = new Browser(provider);
        await browser.SignIn();
        var cookies = new JsonObject();
        foreach (Cookie cookie in browser.Cookies.GetCookies(provider.Issuer))
            cookies[cookie.Name] = cookie.Value;
        Ours = await Sent(provider.Issuer.AbsoluteUri, clients, cookies);

        using var signingKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var reference = await PeerScript.Node("oidc-provider.mjs", new JsonObject { ["clients"] = clients.DeepClone(), ["signingKey"] = signingKey.PrivateJwk("signing") });
        Reference = await Sent((string)(await reference.Read())["issuer"]!, clients, []);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<IReadOnlyDictionary<string, string>> Sent(string issuer, JsonArray clients, JsonObject cookies)
    {
        using var attacker = await PeerScript.Node(
            "hostile-requests.mjs", new JsonObject { ["issuer"] = issuer, ["clients"] = clients.DeepClone(), ["cookies"] = cookies });
        return (await attacker.Read()).AsObject().ToDictionary(row => row.Key, row => (string)row.Value!);
    }
}
