using System.Net;
using Identity.Provider.RefreshTokens;
using static Identity.Provider.ResourceIndicators.ResourcesProvider;

namespace Identity.Provider.ResourceIndicators;

/// <summary>RFC 8707 and RFC 9068: a person's login, and tokens for one resource server at a time.</summary>
public sealed class ResourceIndicatorTests(ResourcesProvider parties) : IClassFixture<ResourcesProvider>
{
    private const string Scope = "openid profile archive ledger";

    [Fact]
    public async Task A_login_yields_a_token_for_each_resource_one_at_a_time()
    {
        using var agency = parties.Agency("portal");
        using var browser = new Browser(parties.Provider);
        var session = await browser.SignIn();
        var first = await Redeem(agency, await parties.Code(agency, browser, Scope, Archive, Ledger), [Archive]);
        Assert.True(first.Status == HttpStatusCode.OK, first.Body);
        var access = (string)first.Json["access_token"]!;
        var subject = (string?)Jwt.Payload((string)first.Json["id_token"]!)["sub"];
        var said = Jwt.Payload(access);
        Assert.Equal("at+jwt", (string?)Jwt.Header(access)["typ"]);
        Assert.Equal((Archive, "archive", subject, "portal", parties.Provider.Issuer.AbsoluteUri),
            ((string?)said["aud"], (string?)said["scope"], (string?)said["sub"], (string?)said["client_id"], (string?)said["iss"]));
        Assert.Equal(session.AuthenticatedAt.ToUnixTimeSeconds(), (long)said["auth_time"]!);
        Assert.Equal(session.Assurance, (string?)said["acr"]);
        foreach (var required in new[] { "exp", "iat", "jti" })
            Assert.NotNull(said[required]);
        foreach (var foreign in new[] { "pairwise_sub", "sid", "nonce" })
            Assert.Null(said[foreign]);
        Assert.DoesNotContain(session.PersonId, said.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("archive", (string?)first.Json["scope"]);
        // It is no token for the Provider's own resource.
        Assert.Equal(HttpStatusCode.Forbidden, (await agency.UserInfo(access)).Status);

        var refresh = (string)first.Json["refresh_token"]!;
        var second = Jwt.Payload((string)(await Refresh(agency, refresh, Ledger)).Json["access_token"]!);
        Assert.Equal((Ledger, "ledger"), ((string?)second["aud"], (string?)second["scope"]));
        // That resource has a sector of its own: another name than the portal knows.
        Assert.NotEqual(subject, (string?)second["sub"]);
        var own = (string)(await RefreshingProvider.Refresh(agency, refresh)).Json["access_token"]!;
        Assert.Equal((parties.Provider.Issuer.AbsoluteUri, "openid profile"), ((string?)Jwt.Payload(own)["aud"], (string?)Jwt.Payload(own)["scope"]));
        Assert.Equal("Liis Tamm", (string?)(await agency.UserInfo(own)).Json["name"]);
    }

    [Fact]
    public async Task A_resource_with_a_sector_knows_a_person_by_one_name_whichever_client_comes()
    {
        using var agency = parties.Agency("portal");
        using var other = parties.Agency("bound-portal");
        using var browser = new Browser(parties.Provider);
        using var key = new Dpop.DpopKey(parties.Provider);
        await browser.SignIn();
        var one = Jwt.Payload(await parties.Token(agency, browser, "openid ledger", Ledger));
        var two = Jwt.Payload(await parties.Token(other, browser, "openid ledger", Ledger, key.Proof("POST", "token")));
        Assert.Equal((string?)one["sub"], (string?)two["sub"]);
        Assert.Equal(key.Thumbprint, (string?)two["cnf"]!["jkt"]);
    }

    [Theory]
    [InlineData("https://other.example/")]
    [InlineData("http://localhost:7801/#part")]
    [InlineData("http://localhost:7801")]
    [InlineData("http://LOCALHOST:7801/")]
    [InlineData("archive")]
    [InlineData("/archive")]
    [InlineData(Registry)]
    public async Task What_is_not_registered_or_not_asked_for_is_an_invalid_target(string resource)
    {
        using var agency = parties.Agency("portal");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        Refused("invalid_target", await Push(agency, Scope, resource));
        Refused("invalid_target", await Push(agency, Scope, Archive, resource));
        var code = await parties.Code(agency, browser, Scope);
        Refused("invalid_target", await Redeem(agency, code, [resource]));
        // The code is not spent by it.
        Assert.Equal(HttpStatusCode.OK, (await Redeem(agency, code, [Archive])).Status);
    }

    [Fact]
    public async Task Two_at_a_time_and_one_that_the_request_left_out_are_invalid_targets()
    {
        using var agency = parties.Agency("portal");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var code = await parties.Code(agency, browser, Scope, Archive);
        Refused("invalid_target", await Redeem(agency, code, [Archive, parties.Provider.Issuer.AbsoluteUri]));
        Refused("invalid_target", await Redeem(agency, code, [Ledger]));
        var reply = await Redeem(agency, code, [Archive]);
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Refused("invalid_target", await Refresh(agency, (string)reply.Json["refresh_token"]!, Ledger));
        Refused("invalid_target", await agency.Post("/token",
            [.. agency.Authenticated(), new("grant_type", "refresh_token"), new("refresh_token", (string)reply.Json["refresh_token"]!), new("scope", "openid"), new("resource", Archive)]));
    }

    [Fact]
    public async Task The_person_is_asked_and_sees_the_name_of_the_resource()
    {
        await using var own = new ResourcesProvider();
        await own.InitializeAsync();
        using var agency = own.Agency("portal");
        using var browser = new Browser(own.Provider);
        await browser.SignIn();
        await own.Provider.Consent("portal");
        var pushed = await Push(agency, "openid profile archive");
        var address = agency.AuthorizeUrl((string)pushed.Json["request_uri"]!);
        var page = await browser.Get(address);
        Assert.StartsWith("/consent?", page.Location, StringComparison.Ordinal);
        var shown = await browser.Get(page.Location!);
        Assert.Contains("State Archive", shown.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("resource:", shown.Body, StringComparison.Ordinal);
        // What is agreed to for one resource says nothing about another.
        await own.Provider.Consent("portal", SignedIn.Liis, "resource:ledger");
        Assert.StartsWith("/consent?", (await browser.Get(address)).Location, StringComparison.Ordinal);
        await own.Provider.Consent("portal", SignedIn.Liis, "resource:archive");
        Assert.StartsWith(RedirectUri, (await browser.Get(address)).Location, StringComparison.Ordinal);
    }

    private static Task<Reply> Refresh(Agency agency, string refreshToken, string resource) =>
        agency.Post("/token", [.. agency.Authenticated(), new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("resource", resource)]);

    private static void Refused(string error, Reply reply) => Assert.True((HttpStatusCode.BadRequest, error) == (reply.Status, reply.Error), $"{reply.Status}: {reply.Body}");
}
