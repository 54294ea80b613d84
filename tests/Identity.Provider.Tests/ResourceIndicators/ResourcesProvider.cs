using System.Net;
using System.Security.Cryptography;
using Identity.Provider.Clients;

namespace Identity.Provider.ResourceIndicators;

/// <summary>A running Provider with three resource servers that may call each other for a person, and portals that may call them.</summary>
public sealed class ResourcesProvider : IAsyncLifetime
{
    public const string RedirectUri = "http://localhost:7777/signin-oidc";
    public const string Archive = "http://localhost:7801/";
    public const string Ledger = "http://localhost:7802/api";
    public const string Registry = "http://localhost:7803/";

    public RunningProvider Provider { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ClientOptions[] clients =
        [
            Portal("portal", bound: false), Portal("bound-portal", bound: true),
            Server("archive-api", "ledger"), Server("ledger-api", "registry", "archive"), Server("registry-api", "archive"),
        ];
        var keys = clients.ToDictionary(client => client.Id!, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        foreach (var client in clients)
            client.Jwks = ClientSettings.Jwks(keys[client.Id!], client.Id!);
        Provider = await RunningProvider.With(
        [
            .. ClientSettings.Of(clients),
            "--Provider:Resources:0:Scope=archive", $"--Provider:Resources:0:Address={Archive}", "--Provider:Resources:0:IntrospectionClient=archive-api", "--Provider:Resources:0:Name=State Archive",
            "--Provider:Resources:1:Scope=ledger", $"--Provider:Resources:1:Address={Ledger}", "--Provider:Resources:1:IntrospectionClient=ledger-api", "--Provider:Resources:1:Sector=ledger.example",
            "--Provider:Resources:2:Scope=registry", $"--Provider:Resources:2:Address={Registry}", "--Provider:Resources:2:IntrospectionClient=registry-api",
        ]);
        foreach (var (id, key) in keys)
            Provider.ClientKeys[id] = key;
    }

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    public Agency Agency(string clientId) => new(Provider, clientId) { RedirectUri = RedirectUri };

    /// <summary>A code of a person who has allowed everything.</summary>
    public async Task<string> Code(Agency agency, Browser browser, string scope, params string[] resources)
    {
        await Provider.Consent(agency.ClientId, SignedIn.Liis, "name", "given_name", "family_name", "resource:archive", "resource:ledger", "resource:registry");
        var pushed = await Push(agency, scope, resources);
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
        var page = await browser.Get(agency.AuthorizeUrl((string)pushed.Json["request_uri"]!));
        Assert.True(page.Location?.StartsWith(RedirectUri, StringComparison.Ordinal) == true, $"{page.Status} {page.Location}");
        return SignedIn.Query(page.Location!)["code"];
    }

    public static Task<Reply> Push(Agency agency, string scope, params string[] resources) =>
        agency.Post("/par", [.. agency.Authenticated(), .. agency.Request(scope), .. resources.Select(resource => KeyValuePair.Create("resource", resource))]);

    public static Task<Reply> Redeem(Agency agency, string code, string[] resources, params string[] proofs) =>
        agency.Post("/token", [.. agency.Authenticated(), .. agency.CodeRequest(code), .. resources.Select(resource => KeyValuePair.Create("resource", resource))], proofs);

    /// <summary>A person's token for one resource.</summary>
    public async Task<string> Token(Agency agency, Browser browser, string scope, string resource, params string[] proofs)
    {
        var reply = await Redeem(agency, await Code(agency, browser, scope), [resource], proofs);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return (string)reply.Json["access_token"]!;
    }

    private static ClientOptions Portal(string id, bool bound) => new()
    {
        Id = id,
        Name = id,
        Profile = bound ? "fapi2" : "baseline",
        DpopBoundAccessTokens = bound,
        RedirectUris = [RedirectUri],
        Scopes = ["openid", "profile", "archive", "ledger", "registry"],
        GrantTypes = ["authorization_code", "refresh_token"],
        Sector = id + ".example",
    };

    private static ClientOptions Server(string id, params string[] scopes) => new()
    {
        Id = id, Name = id, GrantTypes = ["urn:ietf:params:oauth:grant-type:token-exchange"], Scopes = [.. scopes], Sector = id + ".example",
    };
}
