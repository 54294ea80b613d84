using System.Net;
using Identity.Provider.Clients;
using Identity.Provider.Dpop;
using Identity.Provider.Sessions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static Identity.Provider.DeviceAuthorization.DevicesProvider;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>The device's side of RFC 8628.</summary>
public sealed class DeviceGrantTests(DevicesProvider devices) : IClassFixture<DevicesProvider>
{
    [Fact]
    public async Task Gives_two_codes_and_the_page()
    {
        using var agency = devices.Agency("television");
        var reply = await Ask(agency);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Matches("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$", (string)reply.Json["user_code"]!);
        Assert.Equal(43, ((string)reply.Json["device_code"]!).Length);
        Assert.Equal(devices.Provider.Issuer + "device", (string)reply.Json["verification_uri"]!);
        Assert.Equal($"{devices.Provider.Issuer}device?user_code={reply.Json["user_code"]}", (string)reply.Json["verification_uri_complete"]!);
        Assert.Equal((600, 5), ((int)reply.Json["expires_in"]!, (int)reply.Json["interval"]!));
        Assert.Equal(6, reply.Json.AsObject().Count);
        Assert.True(reply.Headers.CacheControl!.NoStore);
    }

    [Theory]
    [InlineData("profile", "invalid_scope")]
    [InlineData("", "invalid_scope")]
    [InlineData("openid email", "invalid_scope")]
    [InlineData("openid unknown", "invalid_scope")]
    public async Task Other_scopes_are_refused(string scope, string error)
    {
        using var agency = devices.Agency("television");
        var reply = await Ask(agency, scope);
        Assert.Equal((HttpStatusCode.BadRequest, error), (reply.Status, reply.Error));
    }

