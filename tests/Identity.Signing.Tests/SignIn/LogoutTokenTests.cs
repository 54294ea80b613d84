using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Signing.Tests.SignIn;

/// <summary>Signed out at the Provider is signed out here (OpenID Connect Back-Channel Logout 1.0).</summary>
public sealed class LogoutTokenTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Refusal = """{"error":"invalid_request"}""";
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private StandInProvider Provider => system.Provider;

    [Fact]
    public async Task A_session_that_the_Provider_ended_is_out_on_every_page_at_the_next_request()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page());
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        await system.Ended(id);
        var open = await system.CreateRequest(Pdfs.Page());
        var review = await Browser.Fields(await browser.Get($"requests/{open}/review"));
        var before = (await system.Status(open)).ToJsonString();
        using (var answer = await Send(Provider.LogoutToken()))
            Assert.Equal((HttpStatusCode.OK, "no-store"), (answer.StatusCode, answer.Headers.CacheControl!.ToString()));
        Assert.False(await IsSignedIn(browser));
        foreach (var page in new[] { $"requests/{id}", $"requests/{open}/review" })
        {
            using var answer = await browser.GetOnce(page);
            Assert.StartsWith(Provider.Issuer + "authorize?", answer.Headers.Location?.AbsoluteUri, StringComparison.Ordinal);
        }

        foreach (var document in new[] { $"requests/{id}/document", $"requests/{id}/signed.pdf", $"requests/{open}/document" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetOnce(document)).StatusCode);
        using var form = new FormUrlEncodedContent(review);
        using var approved = await browser.PostOnce($"requests/{open}/review", form);
        Assert.NotEqual(HttpStatusCode.OK, approved.StatusCode);
        Assert.Equal(before, (await system.Status(open)).ToJsonString());
    }

    [Fact]
    public async Task It_ends_in_every_browser_and_copy_of_the_service_and_no_other_session_does()
    {
        system.Reset();
        var data = system.Pki.PathOf("logout-copies");
        await using var first = await system.StartAnotherOn(data, "--Signing:Instance=first");
        await using var second = await system.StartAnotherOn(data, "--Signing:Instance=second");
        using var one = first.NewBrowser();
        using var two = second.NewBrowser();
        await one.Get("sign-in");
        await two.Get("sign-in");
        var ended = Provider.Session!;
        Provider.Session = "another";
        using var other = first.NewBrowser();
        await other.Get("sign-in");
        using var answer = await Send(Provider.LogoutToken((_, claims) => claims["sid"] = ended), first);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((false, false, true), (await IsSignedIn(one), await IsSignedIn(two), await IsSignedIn(other)));
    }

    [Fact]
    public async Task Without_sid_all_sessions_of_the_person_end_and_nobody_elses()
    {
        system.Reset();
        using var one = system.NewBrowser();
        await one.Get("sign-in");
        Provider.Session = "second-" + Provider.Session;
        using var two = system.NewBrowser();
        await two.Get("sign-in");
        Provider.Person = StandInPerson.Wei;
        using var wei = system.NewBrowser();
        await wei.Get("sign-in");
        Provider.Person = StandInPerson.Liis;
        await Accepted(Provider.LogoutToken((_, claims) => claims.Remove("sid")));
        Assert.Equal((false, false, true), (await IsSignedIn(one), await IsSignedIn(two), await IsSignedIn(wei, "Wei Chen")));
        // A login of afterwards is another.
        await one.Get("sign-in");
        Assert.True(await IsSignedIn(one));
    }

    [Fact]
    public async Task A_sign_in_that_arrives_after_its_session_was_ended_opens_none()
    {
        system.Reset();
        await Accepted(Provider.LogoutToken((_, claims) => claims.Remove("sub")));
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        Assert.False(await IsSignedIn(browser));
    }

    [Fact]
    public async Task The_same_token_is_taken_once_and_does_nothing_more()
    {
        system.Reset();
        var token = Provider.LogoutToken((_, claims) => claims.Remove("sid"));
        await Accepted(token);
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        await Refused(token);
        Assert.True(await IsSignedIn(browser));
    }

    [Fact]
    public async Task Of_many_at_once_one_is_taken()
    {
        system.Reset();
        var token = Provider.LogoutToken();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Send(token)));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.BadRequest));
    }

    private static readonly Dictionary<string, Action<JsonObject, JsonObject>> Changes = new()
    {
        ["iss of another"] = (_, claims) => claims["iss"] = "https://attacker.example/",
        ["no iss"] = (_, claims) => claims.Remove("iss"),
        ["aud of another"] = (_, claims) => claims["aud"] = "tax-portal",
        ["aud of two"] = (_, claims) => claims["aud"] = new JsonArray("signing", "tax-portal"),
        ["no aud"] = (_, claims) => claims.Remove("aud"),
        ["exp over"] = (_, claims) => claims["exp"] = Now - 61,
        ["exp far"] = (_, claims) => claims["exp"] = Now + 3600,
        ["no exp"] = (_, claims) => claims.Remove("exp"),
        ["iat ahead"] = (_, claims) => (claims["iat"], claims["exp"]) = (Now + 120, Now + 240),
        ["iat old"] = (_, claims) => claims["iat"] = Now - 3600,
        ["iat text"] = (_, claims) => claims["iat"] = "now",
        ["iat least"] = (_, claims) => claims["iat"] = long.MinValue,
        ["iat greatest"] = (_, claims) => claims["iat"] = long.MaxValue,
        ["no iat"] = (_, claims) => claims.Remove("iat"),
        ["no jti"] = (_, claims) => claims.Remove("jti"),
        ["jti empty"] = (_, claims) => claims["jti"] = "",
        ["jti number"] = (_, claims) => claims["jti"] = 7,
        ["no events"] = (_, claims) => claims.Remove("events"),
        ["events text"] = (_, claims) => claims["events"] = Event,
        ["events list"] = (_, claims) => claims["events"] = new JsonArray(Event),
        ["events of another"] = (_, claims) => claims["events"] = new JsonObject { ["http://schemas.openid.net/event/other"] = new JsonObject() },
        ["events of two"] = (_, claims) => claims["events"]!["http://schemas.openid.net/event/other"] = new JsonObject(),
        ["event text"] = (_, claims) => claims["events"] = new JsonObject { [Event] = "yes" },
        ["nonce"] = (_, claims) => claims["nonce"] = "n",
        ["nonce null"] = (_, claims) => claims["nonce"] = null,
        ["nobody"] = (_, claims) => { claims.Remove("sid"); claims.Remove("sub"); },
        ["sid number"] = (_, claims) => claims["sid"] = 7,
        ["sid empty"] = (_, claims) => claims["sid"] = "",
        ["sid null"] = (_, claims) => claims["sid"] = null,
        ["sub list"] = (_, claims) => claims["sub"] = new JsonArray("pairwise-liis"),
        ["no typ"] = (header, _) => header.Remove("typ"),
        ["typ of an ID token"] = (header, _) => header["typ"] = "JWT",
        ["typ of an access token"] = (header, _) => header["typ"] = "at+jwt",
        ["kid unknown"] = (header, _) => header["kid"] = "key-2",
        ["no kid"] = (header, _) => header.Remove("kid"),
        ["alg of another"] = (header, _) => header["alg"] = "ES384",
        ["crit"] = (header, _) => { header["crit"] = new JsonArray("x"); header["x"] = 1; },
    };

    public static TheoryData<string> Bad => [.. Changes.Keys];

    // 2.6: each of these is refused, and nobody is signed out.
    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_logout_token_that_is_not_all_right_ends_nothing(string what)
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        await Refused(Provider.LogoutToken(Changes[what]));
        Assert.True(await IsSignedIn(browser));
    }

    [Theory]
    [InlineData("foreign key")]
    [InlineData("key in the header")]
    [InlineData("spoilt signature")]
    [InlineData("none")]
    [InlineData("HMAC with the public key")]
    [InlineData("sid twice")]
    [InlineData("ID token")]
    [InlineData("access token")]
    [InlineData("no JWT")]
    [InlineData("claims that are a list")]
    public async Task What_is_no_logout_token_of_the_Provider_ends_nothing(string what)
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var foreign = new EvidenceBuilder(Provider.Issuer);
        var good = Provider.LogoutToken();
        var payload = good.Split('.')[1];
        await Refused(what switch
        {
            "foreign key" => Provider.LogoutToken(signer: foreign),
            "key in the header" => Provider.LogoutToken((header, _) => header["jwk"] = foreign.Jwk.DeepClone(), foreign),
            "spoilt signature" => good[..^6] + (good[^6] == 'A' ? 'B' : 'A') + good[^5..],
            "none" => Encode("""{"alg":"none","typ":"logout+jwt","kid":"key-1"}""") + "." + payload + ".",
            "HMAC with the public key" => Hmac(payload),
            "sid twice" => Provider.Sign(
                """{"alg":"ES256","typ":"logout+jwt","kid":"key-1"}""",
                "{\"sid\":\"other\"," + Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(payload))[1..]),
            "ID token" => Provider.LastIdToken!,
            "access token" => Provider.AccessToken("signing"),
            "claims that are a list" => Provider.Sign("""{"alg":"ES256","typ":"logout+jwt","kid":"key-1"}""", "[]"),
            _ => "a.b.c",
        });
        Assert.True(await IsSignedIn(browser));
    }

    [Fact]
    public async Task A_token_of_8_kB_is_taken_and_one_character_more_is_refused()
    {
        system.Reset();
        await Accepted(OfLength(Signing.SignIn.VerifiedLogout.Checks.LongestToken));
        await Refused(OfLength(Signing.SignIn.VerifiedLogout.Checks.LongestToken + 1));
    }

    [Theory]
    [InlineData(16 * 1024, HttpStatusCode.OK)]
    [InlineData((16 * 1024) + 1, HttpStatusCode.BadRequest)]
    public async Task A_body_of_16_kB_is_read_and_one_byte_more_is_refused(int length, HttpStatusCode status)
    {
        system.Reset();
        var form = "logout_token=" + Provider.LogoutToken() + "&pad=";
        using var body = new StringContent(form.PadRight(length, 'x'), Encoding.ASCII, "application/x-www-form-urlencoded");
        using var answer = await Post(body);
        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("nothing")]
    [InlineData("twice")]
    [InlineData("JSON")]
    [InlineData("multipart")]
    [InlineData("query")]
    public async Task A_request_of_another_shape_is_refused(string shape)
    {
        system.Reset();
        var token = Provider.LogoutToken();
        using HttpContent body = shape switch
        {
            "empty" => new FormUrlEncodedContent([new("logout_token", "")]),
            "twice" => new FormUrlEncodedContent([new("logout_token", token), new("logout_token", token)]),
            "JSON" => new StringContent($$"""{"logout_token":"{{token}}"}""", Encoding.UTF8, "application/json"),
            "multipart" => new MultipartFormDataContent { { new StringContent(token), "logout_token" } },
            _ => new FormUrlEncodedContent([]),
        };
        using var answer = await Post(body, query: shape == "query" ? "?logout_token=" + token : "");
        await AssertRefused(answer);
    }

    [Fact]
    public async Task Without_the_Providers_keys_it_is_503_and_the_token_is_good_afterwards()
    {
        system.Reset();
        await using var other = await system.StartAnotherOn(system.Pki.PathOf("logout-outage"));
        var token = Provider.LogoutToken();
        Provider.Down = true;
        using (var answer = await Send(token, other))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Provider.Down = false;
        using var again = await Send(token, other);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static string Encode(string text) => EvidenceBuilder.Base64Url(Encoding.UTF8.GetBytes(text));

    private string Hmac(string payload)
    {
        var content = Encode("""{"alg":"HS256","typ":"logout+jwt","kid":"key-1"}""") + "." + payload;
        var key = Encoding.UTF8.GetBytes(JsonNode.Parse(Provider.Jwks)!["keys"]![0]!.ToJsonString());
        return content + "." + EvidenceBuilder.Base64Url(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(content)));
    }

    // Three bytes are four characters: the header makes up what the claims cannot.
    private string OfLength(int length)
    {
        for (var inHeader = 0; inHeader < 3; inHeader++)
        {
            for (var inClaims = (length * 3 / 4) - 700; inClaims < length * 3 / 4; inClaims++)
            {
                var (first, second) = (new string('x', inHeader), new string('x', inClaims));
                var token = Provider.LogoutToken((header, claims) => (header["pad"], claims["pad"]) = (first, second));
                if (token.Length == length)
                    return token;
                if (token.Length > length)
                    break;
            }
        }

        throw new InvalidOperationException("No token has this length.");
    }

    private async Task Accepted(string token)
    {
        using var answer = await Send(token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task Refused(string token)
    {
        using var answer = await Send(token);
        await AssertRefused(answer);
    }

    private static async Task AssertRefused(HttpResponseMessage answer)
    {
        Assert.Equal((HttpStatusCode.BadRequest, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        Assert.Equal(Refusal, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
    }

    private async Task<HttpResponseMessage> Send(string token, SigningSystem? at = null)
    {
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        return await Post(form, at);
    }

    private async Task<HttpResponseMessage> Post(HttpContent body, SigningSystem? at = null, string query = "")
    {
        using var provider = new HttpClient { BaseAddress = new Uri((at ?? system).Address) };
        return await provider.PostAsync("backchannel-logout" + query, body, SigningSystem.Cancellation);
    }

    private static async Task<bool> IsSignedIn(Browser browser, string name = "Liis Tamm")
    {
        using var answer = await browser.GetOnce("/");
        return (await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation)).Contains(name, StringComparison.Ordinal);
    }
}
