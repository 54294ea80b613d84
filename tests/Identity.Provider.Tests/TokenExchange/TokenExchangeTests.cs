using System.Net;
using Identity.Provider.CommandLine;
using Identity.Provider.Dpop;
using Identity.Provider.Introspection;
using Identity.Provider.RefreshTokens;
using Identity.Provider.ResourceIndicators;
using Microsoft.EntityFrameworkCore;
using StackExchange.Redis;
using static Identity.Provider.ResourceIndicators.ResourcesProvider;

namespace Identity.Provider.TokenExchange;

/// <summary>RFC 8693: a resource server acts for a person at another one.</summary>
public sealed class TokenExchangeTests(ResourcesProvider parties) : IClassFixture<ResourcesProvider>
{
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";
    private const string Scope = "openid archive ledger registry";

    [Fact]
    public async Task A_token_is_exchanged_along_a_chain_that_it_tells_of()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var ledger = parties.Agency("ledger-api");
        using var browser = new Browser(parties.Provider);
        var session = await browser.SignIn();
        var first = await parties.Token(agency, browser, Scope, Archive);
        var reply = await Exchange(archive, first, Ledger);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal((AccessToken, "Bearer", "ledger"), ((string?)reply.Json["issued_token_type"], (string?)reply.Json["token_type"], (string?)reply.Json["scope"]));
        Assert.Null(reply.Json["refresh_token"]);
        Assert.Null(reply.Json["id_token"]);
        var second = (string)reply.Json["access_token"]!;
        var said = Jwt.Payload(second);
        Assert.Equal("at+jwt", (string?)Jwt.Header(second)["typ"]);
        Assert.Equal((Ledger, "ledger", "archive-api"), ((string?)said["aud"], (string?)said["scope"], (string?)said["client_id"]));
        Assert.Equal("""{"sub":"archive-api"}""", said["act"]!.ToJsonString());
        // What the target is to see: its own name for this person, the same that it sees when the portal comes itself.
        Assert.Equal((string?)Jwt.Payload(await parties.Token(agency, browser, Scope, Ledger))["sub"], (string?)said["sub"]);
        Assert.True((long)said["exp"]! <= (long)Jwt.Payload(first)["exp"]!);
        Assert.Equal((long)Jwt.Payload(first)["auth_time"]!, (long)said["auth_time"]!);
        Assert.DoesNotContain(session.PersonId, said.ToJsonString(), StringComparison.Ordinal);