    [Theory]
    [InlineData("openid", Archive)]
    [InlineData("openid archive", "http://localhost:9999/")]
    public async Task A_resource_must_be_one_whose_scope_is_asked_for(string scope, string resource)
    {
        using var agency = devices.Agency("television");
        var reply = await Ask(agency, scope, ("resource", resource));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_target"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task Who_is_not_registered_for_the_grant_gets_neither_code_nor_token()
    {
        using var portal = new Agency(devices.Provider, "tax-portal");
        var refused = await Ask(portal);
        Assert.Equal((HttpStatusCode.BadRequest, "unauthorized_client"), (refused.Status, refused.Error));
        using var television = devices.Agency("television");
        var (deviceCode, _) = await Begin(television);
        refused = await Poll(portal, deviceCode);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains(refused.Error, (string[])["invalid_grant", "unauthorized_client"]);
    }

    [Fact]
    public async Task Without_authentication_nothing_begins()
    {
        using var agency = devices.Agency("television");
        var reply = await agency.Post("/device_authorization", [KeyValuePair.Create("client_id", "television"), KeyValuePair.Create("scope", "openid")]);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task Allowed_it_gets_the_tokens_of_a_login()
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        var session = await browser.SignIn();
        var reply = await Poll(agency, await Allowed(agency, browser));
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        var claims = Jwt.Payload((string)reply.Json["id_token"]!);
        Assert.Equal("television", (string?)claims["aud"]);
        Assert.Equal((session.SessionId, session.Assurance), ((string?)claims["sid"], (string?)claims["acr"]));
        Assert.Equal(session.AuthenticatedAt.ToUnixTimeSeconds(), (long)claims["auth_time"]!);
        Assert.NotEqual(session.PersonId, (string?)claims["sub"]);
        var info = await agency.UserInfo((string)reply.Json["access_token"]!);
        Assert.Equal((string?)claims["sub"], (string?)info.Json["sub"]);
        Assert.Equal("Liis", (string?)info.Json["given_name"]);
        var refreshed = await agency.Post("/token", [.. agency.Authenticated(), new("grant_type", "refresh_token"), new("refresh_token", (string)reply.Json["refresh_token"]!)]);
        Assert.True(refreshed.Status == HttpStatusCode.OK, refreshed.Body);
        var records = await devices.Provider.AuditRecords();
        Assert.Contains(records, record => record.Contains("provider.device-authorization-answer", StringComparison.Ordinal) && record.Contains("television", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_is_for_a_resource_that_was_allowed()
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var form = agency.Authenticated();
        form["grant_type"] = Grant;
        form["device_code"] = await Allowed(agency, browser, "openid archive");
        form["resource"] = "http://localhost:9999/";
        Assert.Equal("invalid_target", (await agency.Post("/token", form)).Error);
        form["resource"] = Archive;
        form["client_assertion"] = agency.Assertion();
        var reply = await agency.Post("/token", form);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal(Archive, (string?)Jwt.Payload((string)reply.Json["access_token"]!)["aud"]);
    }

    [Fact]
    public async Task Before_the_answer_it_waits_and_who_asks_too_fast_waits_longer()
    {
        using var agency = devices.Agency("television");
        var (deviceCode, _) = await Begin(agency);
        Assert.Equal((HttpStatusCode.BadRequest, "authorization_pending"), Outcome(await Poll(agency, deviceCode)));
        Assert.Equal((HttpStatusCode.BadRequest, "slow_down"), Outcome(await Poll(agency, deviceCode)));
        Assert.Equal((HttpStatusCode.BadRequest, "slow_down"), Outcome(await Poll(agency, deviceCode)));
        await devices.Waited(deviceCode);
        Assert.Equal((HttpStatusCode.BadRequest, "authorization_pending"), Outcome(await Poll(agency, deviceCode)));
        var redis = devices.Provider.Services.GetRequiredService<Storage.RedisStore>();
        var left = await redis.Run(database => database.KeyTimeToLiveAsync(redis.Key(DeviceCodes.AskedKey(DeviceCodes.Hash(deviceCode)))));
        Assert.InRange(left ?? TimeSpan.Zero, DeviceCodes.Interval * 2, DeviceCodes.Interval * 3);
    }

    [Fact]
    public async Task Denied_it_hears_so_and_nothing_else_can_follow()
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var (deviceCode, userCode) = await Begin(agency);
        var page = await Answer(browser, userCode, "Deny");
        Assert.Contains("Refused", page.Text, StringComparison.Ordinal);
        var later = await browser.Post("/device?handler=Allow", await browser.Get("/device"), ("user_code", userCode));
        Assert.Equal(HttpStatusCode.BadRequest, later.Status);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal((HttpStatusCode.BadRequest, "access_denied"), Outcome(await Poll(agency, deviceCode)));
            await devices.Waited(deviceCode);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_code_that_nobody_gave_is_refused(string code)
    {
        using var agency = devices.Agency("television");
        Assert.Equal((HttpStatusCode.BadRequest, code.Length == 0 ? "invalid_request" : "invalid_grant"), Outcome(await Poll(agency, code)));
    }

    [Fact]
    public async Task The_user_code_is_no_device_code()
    {
        using var agency = devices.Agency("television");
        var (_, userCode) = await Begin(agency);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), Outcome(await Poll(agency, userCode)));
    }

    [Fact]
    public async Task Another_client_is_refused_and_the_right_one_not_harmed()
    {
        using var television = devices.Agency("television");
        using var kiosk = devices.Agency("kiosk");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var deviceCode = await Allowed(television, browser);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), Outcome(await Poll(kiosk, deviceCode)));
        Assert.Equal(HttpStatusCode.OK, (await Poll(television, deviceCode)).Status);
    }

    [Fact]
    public async Task A_replay_is_refused_and_ends_the_tokens()
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var deviceCode = await Allowed(agency, browser);
        var tokens = await Poll(agency, deviceCode);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), Outcome(await Poll(agency, deviceCode)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)tokens.Json["access_token"]!)).Status);
    }

    [Fact]
    public async Task Of_parallel_uses_one_wins()
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        await browser.SignIn();
        var deviceCode = await Allowed(agency, browser);
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Poll(agency, deviceCode)));
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.OK), reply => Assert.Contains(reply.Error, (string[])["invalid_grant", "slow_down"]));
    }

    [Fact]
    public async Task Of_parallel_redemptions_of_one_request_exactly_one_is_first()
    {
        using var agency = devices.Agency("television");
        var (deviceCode, _) = await Begin(agency);
        var codes = devices.Provider.Services.GetRequiredService<DeviceCodes>();
        var state = await codes.FindByDeviceCode(deviceCode);
        Assert.Single(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => codes.Redeem(state!))), won => won);
    }

    [Fact]
    public async Task An_expired_code_is_told_so_and_cannot_be_entered()
    {
        await using var brief = new BriefDevices();
        await brief.InitializeAsync();
        using var agency = new Agency(brief.Provider, "television");
        using var browser = new Browser(brief.Provider);
        await browser.SignIn();
        var (deviceCode, userCode) = await Begin(agency);
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.BadRequest, "expired_token"), Outcome(await Poll(agency, deviceCode)));
        Assert.Equal(HttpStatusCode.BadRequest, (await Enter(browser, userCode)).Status);
    }

    [Theory]
    [InlineData("bound-terminal")]
    [InlineData("game")]
    public async Task Who_is_registered_for_bound_tokens_proves_a_key_and_a_missing_proof_costs_nothing(string client)
    {
        using var agency = devices.Agency(client);
        using var browser = new Browser(devices.Provider);
        using var key = new DpopKey(devices.Provider);
        await browser.SignIn();
        var deviceCode = await Allowed(agency, browser);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_dpop_proof"), Outcome(await Poll(agency, deviceCode)));
        var reply = await Poll(agency, deviceCode, key.Proof("POST", "token"));
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal("DPoP", (string?)reply.Json["token_type"]);
        Assert.Equal(key.Thumbprint, (string?)Jwt.Payload((string)reply.Json["access_token"]!)["cnf"]!["jkt"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_the_session_ends_it_before_and_after_the_tokens(bool before)
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        var session = await browser.SignIn();
        var deviceCode = await Allowed(agency, browser);
        var ends = devices.Provider.Services.GetRequiredService<SessionEnds>();
        if (before)
        {
            await ends.End(session.SessionId, SessionEndReason.SignedOut);
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), Outcome(await Poll(agency, deviceCode)));
            return;
        }

        var tokens = await Poll(agency, deviceCode);
        await ends.End(session.SessionId, SessionEndReason.SignedOut);
        Assert.Equal(HttpStatusCode.Unauthorized, (await agency.UserInfo((string)tokens.Json["access_token"]!)).Status);
    }

    [Fact]
    public async Task A_disabled_person_gets_none()
    {
        using var agency = devices.Agency("television");
        using var browser = new Browser(devices.Provider);
        var identifier = await devices.Provider.NewPerson();
        await browser.SignIn(identifier);
        var deviceCode = await Allowed(agency, browser);
        await devices.Provider.InDatabase(database =>
            database.Users.Where(person => person.Identifier == identifier).ExecuteUpdateAsync(row => row.SetProperty(person => person.LockoutEnd, TimeProvider.System.GetUtcNow().AddDays(1))));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), Outcome(await Poll(agency, deviceCode)));
    }

    private static (HttpStatusCode, string?) Outcome(Reply reply) => (reply.Status, reply.Error);

    /// <summary>The same with codes that live for a second.</summary>
    private sealed class BriefDevices : IAsyncDisposable
    {
        public RunningProvider Provider { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            Provider = await RunningProvider.With(
            [
                .. ClientSettings.Of(new ClientOptions
                {
                    Id = "television", Name = "Television", GrantTypes = [Grant], Scopes = ["openid", "profile"], Profile = "baseline", Sector = "television.example",
                    Jwks = ClientSettings.Jwks(key, "television"),
                }),
                "--Provider:DeviceCodeLifetime=00:00:01",
            ]);
            Provider.ClientKeys["television"] = key;
        }

        public ValueTask DisposeAsync() => Provider.DisposeAsync();
    }
}
