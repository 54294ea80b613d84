using System.Security.Cryptography;
using Identity.Provider.Clients;

namespace Identity.Provider.Logout;

/// <summary>A running Provider with two agencies that are told of the ends of sessions, one that is not, and one that names an address which nobody may call.</summary>
public sealed class LogoutAgencies : IAsyncLifetime
{
    public const string PostLogout = "http://localhost:9/signed-out";

    private readonly Dictionary<string, ECDsa> keys = new[] { "first", "second", "silent", "inside" }.ToDictionary(id => id, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public RunningProvider Provider { get; private set; } = null!;

    public LogoutReceiver First { get; private set; } = null!;

    public LogoutReceiver Second { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        First = await LogoutReceiver.Start();
        Second = await LogoutReceiver.Start();
        Provider = await RunningProvider.With([.. Settings()]);
        foreach (var (id, key) in keys)
        {
            Provider.ClientKeys[id] = key;
            await Provider.Consent(id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
    }

    public Agency Agency(string id) => new(Provider, id) { RedirectUri = $"http://localhost:9/{id}" };

    /// <summary>What an agency holds after a person has come from there: the ID token.</summary>
    public async Task<string> LogIn(Browser browser, string id) => (string)(await Tokens(browser, id)).Json["id_token"]!;

    public async Task<Reply> Tokens(Browser browser, string id)
    {
        using var agency = Agency(id);
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply.Status == System.Net.HttpStatusCode.OK, reply.Body);
        return reply;
    }

    /// <summary>What <c>prompt=none</c> comes to.</summary>
    public async Task<string?> Silently(Browser browser, string id)
    {
        using var agency = Agency(id);
        return (await browser.Authorize(agency, request => request["prompt"] = "none")).GetValueOrDefault("error");
    }

    private string[] Settings() =>
    [
        "--Provider:BackchannelLogout:FirstRetry=00:00:00.1",
        "--Provider:BackchannelLogout:Patience=00:00:02",
        "--Provider:BackchannelLogout:Attempts=4",
        .. ClientSettings.Of(
            Client("first", First.Address.AbsoluteUri, "ES256"),
            Client("second", Second.Address.AbsoluteUri, "RS256"),
            Client("silent", null, null),
            Client("inside", "https://10.1.2.3/backchannel", "ES256")),
    ];

    private ClientOptions Client(string id, string? logout, string? algorithm) => new()
    {
        Id = id,
        Name = $"Agency {id}",
        RedirectUris = [$"http://localhost:9/{id}"],
        PostLogoutRedirectUris = [PostLogout, PostLogout + "?from=" + id],
        Scopes = ["openid", "profile"],
        Jwks = ClientSettings.Jwks(keys[id], id),
        Sector = $"{id}.example",
        BackchannelLogoutUri = logout,
        BackchannelLogoutSessionRequired = logout is not null,
        IdTokenSignedResponseAlg = algorithm,
    };
}