        var third = Jwt.Payload((string)(await Exchange(ledger, second, Registry)).Json["access_token"]!);
        Assert.Equal("""{"sub":"ledger-api","act":{"sub":"archive-api"}}""", third["act"]!.ToJsonString());
        Assert.Equal(Registry, (string?)third["aud"]);
        Assert.Equal(3, new[] { Jwt.Payload(first), said, third }.Select(token => (string?)token["sub"]).Distinct().Count());
        var told = await IntrospectionTests.Introspect(ledger, second);
        Assert.Equal((true, "archive-api"), ((bool)told.Json["active"]!, (string?)told.Json["act"]!["sub"]));
    }

    [Fact]
    public async Task Who_is_not_the_audience_or_not_registered_for_it_gets_nothing()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var ledger = parties.Agency("ledger-api");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var token = await parties.Token(agency, browser, Scope, Archive);
        Refused("invalid_request", await Exchange(ledger, token, Registry));
        Refused("unauthorized_client", await Exchange(agency, token, Ledger));
        // A token for the Provider itself is for no resource server.
        var own = (string)(await Redeem(agency, await parties.Code(agency, browser, Scope), [])).Json["access_token"]!;
        Refused("invalid_request", await Exchange(archive, own, Ledger));
        var anonymous = await agency.Post("/token", new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange", ["client_id"] = "archive-api", ["subject_token"] = token, ["subject_token_type"] = AccessToken, ["resource"] = Ledger,
        });
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (anonymous.Status, anonymous.Error));
    }

    [Fact]
    public async Task Neither_another_target_nor_another_scope_than_person_and_registration_allow()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        // The person allowed the archive alone at this login.
        Refused("invalid_target", await Exchange(archive, await parties.Token(agency, browser, "openid archive", Archive), Ledger));
        var token = await parties.Token(agency, browser, Scope, Archive);
        // The archive is not registered for the registry, and needs no exchange to itself.
        foreach (var target in new[] { Registry, Archive, "https://other.example/", "ledger", parties.Provider.Issuer.AbsoluteUri })
            Refused("invalid_target", await Exchange(archive, token, target));
        Refused("invalid_target", await Post(archive, token));
        Refused("invalid_target", await Post(archive, token, new("resource", Ledger), new("resource", Archive)));
        Refused("invalid_request", await Post(archive, token, new("resource", Ledger), new("scope", "registry")));
        Refused("invalid_scope", await Post(archive, token, new("resource", Ledger), new("scope", "openid")));
        Assert.Equal(HttpStatusCode.OK, (await Post(archive, token, new("resource", Ledger), new("scope", "ledger"))).Status);
    }

    [Fact]
    public async Task Other_types_of_token_are_refused()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await Redeem(agency, await parties.Code(agency, browser, Scope), [Archive]);
        var token = (string)login.Json["access_token"]!;
        foreach (var wrong in new[] { (string)login.Json["id_token"]!, (string)login.Json["refresh_token"]!, "x", token[..^2], new string('A', 43) })
            Refused("invalid_request", await Exchange(archive, wrong, Ledger));
        Refused("invalid_request", await Exchange(archive, (string)login.Json["id_token"]!, Ledger, "urn:ietf:params:oauth:token-type:id_token"));
        Refused("invalid_request", await Exchange(archive, (string)login.Json["refresh_token"]!, Ledger, "urn:ietf:params:oauth:token-type:refresh_token"));
        Refused("invalid_request", await Exchange(archive, token, Ledger, "urn:ietf:params:oauth:token-type:saml2"));
        Refused("invalid_request", await Post(archive, token, new("resource", Ledger), new("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")));
        Refused("invalid_request", await Post(archive, token, new("resource", Ledger), new("actor_token", token), new("actor_token_type", AccessToken)));
    }

    [Fact]
    public async Task A_token_that_is_over_is_refused_and_what_came_of_it_ends_with_the_login()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var ledger = parties.Agency("ledger-api");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var expired = await parties.Token(agency, browser, Scope, Archive);
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(parties.Provider.Redis.Endpoint))
            await redis.GetDatabase().HashSetAsync("provider:token:" + (string?)Jwt.Payload(expired)["oi_tkn_id"], "expires", TimeProvider.System.GetUtcNow().AddMinutes(-1).ToUnixTimeMilliseconds());
        Refused("invalid_request", await Exchange(archive, expired, Ledger));

        var login = await Redeem(agency, await parties.Code(agency, browser, Scope), [Archive]);
        var token = (string)login.Json["access_token"]!;
        var exchanged = (string)(await Exchange(archive, token, Ledger)).Json["access_token"]!;
        Assert.True((bool)(await IntrospectionTests.Introspect(ledger, exchanged)).Json["active"]!);
        Assert.Equal(HttpStatusCode.OK, (await agency.Post("/revoke", [.. agency.Authenticated(), new("token", (string)login.Json["refresh_token"]!)])).Status);
        Assert.False((bool)(await IntrospectionTests.Introspect(ledger, exchanged)).Json["active"]!);
        Refused("invalid_request", await Exchange(archive, token, Ledger));
        Refused("invalid_request", await Exchange(ledger, exchanged, Registry));
    }

    [Fact]
    public async Task A_bound_token_is_exchanged_for_a_bound_one_only()
    {
        using var agency = parties.Agency("bound-portal");
        using var archive = parties.Agency("archive-api");
        using var browser = new Browser(parties.Provider);
        using var key = new DpopKey(parties.Provider);
        using var servers = new DpopKey(parties.Provider);
        await browser.SignIn();
        var token = await parties.Token(agency, browser, Scope, Archive, key.Proof("POST", "token"));
        Refused("invalid_request", await Exchange(archive, token, Ledger));
        var bound = await archive.Post("/token", Form(archive, token, AccessToken, [new("resource", Ledger)]), servers.Proof("POST", "token"));
        Assert.Equal(("DPoP", servers.Thumbprint), ((string?)bound.Json["token_type"], (string?)Jwt.Payload((string)bound.Json["access_token"]!)["cnf"]!["jkt"]));
    }

    [Fact]
    public async Task Nobody_acts_for_a_disabled_person()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var token = await parties.Token(agency, browser, Scope, Archive);
        await Disable(TimeProvider.System.GetUtcNow().AddDays(1));
        try
        {
            Refused("invalid_request", await Exchange(archive, token, Ledger));
        }
        finally
        {
            await Disable(TimeProvider.System.GetUtcNow().AddDays(-1));
        }
    }

    [Fact]
    public async Task What_a_disabled_client_got_is_exchanged_for_nothing()
    {
        using var agency = parties.Agency("portal");
        using var archive = parties.Agency("archive-api");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var token = await parties.Token(agency, browser, Scope, Archive);
        Assert.Equal(0, (await Command.Run(parties.Provider, "client", "disable", "portal")).ExitCode);
        try
        {
            Refused("invalid_request", await Exchange(archive, token, Ledger));
        }
        finally
        {
            Assert.Equal(0, (await Command.Run(parties.Provider, "client", "enable", "portal")).ExitCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await Exchange(archive, token, Ledger)).Status);
    }

    private Task Disable(DateTimeOffset until) => parties.Provider.InDatabase(database =>
        database.Users.Where(person => person.Identifier == SignedIn.Liis).ExecuteUpdateAsync(person => person.SetProperty(row => row.LockoutEnd, until)));

    private static Task<Reply> Exchange(Agency agency, string token, string resource, string type = AccessToken) =>
        agency.Post("/token", Form(agency, token, type, [new("resource", resource)]));

    private static Task<Reply> Post(Agency agency, string token, params KeyValuePair<string, string>[] further) => agency.Post("/token", Form(agency, token, AccessToken, further));

    private static IEnumerable<KeyValuePair<string, string>> Form(Agency agency, string token, string type, params KeyValuePair<string, string>[] further) =>
        [.. agency.Authenticated(), new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), new("subject_token", token), new("subject_token_type", type), .. further];

    private static void Refused(string error, Reply reply) => Assert.True((HttpStatusCode.BadRequest, error) == (reply.Status, reply.Error), $"expected {error}, got {reply.Status}: {reply.Body}");
}
