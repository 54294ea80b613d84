using System.Net;
using Identity.Provider.Clients;
using Identity.Provider.Dpop;

namespace Identity.Provider.RefreshTokens;

/// <summary>A public client has nothing but its DPoP key: refresh tokens are bound to it, and each is used once.</summary>
public sealed class PublicRefreshTests
{
    private const string Id = "page-script";

    [Fact]
    public async Task A_public_client_proves_the_same_key_and_gets_a_new_token_each_time()
    {
        await using var provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
        {
            Id = Id,
            Name = "Page script",
            RedirectUris = [RefreshingProvider.RedirectUri],
            Scopes = ["openid", "profile"],
            GrantTypes = ["authorization_code", "refresh_token"],
            TokenEndpointAuthMethod = "none",
            DpopBoundAccessTokens = true,
            Sector = "app.example",
        }));
        using var agency = new Agency(provider, Id) { RedirectUri = RefreshingProvider.RedirectUri };
        using var browser = new Browser(provider);
        using var key = new DpopKey(provider);
        using var other = new DpopKey(provider);
        await browser.SignIn();
        await provider.Consent(Id);
        var pushed = await agency.Post("/par", Named(agency.Request()));
        var page = await browser.Get(agency.AuthorizeUrl((string)pushed.Json["request_uri"]!));
        var login = await agency.Post("/token", Named(agency.CodeRequest(SignedIn.Query(page.Location!)["code"])), key.Proof("POST", "token"));
        Assert.True(login.Status == HttpStatusCode.OK, login.Body);
        var first = (string)login.Json["refresh_token"]!;

        // RFC 9449 5: a thief without the key gets nothing, and spends nothing.
        Refused("invalid_grant", await Refresh(agency, first, other.Proof("POST", "token")));
        Refused("invalid_grant", await Refresh(agency, first));
        var second = await Refresh(agency, first, key.Proof("POST", "token"));
        Assert.True(second.Status == HttpStatusCode.OK, second.Body);
        Assert.Equal(("DPoP", key.Thumbprint), ((string?)second.Json["token_type"], (string?)Jwt.Payload((string)second.Json["access_token"]!)["cnf"]!["jkt"]));
        var newer = (string)second.Json["refresh_token"]!;
        Assert.NotEqual(first, newer);
        Refused("invalid_grant", await Refresh(agency, first, key.Proof("POST", "token")));
        Refused("invalid_grant", await Refresh(agency, newer, other.Proof("POST", "token")));

        // RFC 7662 2.1: who can prove nothing is told nothing. RFC 7009 2.1: it gives back by its name.
        var told = await agency.Post("/introspect", Named(new() { ["token"] = newer }));
        Assert.NotEqual(HttpStatusCode.OK, told.Status);
        Assert.Equal(HttpStatusCode.OK, (await agency.Post("/revoke", Named(new() { ["token"] = newer }))).Status);
        Refused("invalid_grant", await Refresh(agency, newer, key.Proof("POST", "token")));
    }

    private static Task<Reply> Refresh(Agency agency, string token, params string[] proofs) =>
        agency.Post("/token", Named(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token }), proofs);

    private static Dictionary<string, string> Named(Dictionary<string, string> form) => new(form) { ["client_id"] = Id };

    private static void Refused(string error, Reply reply) => Assert.True((HttpStatusCode.BadRequest, error) == (reply.Status, reply.Error), $"{reply.Status}: {reply.Body}");
}
