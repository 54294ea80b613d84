using System.Net;
using System.Security.Cryptography;
using Identity.Provider.Clients;
using Identity.Provider.Dpop;
using Identity.Provider.RefreshTokens;
using Identity.Provider.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Introspection;

/// <summary>RFC 7662: a token is told of to its client and to its resource server, and to nobody else.</summary>
public sealed class IntrospectionTests(RefreshingProvider parties) : IClassFixture<RefreshingProvider>
{
    private const string Inactive = """{"active":false}""";

    [Fact]
    public async Task The_client_that_got_a_token_learns_what_the_token_says()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(parties.Provider);
        var session = await browser.SignIn();
        var login = await parties.Login(agency, browser);
        var said = Jwt.Payload((string)login.Json["access_token"]!);
        var told = await Introspect(agency, (string)login.Json["access_token"]!);
        Assert.Equal(HttpStatusCode.OK, told.Status);
        Assert.True((bool)told.Json["active"]!);
        foreach (var same in new[] { "sub", "client_id", "scope", "exp", "iat", "aud", "iss", "jti" })
            Assert.Equal(said[same]!.ToJsonString(), told.Json[same]!.ToJsonString());
        Assert.Equal("Bearer", (string?)told.Json["token_type"]);
        Assert.DoesNotContain(session.PersonId, told.Body, StringComparison.Ordinal);

        var refresh = await Introspect(agency, (string)login.Json["refresh_token"]!);
        Assert.Equal((true, (string?)said["sub"], "openid profile"), ((bool)refresh.Json["active"]!, (string?)refresh.Json["sub"], (string?)refresh.Json["scope"]));
        Assert.DoesNotContain(session.PersonId, refresh.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bound_token_is_told_with_its_key()
    {
        using var agency = parties.Agency("bound");
        using var browser = new Browser(parties.Provider);
        using var key = new DpopKey(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser, "openid profile", key.Proof("POST", "token"));
        var told = await Introspect(agency, (string)login.Json["access_token"]!);
        Assert.Equal(("DPoP", key.Thumbprint), ((string?)told.Json["token_type"], (string?)told.Json["cnf"]!["jkt"]));
    }

    [Fact]
    public async Task Others_learn_nothing_and_neither_does_anybody_of_what_is_no_token()
    {
        using var agency = parties.Agency("steady");
        using var other = parties.Agency("steady-too");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        foreach (var token in new[] { (string)login.Json["access_token"]!, (string)login.Json["refresh_token"]! })
            Assert.Equal((HttpStatusCode.OK, Inactive), (await Introspect(other, token) is var reply ? (reply.Status, reply.Body) : default));
        var code = (await browser.Authorize(agency))["code"];
        foreach (var token in new[] { "x", new string('A', 43), new string('A', 8000), (string)login.Json["id_token"]!, code, (string)login.Json["access_token"]! + "x" })
            Assert.Equal((HttpStatusCode.OK, Inactive), (await Introspect(agency, token) is var reply ? (reply.Status, reply.Body) : default));
    }

    [Fact]
    public async Task What_is_revoked_and_whose_session_has_ended_is_inactive()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(parties.Provider);
        var session = await browser.SignIn();
        var first = await parties.Login(agency, browser);
        var form = agency.Authenticated();
        form["token"] = (string)first.Json["refresh_token"]!;
        Assert.Equal(HttpStatusCode.OK, (await agency.Post("/revoke", form)).Status);
        foreach (var token in new[] { (string)first.Json["access_token"]!, (string)first.Json["refresh_token"]! })
            Assert.Equal(Inactive, (await Introspect(agency, token)).Body);

        var second = await parties.Login(agency, browser);
        await using (var scope = parties.Provider.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<SessionEnds>().End(session.SessionId, SessionEndReason.SignedOut);
        foreach (var token in new[] { (string)second.Json["access_token"]!, (string)second.Json["refresh_token"]! })
            Assert.Equal(Inactive, (await Introspect(agency, token)).Body);
        Assert.Equal("invalid_grant", (await RefreshingProvider.Refresh(agency, (string)second.Json["refresh_token"]!)).Error);
    }

    [Fact]
    public async Task Who_does_not_authenticate_is_refused()
    {
        using var agency = parties.Agency("steady");
        var named = await agency.Post("/introspect", new Dictionary<string, string> { ["client_id"] = "steady", ["token"] = "x" });
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (named.Status, named.Error));
        var nobody = await agency.Post("/introspect", new Dictionary<string, string> { ["token"] = "x" });
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (nobody.Status, nobody.Error));
        var nothing = await agency.Post("/introspect", agency.Authenticated());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (nothing.Status, nothing.Error));
    }

    [Fact]
    public async Task A_resource_server_is_told_of_the_tokens_for_it_and_gets_none_itself()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var provider = await RunningProvider.With(
        [
            .. ClientSettings.Of(new ClientOptions
            {
                Id = "signing-api", Name = "Signing API", GrantTypes = ["client_credentials"], Jwks = ClientSettings.Jwks(key, "signing-api"), Sector = "api.example",
            }),
            "--Provider:Resources:0:Scope=archive", "--Provider:Resources:0:Address=http://localhost:7801/", "--Provider:Resources:0:IntrospectionClient=signing-api",
            "--Provider:Clients:1:Id=archivist", "--Provider:Clients:1:Name=Archivist", "--Provider:Clients:1:GrantTypes:0=client_credentials",
            "--Provider:Clients:1:Scopes:0=archive", "--Provider:Clients:1:Scopes:1=signing", "--Provider:Clients:1:Sector=archive.example",
            $"--Provider:Clients:1:Jwks={ClientSettings.Jwks(key, "archivist")}",
        ]);
        provider.ClientKeys["signing-api"] = provider.ClientKeys["archivist"] = key;
        using var api = new Agency(provider, "signing-api");
        using var archivist = new Agency(provider, "archivist");
        var told = await Introspect(api, await Token(archivist, "archive"));
        Assert.Equal((true, "archivist", "archivist"), ((bool)told.Json["active"]!, (string?)told.Json["client_id"], (string?)told.Json["sub"]));
        // Not of one that is for somebody else.
        Assert.Equal(Inactive, (await Introspect(api, await Token(archivist, "signing"))).Body);
        Assert.NotEqual(HttpStatusCode.OK, (await Ask(api, "archive")).Status);

        static async Task<string> Token(Agency agency, string scope) => (string)(await Ask(agency, scope)).Json["access_token"]!;
        static Task<Reply> Ask(Agency agency, string scope) =>
            agency.Post("/token", [.. agency.Authenticated(), new("grant_type", "client_credentials"), new("scope", scope)]);
    }

    internal static Task<Reply> Introspect(Agency agency, string token)
    {
        var form = agency.Authenticated();
        form["token"] = token;
        return agency.Post("/introspect", form);
    }
}
