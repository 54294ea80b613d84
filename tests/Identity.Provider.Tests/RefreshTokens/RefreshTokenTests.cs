using System.Net;
using Identity.Provider.Clients;
using Identity.Provider.Dpop;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;
using static Identity.Provider.RefreshTokens.RefreshingProvider;

namespace Identity.Provider.RefreshTokens;

/// <summary>RFC 6749 6 and RFC 9700 4.14, for clients of each profile; named after the modules of the conformance plans where there is one.</summary>
public sealed class RefreshTokenTests(RefreshingProvider parties) : IClassFixture<RefreshingProvider>
{
    private RunningProvider Provider => parties.Provider;

    [Fact]
    public async Task Refresh_token()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(Provider);
        var session = await browser.SignIn();
        var first = await parties.Login(agency, browser);
        var again = await Refresh(agency, (string)first.Json["refresh_token"]!);
        Assert.True(again.Status == HttpStatusCode.OK, again.Body);
        Assert.Equal(["access_token", "expires_in", "id_token", "scope", "token_type"], again.Json.AsObject().Select(member => member.Key).Order());

        var before = Jwt.Payload((string)first.Json["id_token"]!);
        var after = Jwt.Payload((string)again.Json["id_token"]!);
        foreach (var same in new[] { "iss", "sub", "aud", "sid", "auth_time", "acr" })
            Assert.Equal(before[same]!.ToString(), after[same]!.ToString());
        Assert.Equal(before["amr"]!.ToJsonString(), after["amr"]!.ToJsonString());
        Assert.Equal(session.SessionId, (string?)after["sid"]);
        // OpenID Connect Core 12.2.
        Assert.NotNull(before["nonce"]);
        Assert.Null(after["nonce"]);
        Assert.DoesNotContain(after, claim => claim.Key.StartsWith("oi_", StringComparison.Ordinal));
        foreach (var text in new[] { after.ToJsonString(), Jwt.Payload((string)again.Json["access_token"]!).ToJsonString() })
            Assert.DoesNotContain(session.PersonId, text, StringComparison.Ordinal);

