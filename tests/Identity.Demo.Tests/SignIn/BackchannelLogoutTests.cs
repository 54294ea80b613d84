using System.Net;

namespace Identity.Demo.Tests.SignIn;

/// <summary>An agency that is told by the Provider that a session is over (OpenID Connect Back-Channel Logout 1.0).</summary>
public sealed class BackchannelLogoutTests
{
    [Fact]
    public async Task The_session_of_a_logout_token_ends_and_stays_ended()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await portal.SignIn(provider);
        Assert.Equal(HttpStatusCode.OK, (await portal.Get("/me")).StatusCode);
        var answer = await Send(portal, provider.LogoutToken());
        Assert.Equal((HttpStatusCode.OK, "no-store"), (answer.StatusCode, answer.Headers.CacheControl!.ToString()));
        Assert.Contains("/sign-in?next=%2Fme", (await portal.Get("/me")).Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Contains("/sign-in?next=%2Fme", (await portal.Get("/me")).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_without_sid_ends_what_the_person_has()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await portal.SignIn(provider);
        Assert.Equal(HttpStatusCode.OK, (await Send(portal, provider.LogoutToken(claims => claims.Remove("sid")))).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await portal.Get("/me")).StatusCode);
    }

    [Fact]
    public async Task Another_session_goes_on()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await portal.SignIn(provider);
        Assert.Equal(HttpStatusCode.OK, (await Send(portal, provider.LogoutToken(claims => claims["sid"] = "session-2"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await portal.Get("/me")).StatusCode);
    }

    public static TheoryData<string> Bad =>
        ["iss", "aud", "exp", "iat ahead", "iat old", "iat missing", "jti missing", "events missing", "events text", "events other", "nonce", "nobody", "type", "signature", "none", "empty"];

    // 2.6: each of these is refused, and nobody is signed out.
    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_token_ends_nothing(string what)
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await portal.SignIn(provider);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var good = provider.LogoutToken();
        var token = what switch
        {
            "iss" => provider.LogoutToken(claims => claims["iss"] = "https://attacker.example/"),
            "aud" => provider.LogoutToken(claims => claims["aud"] = "tax-portal"),
            "exp" => provider.LogoutToken(claims => claims["exp"] = now - 120),
            "iat ahead" => provider.LogoutToken(claims => claims["iat"] = now + 600),
            "iat old" => provider.LogoutToken(claims => claims["iat"] = now - 3600),
            "iat missing" => provider.LogoutToken(claims => claims.Remove("iat")),
            "jti missing" => provider.LogoutToken(claims => claims.Remove("jti")),
            "events missing" => provider.LogoutToken(claims => claims.Remove("events")),
            "events text" => provider.LogoutToken(claims => claims["events"] = "http://schemas.openid.net/event/backchannel-logout"),
            "events other" => provider.LogoutToken(claims => claims["events"] = new Dictionary<string, object> { ["other"] = new Dictionary<string, object>() }),
            "nonce" => provider.LogoutToken(claims => claims["nonce"] = "n"),
            "nobody" => provider.LogoutToken(claims => { claims.Remove("sid"); claims.Remove("sub"); }),
            "type" => provider.LogoutToken(type: "JWT"),
            "signature" => good[..^4] + "AAAA",
            "none" => "eyJhbGciOiJub25lIn0." + good.Split('.')[1] + ".",
            _ => "",
        };
        Assert.Equal(HttpStatusCode.BadRequest, (await Send(portal, token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await portal.Get("/me")).StatusCode);
    }

    [Fact]
    public async Task The_same_token_is_taken_once()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        var token = provider.LogoutToken();
        Assert.Equal(HttpStatusCode.OK, (await Send(portal, token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Send(portal, token)).StatusCode);
    }

    static async Task<HttpResponseMessage> Send(RunningPortal portal, string token)
    {
        using var provider = new HttpClient { BaseAddress = portal.Address };
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        return await provider.PostAsync("/backchannel-logout", form, TestContext.Current.CancellationToken);
    }
}
