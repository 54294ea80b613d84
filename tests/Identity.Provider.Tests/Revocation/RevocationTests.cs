using System.Net;
using Identity.Provider.Dpop;
using Identity.Provider.RefreshTokens;
using static Identity.Provider.RefreshTokens.RefreshingProvider;

namespace Identity.Provider.Revocation;

/// <summary>RFC 7009: what is given back is gone, and nobody gives back another's.</summary>
public sealed class RevocationTests(RefreshingProvider parties) : IClassFixture<RefreshingProvider>
{
    [Fact]
    public async Task A_refresh_token_goes_with_its_whole_login_and_with_no_other()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        var other = await parties.Login(agency, browser);
        await Effect(HttpStatusCode.OK, agency, (string)login.Json["refresh_token"]!);
        Assert.Equal("invalid_grant", (await Refresh(agency, (string)login.Json["refresh_token"]!)).Error);
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)login.Json["access_token"]!)).Status);
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo((string)other.Json["access_token"]!)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, (string)other.Json["refresh_token"]!)).Status);
        // A second time it is gone already, and that is what the client wants.
        await Effect(HttpStatusCode.OK, agency, (string)login.Json["refresh_token"]!);
    }

    [Fact]
    public async Task An_access_token_goes_alone()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        await Effect(HttpStatusCode.OK, agency, (string)login.Json["access_token"]!, "refresh_token");
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)login.Json["access_token"]!)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, (string)login.Json["refresh_token"]!)).Status);
    }

    [Fact]
    public async Task A_bound_token_needs_no_proof_to_be_given_back()
    {
        using var agency = parties.Agency("bound");
        using var browser = new Browser(parties.Provider);
        using var key = new DpopKey(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser, "openid profile", key.Proof("POST", "token"));
        await Effect(HttpStatusCode.OK, agency, (string)login.Json["access_token"]!);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo") { Headers = { Authorization = new("DPoP", (string)login.Json["access_token"]!) } };
        request.Headers.Add("DPoP", key.Proof("GET", "userinfo", (string)login.Json["access_token"]!));
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.Send(request)).Status);
    }

    [Fact]
    public async Task The_token_of_another_client_is_not_harmed_and_nothing_is_told()
    {
        using var agency = parties.Agency("steady");
        using var other = parties.Agency("steady-too");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        foreach (var token in new[] { (string)login.Json["access_token"]!, (string)login.Json["refresh_token"]! })
            await Effect(HttpStatusCode.OK, other, token);
        Assert.Equal(HttpStatusCode.OK, (await agency.UserInfo((string)login.Json["access_token"]!)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, (string)login.Json["refresh_token"]!)).Status);
    }

    [Fact]
    public async Task What_is_unknown_has_no_effect_and_the_same_answer()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        var code = (await browser.Authorize(agency))["code"];
        foreach (var token in new[] { "x", new string('A', 43), new string('A', 8000), "a.b.c", (string)login.Json["id_token"]!, code, (string)login.Json["refresh_token"]! + "x" })
            await Effect(HttpStatusCode.OK, agency, token);
        // Codes are redeemed, not given back.
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem(code)).Status);
    }

    [Fact]
    public async Task Without_client_authentication_or_a_token_it_is_refused()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(parties.Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        var token = (string)login.Json["refresh_token"]!;
        var named = await agency.Post("/revoke", new Dictionary<string, string> { ["client_id"] = "steady", ["token"] = token });
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (named.Status, named.Error));
        var nobody = await agency.Post("/revoke", new Dictionary<string, string> { ["token"] = token });
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (nobody.Status, nobody.Error));
        var nothing = await agency.Post("/revoke", agency.Authenticated());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (nothing.Status, nothing.Error));
        var twice = await agency.Post("/revoke", [.. agency.Authenticated(), new("token", token), new("token", token)]);
        Assert.Equal(HttpStatusCode.BadRequest, twice.Status);
        using var get = new HttpRequestMessage(HttpMethod.Get, "/revoke?token=" + Uri.EscapeDataString(token));
        Assert.Equal(HttpStatusCode.BadRequest, (await agency.Send(get)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, token)).Status);
    }

    private static async Task Effect(HttpStatusCode status, Agency agency, string token, string? hint = null)
    {
        var form = agency.Authenticated();
        form["token"] = token;
        if (hint is not null)
            form["token_type_hint"] = hint;
        var reply = await agency.Post("/revoke", form);
        Assert.True(status == reply.Status && reply.Body is "" or "{}", $"{reply.Status}: {reply.Body}");
    }
}