        var info = await agency.UserInfo((string)again.Json["access_token"]!);
        Assert.Equal("Liis Tamm", (string?)info.Json["name"]);
        // FAPI 2.0 5.3.2.1 (9): the same one goes on working, and at once from everywhere.
        var parallel = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Refresh(agency, (string)first.Json["refresh_token"]!)));
        Assert.All(parallel, reply => Assert.Equal(HttpStatusCode.OK, reply.Status));
    }

    [Fact]
    public async Task A_client_that_is_not_registered_for_it_gets_none_and_may_not_use_one()
    {
        using var agency = new Agency(Provider, "tax-portal");
        using var steady = parties.Agency("steady");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        Assert.Null((await parties.Login(agency, browser)).Json["refresh_token"]);
        Refused(HttpStatusCode.BadRequest, "unauthorized_client", await Refresh(agency, await parties.RefreshToken(steady, browser)));
    }

    [Fact]
    public async Task Offline_access_is_ignored()
    {
        using var plain = new Agency(Provider, "tax-portal");
        using var steady = parties.Agency("steady");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var without = await parties.Login(plain, browser, "openid offline_access profile");
        Assert.Equal((null, "openid profile"), (without.Json["refresh_token"], (string?)without.Json["scope"]));
        var with = await parties.Login(steady, browser, "openid offline_access profile");
        Assert.Equal("openid profile", (string?)with.Json["scope"]);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(steady, (string)with.Json["refresh_token"]!, "openid offline_access profile")).Status);
    }

    [Fact]
    public async Task Another_client_is_refused()
    {
        using var agency = parties.Agency("steady");
        using var other = parties.Agency("steady-too");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var token = await parties.RefreshToken(agency, browser);
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(other, token));
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, token)).Status);
    }

    [Fact]
    public async Task What_is_no_refresh_token_is_refused()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var login = await parties.Login(agency, browser);
        var token = (string)login.Json["refresh_token"]!;
        var code = (await browser.Authorize(agency))["code"];
        foreach (var wrong in new[] { (string)login.Json["access_token"]!, (string)login.Json["id_token"]!, code, "x", token[..^2], new string('A', 3000) })
            Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(agency, wrong));
        Refused(HttpStatusCode.BadRequest, "invalid_request", await Refresh(agency, ""));
        // And the other way round: it opens nothing else.
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo(token)).Status);
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await agency.Redeem(token));
    }

    [Fact]
    public async Task Less_scope_may_be_asked_for_and_more_is_refused()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var token = await parties.RefreshToken(agency, browser);
        var less = await Refresh(agency, token, "openid");
        Assert.Equal("openid", (string?)Jwt.Payload((string)less.Json["access_token"]!)["scope"]);
        Assert.Null((await agency.UserInfo((string)less.Json["access_token"]!)).Json["name"]);
        Assert.Null((await Refresh(agency, token, "profile")).Json["id_token"]);
        foreach (var more in new[] { "openid profile birthdate", "openid person_identifier", "openid signing", "openid nothing" })
            Refused(HttpStatusCode.BadRequest, "invalid_scope", await Refresh(agency, token, more));
        // RFC 6749 6: what was left out once is not lost.
        Assert.Equal("openid profile", (string?)Jwt.Payload((string)(await Refresh(agency, token)).Json["access_token"]!)["scope"]);
    }

    [Fact]
    public async Task A_rotating_client_gets_a_new_one_each_time_and_the_old_one_ends_the_login_after_the_leeway()
    {
        using var agency = parties.Agency("rotating");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        var first = await parties.RefreshToken(agency, browser);
        var second = await Refresh(agency, first);
        var newer = (string)second.Json["refresh_token"]!;
        Assert.NotEqual(first, newer);
        // Within the leeway the old one is refused, and nothing else happens.
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(agency, first));
        var third = await Refresh(agency, newer, "openid");
        Assert.Equal(HttpStatusCode.OK, third.Status);
        // RFC 6749 6: the new one has the scope of the old one, whatever was asked for this time.
        var newest = (string)third.Json["refresh_token"]!;
        var fourth = await Refresh(agency, newest);
        var access = (string)fourth.Json["access_token"]!;
        Assert.Equal("openid profile", (string?)Jwt.Payload(access)["scope"]);

        await Provider.InDatabase(database => database.RefreshTokens.Where(row => row.Redeemed != null)
            .ExecuteUpdateAsync(row => row.SetProperty(column => column.Redeemed, TimeProvider.System.GetUtcNow().AddSeconds(-31))));
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(agency, first));
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo(access)).Status);
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(agency, (string)fourth.Json["refresh_token"]!));
        Assert.Contains(await Provider.AuditRecords(), line => line.Contains("provider.authorization-revocation", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_parallel_rotations_one_wins()
    {
        using var agency = parties.Agency("rotating");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        for (var round = 0; round < 4; round++)
        {
            var token = await parties.RefreshToken(agency, browser);
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Refresh(agency, token)));
            var winner = Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
            Assert.All(replies.Where(reply => reply != winner), reply => Refused(HttpStatusCode.BadRequest, "invalid_grant", reply));
            Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, (string)winner.Json["refresh_token"]!)).Status);
        }
    }

    [Fact]
    public async Task A_replayed_code_ends_the_refresh_token_too()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent("steady");
        var code = (await browser.Authorize(agency))["code"];
        var token = (string)(await agency.Redeem(code)).Json["refresh_token"]!;
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await agency.Redeem(code));
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(agency, token));
    }

    [Fact]
    public async Task It_ends_when_the_session_would_at_the_latest()
    {
        using var agency = parties.Agency("rotating");
        using var browser = new Browser(Provider);
        // Nobody else's rows, nor those of the other tests.
        var session = await browser.SignIn(SignedIn.Wei, TimeSpan.FromHours(11));
        await Provider.Consent("rotating", SignedIn.Wei);
        var first = await parties.RefreshToken(agency, browser);
        Assert.Equal(HttpStatusCode.OK, (await Refresh(agency, first)).Status);
        await Provider.InDatabase(async database =>
        {
            // The one that takes its place ends no later.
            var ends = await database.RefreshTokens.AsNoTracking().Where(row => row.Subject == session.PersonId).Select(row => row.Expires)
                .ToListAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2, ends.Count);
            Assert.All(ends, end => Assert.InRange(end - session.AuthenticatedAt, TimeSpan.FromHours(12) - TimeSpan.FromSeconds(2), TimeSpan.FromHours(12) + TimeSpan.FromSeconds(2)));
        });
    }

    [Fact]
    public async Task A_client_bound_by_DPoP_proves_a_key_each_time_and_the_new_token_is_bound_to_that()
    {
        using var agency = parties.Agency("bound");
        using var browser = new Browser(Provider);
        using var key = new DpopKey(Provider);
        using var other = new DpopKey(Provider);
        await browser.SignIn();
        var token = await parties.RefreshToken(agency, browser, "openid profile", key.Proof("POST", "token"));
        Refused(HttpStatusCode.BadRequest, "invalid_dpop_proof", await Refresh(agency, token));
        var same = await Refresh(agency, token, null, key.Proof("POST", "token"));
        Assert.Equal(("DPoP", key.Thumbprint), ((string?)same.Json["token_type"], (string?)Jwt.Payload((string)same.Json["access_token"]!)["cnf"]!["jkt"]));
        Assert.Null(same.Json["refresh_token"]);
        // RFC 9449 5: a confidential client may change its key.
        var changed = await Refresh(agency, token, null, other.Proof("POST", "token"));
        Assert.Equal(other.Thumbprint, (string?)Jwt.Payload((string)changed.Json["access_token"]!)["cnf"]!["jkt"]);
    }

    [Fact]
    public async Task Redis_may_be_emptied_of_tokens_and_the_database_alone_knows_the_refresh_token()
    {
        using var agency = parties.Agency("steady");
        using var browser = new Browser(Provider);
        var session = await browser.SignIn(SignedIn.Wei);
        await Provider.Consent("steady", SignedIn.Wei);
        var token = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["refresh_token"]!;
        await Provider.InDatabase(database => database.RefreshTokens.Where(row => row.Subject == session.PersonId).ExecuteDeleteAsync());
        Refused(HttpStatusCode.BadRequest, "invalid_grant", await Refresh(agency, token));
    }

    private static void Refused(HttpStatusCode status, string error, Reply reply) => Assert.True((status, error) == (reply.Status, reply.Error), $"{reply.Status}: {reply.Body}");
}
