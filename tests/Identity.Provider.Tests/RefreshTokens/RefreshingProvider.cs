using System.Security.Cryptography;
using Identity.Provider.Clients;

namespace Identity.Provider.RefreshTokens;

/// <summary>A running Provider with clients of each kind that are registered for refresh tokens.</summary>
public sealed class RefreshingProvider : IAsyncLifetime
{
    /// <summary>Of all these clients.</summary>
    public const string RedirectUri = "http://localhost:7777/signin-oidc";

    public RunningProvider Provider { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var keys = new[] { "steady", "steady-too", "rotating", "bound" }.ToDictionary(id => id, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        Provider = await RunningProvider.With(ClientSettings.Of([.. keys.Select(pair => Client(pair.Key, pair.Value))]));
        foreach (var (id, key) in keys)
            Provider.ClientKeys[id] = key;
    }

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    public Agency Agency(string clientId) => new(Provider, clientId) { RedirectUri = RedirectUri };

    /// <summary>What a signed-in person's login yields.</summary>
    public async Task<Reply> Login(Agency agency, Browser browser, string scope = "openid profile", params string[] proofs)
    {
        await Provider.Consent(agency.ClientId);
        return await agency.Redeem((await browser.Authorize(agency, null, scope))["code"], null, proofs);
    }

    public async Task<string> RefreshToken(Agency agency, Browser browser, string scope = "openid profile", params string[] proofs)
    {
        var reply = await Login(agency, browser, scope, proofs);
        Assert.True(reply.Json["refresh_token"] is not null, reply.Body);
        return (string)reply.Json["refresh_token"]!;
    }

    public static Task<Reply> Refresh(Agency agency, string refreshToken, string? scope = null, params string[] proofs)
    {
        var form = agency.Authenticated();
        form["grant_type"] = "refresh_token";
        form["refresh_token"] = refreshToken;
        if (scope is not null)
            form["scope"] = scope;
        return agency.Post("/token", form, proofs);
    }

    private static ClientOptions Client(string id, ECDsa key) => new()
    {
        Id = id,
        Name = id,
        Profile = id switch { "rotating" => "legacy", "bound" => "fapi2", _ => "baseline" },
        RedirectUris = [RedirectUri],
        Scopes = ["openid", "profile", "birthdate"],
        GrantTypes = ["authorization_code", "refresh_token"],
        Jwks = ClientSettings.Jwks(key, id),
        Sector = id + ".example",
        DpopBoundAccessTokens = id == "bound",
        IdTokenSignedResponseAlg = "ES256",
    };
}
