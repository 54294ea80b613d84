using System.Net;
using Identity.Provider.Authorize;
using Identity.Provider.Dpop;
using Identity.TestKit;

namespace Identity.Provider.Storage;

/// <summary>The primary of Redis dies and a replica takes its place: nothing is used twice, and people go on signing in.</summary>
public sealed class FailoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task After_a_failover_nothing_is_used_again_and_a_sign_in_works()
    {
        using var redis = await SentinelRedis.Start();
        await using var provider = await RunningProvider.With(redis.Settings);
        using var agency = new Agency(provider, "tax-portal");
        using var key = new DpopKey(provider);
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var assertion = agency.Assertion();
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request(), assertion)).Status);
        var address = await agency.Pushed();
        var code = SignedIn.Query((await browser.Get(address)).Location!)["code"];
        var access = (string)(await agency.Redeem(code, null, key.Proof("POST", "token"))).Json["access_token"]!;
        var proof = key.Proof("GET", "userinfo", access);
        Assert.Equal(HttpStatusCode.OK, (await UserInfo(agency, access, proof)).Status);
        redis.KillPrimary();

        Assert.Equal("temporarily_unavailable", (await agency.Redeem(code)).Error);
        await redis.FailedOver();
        // Until the Provider has found the new primary it says so, and it never says anything else.
        var pushed = await Answered(() => agency.Push(agency.Request(), assertion));
        Assert.True(pushed is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, $"{pushed.Status} {pushed.Body}");
        var shown = await Answered(() => UserInfo(agency, access, proof));
        Assert.StartsWith("DPoP error=\"invalid_dpop_proof\"", shown.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal("invalid_grant", (await Answered(() => agency.Redeem(code, null, key.Proof("POST", "token")))).Error);
        RedirectUriTests.Stays(await browser.Get(address));

        using var another = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        await another.Enrol("LIIS-7KQ4-M2XD", authenticator);
        Assert.True(await another.IsSignedIn());
        Assert.True(await browser.IsSignedIn(), "what the replica had is there");
        var tokens = await agency.Redeem((await another.Authorize(agency))["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
    }

    // The replicas stand still: the primary alone knows what was used, and is then lost.
    [Fact]
    public async Task What_no_replica_has_heard_of_was_not_granted()
    {
        using var redis = await SentinelRedis.Start();
        await using var provider = await RunningProvider.With(redis.Settings);
        using var agency = new Agency(provider, "tax-portal");
        using var key = new DpopKey(provider);
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var address = await agency.Pushed();
        var code = (await browser.Authorize(agency))["code"];
        var access = (string)(await agency.Redeem((await browser.Authorize(agency))["code"], null, key.Proof("POST", "token"))).Json["access_token"]!;
        var proof = key.Proof("GET", "userinfo", access);
        var assertion = agency.Assertion();
        foreach (var replica in redis.Replicas)
            replica.Pause();

        Unavailable(await agency.Push(agency.Request(), assertion));
        Unavailable(await agency.Redeem(code));
        Unavailable(await UserInfo(agency, access, proof));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.Get(address)).Status);
        using (var ready = new HttpRequestMessage(HttpMethod.Get, "/health/ready"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await agency.Send(ready)).Status);
        redis.KillPrimary();
        foreach (var replica in redis.Replicas)
            replica.Continue();
        await redis.FailedOver();

        // Whatever the new primary knows of them: each counts once at most.
        await Once(() => agency.Push(agency.Request(), assertion), HttpStatusCode.Created);
        await Once(() => UserInfo(agency, access, proof), HttpStatusCode.OK);
        await Once(() => agency.Redeem(code), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_any_replica_nothing_that_is_used_once_is_granted()
    {
        using var redis = await SentinelRedis.Start();
        await using var provider = await RunningProvider.With(redis.Settings);
        using var agency = new Agency(provider, "tax-portal");
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request())).Status);
        foreach (var replica in redis.Replicas)
            replica.Stop();
        Unavailable(await agency.Push(agency.Request()));
    }

    [Fact]
    public async Task A_Provider_that_starts_before_its_Sentinel_answers_503_until_it_is_there()
    {
        using var redis = await SentinelRedis.Start();
        redis.Sentinel.Stop();
        await using var provider = await RunningProvider.With(redis.Settings);
        using var agency = new Agency(provider, "tax-portal");
        Unavailable(await agency.Push(agency.Request()));
        await redis.Sentinel.Run();
        Assert.Equal(HttpStatusCode.Created, (await Answered(() => agency.Push(agency.Request()))).Status);
    }

    private static void Unavailable(Reply reply) =>
        Assert.True(reply is { Status: HttpStatusCode.ServiceUnavailable, Error: "temporarily_unavailable" }, $"{reply.Status} {reply.Body}");

    private static async Task Once(Func<Task<Reply>> use, HttpStatusCode granted)
    {
        var first = await Answered(use);
        var second = await Answered(use);
        Assert.True(second.Status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized, $"{second.Status} {second.Body}");
        Assert.True(first.Status == granted || first.Status == second.Status, $"{first.Status} {first.Body}");
    }

    /// <summary>The first answer that is not 503.</summary>
    private static async Task<Reply> Answered(Func<Task<Reply>> ask)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var reply = await ask();
            if (reply.Status != HttpStatusCode.ServiceUnavailable)
                return reply;
            Unavailable(reply);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "the Provider has not found the new primary");
            await Task.Delay(200);
        }
    }

    private static async Task<Reply> UserInfo(Agency agency, string access, string proof)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo");
        request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + access);
        request.Headers.TryAddWithoutValidation("DPoP", proof);
        return await agency.Send(request);
    }
}
