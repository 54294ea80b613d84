using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Authorize;

/// <summary>OpenID Connect Core 5.4 and 5.5: what scopes and single claims release, and where.</summary>
public sealed class ClaimsParameterTests(ClaimsParameterTests.WithWideClient with) : IClassFixture<ClaimsParameterTests.WithWideClient>
{
    private const string Address = "http://localhost:59990/cb";
    private readonly RunningProvider provider = with.Provider;

    /// <summary>A Provider with a client that may ask for every scope about a person but two.</summary>
    public sealed class WithWideClient : IAsyncLifetime
    {
        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
            {
                Id = "wide",
                Name = "Wide",
                RedirectUris = [Address],
                Scopes = ["openid", "profile", "email", "phone", "address"],
                Jwks = ClientSettings.Jwks(key, "wide"),
                Sector = "wide.example",
            }));
            Provider.ClientKeys["wide"] = key;
        }

        public ValueTask DisposeAsync() => Provider.DisposeAsync();
    }

    [Fact]
    public async Task What_came_to_be_known_after_the_consent_is_not_released_by_it()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        var identifier = await provider.NewPerson();
        await browser.SignIn(identifier);
        await provider.Consent("wide", identifier, "name", "given_name", "family_name");
        var access = (string)(await agency.Redeem((await browser.Authorize(agency, null, "openid profile email"))["code"])).Json["access_token"]!;
        await provider.InDatabase(database => database.Users.Where(person => person.Identifier == identifier)
            .ExecuteUpdateAsync(person => person.SetProperty(row => row.Email, "mari@people.example")));
        var said = (await agency.UserInfo(access)).Json;
        Assert.Null(said["email"]);
        Assert.Equal("Kask", (string?)said["family_name"]);
    }

    [Fact]
    public async Task Scopes_email_phone_and_address_are_released_after_consent_that_shows_them()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        await browser.SignIn(await Reachable());
        var address = await agency.Pushed(scope: "openid email phone address");
        var page = await browser.Get((await browser.Get(address)).Location!);
        foreach (var shown in new[] { "E-mail address", "liis.tamm@people.example", "Phone number", "+37255501234", "Pikk 12-3, 10123 Tallinn, EE" })
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Kask<", page.Body, StringComparison.Ordinal);
        await browser.Post($"/consent?returnUrl={Uri.EscapeDataString(address)}&handler=Allow", page);
        var (idToken, userInfo) = await Redeem(agency, browser, address);

        Assert.Equal("liis.tamm@people.example", (string)userInfo["email"]!);
        Assert.True((bool)userInfo["email_verified"]!);
        Assert.Equal("+37255501234", (string)userInfo["phone_number"]!);
        Assert.True((bool)userInfo["phone_number_verified"]!);
        Assert.Equal("Pikk 12-3\n10123 Tallinn\nEE", (string)userInfo["address"]!["formatted"]!);
        Assert.Equal("Tallinn", (string)userInfo["address"]!["locality"]!);
        Assert.Equal("10123", (string)userInfo["address"]!["postal_code"]!);
        Assert.Null(userInfo["address"]!["region"]);
        Assert.Null(userInfo["name"]);
        Assert.Null(idToken["email"]);
    }

    [Fact]
    public async Task What_a_person_does_not_have_is_left_out_and_not_asked_for()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        await browser.SignIn(await provider.NewPerson(person => person.Email = "wei.chen@people.example"));
        var address = await agency.Pushed(scope: "openid email phone address");
        var page = await browser.Get((await browser.Get(address)).Location!);
        Assert.Contains("wei.chen@people.example", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Phone number", page.Text, StringComparison.Ordinal);
        await browser.Post($"/consent?returnUrl={Uri.EscapeDataString(address)}&handler=Allow", page);
        var (_, userInfo) = await Redeem(agency, browser, address);
        Assert.False((bool)userInfo["email_verified"]!);
        Assert.Null(userInfo["phone_number"]);
        Assert.Null(userInfo["phone_number_verified"]);
        Assert.Null(userInfo["address"]);
    }

    [Fact]
    public async Task Single_claims_go_where_they_were_asked_for_and_nowhere_else()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        await browser.SignIn(await Reachable());
        var address = await agency.Pushed(
            Claims("""{"userinfo":{"given_name":{"essential":true},"phone_number":null,"hat_size":null},"id_token":{"email":null,"email_verified":null,"address":{"essential":false},"auth_time":{"essential":true},"hat_size":{"values":[1,2]}},"other":{}}"""),
            scope: "openid");
        var page = await browser.Get((await browser.Get(address)).Location!);
        foreach (var shown in new[] { "Given name", "Phone number", "E-mail address", "Address" })
            Assert.Contains($"<dt>{shown}</dt>", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Family name", page.Text, StringComparison.Ordinal);
        await browser.Post($"/consent?returnUrl={Uri.EscapeDataString(address)}&handler=Allow", page);
        var (idToken, userInfo) = await Redeem(agency, browser, address);
        Assert.Equal(["given_name", "phone_number", "sub"], Members(userInfo));
        Assert.Equal("liis.tamm@people.example", (string)idToken["email"]!);
        Assert.True((bool)idToken["email_verified"]!);
        Assert.Equal("Tallinn", (string)idToken["address"]!["locality"]!);
        Assert.NotNull(idToken["auth_time"]);
        Assert.Null(idToken["given_name"]);
        Assert.Null(idToken["userinfo_claims"]);
    }

    [Fact]
    public async Task Claims_of_a_scope_that_the_client_is_not_registered_for_are_neither_shown_nor_released()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        await browser.SignIn(await Reachable());
        // Nothing is left to be asked: no consent page either.
        var address = await agency.Pushed(
            Claims("""{"userinfo":{"birthdate":{"essential":true}},"id_token":{"person_identifier":{"essential":true}}}"""), scope: "openid");
        var (idToken, userInfo) = await Redeem(agency, browser, address);
        Assert.Equal(["sub"], Members(userInfo));
        Assert.Null(idToken["person_identifier"]);
    }

    [Fact]
    public async Task Consent_to_some_claims_is_no_consent_to_one_more()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        var person = await Reachable();
        await browser.SignIn(person);
        await provider.Consent("wide", person, "email");
        Assert.True((await browser.Authorize(agency, Claims("""{"id_token":{"email":null}}"""), "openid")).ContainsKey("code"));
        var answer = await browser.Authorize(
            agency,
            request =>
            {
                Claims("""{"id_token":{"email":null,"name":null}}""")(request);
                request["prompt"] = "none";
            },
            "openid");
        Assert.Equal("consent_required", answer["error"]);
    }

    [Fact]
    public async Task A_demanded_subject_is_answered_for_that_person_alone()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        await browser.SignIn(await Reachable());
        var (idToken, _) = await Redeem(agency, browser, await agency.Pushed(scope: "openid"));
        Action<Dictionary<string, string>> About(string subject) => request =>
        {
            Claims("""{"id_token":{"sub":{"value":"SUB"}}}""".Replace("SUB", subject, StringComparison.Ordinal))(request);
            request["prompt"] = "none";
        };
        Assert.True((await browser.Authorize(agency, About((string)idToken["sub"]!), "openid")).ContainsKey("code"));
        Assert.Equal("login_required", (await browser.Authorize(agency, About("somebody-else"), "openid"))["error"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"userinfo\"")]
    [InlineData("""{"userinfo":[]}""")]
    [InlineData("""{"userinfo":null}""")]
    [InlineData("""{"id_token":"acr"}""")]
    [InlineData("""{"userinfo":{"name":true}}""")]
    [InlineData("""{"userinfo":{"name":"essential"}}""")]
    [InlineData("""{"userinfo":{"name":{"essential":"true"}}}""")]
    [InlineData("""{"id_token":{"acr":{"values":"high"}}}""")]
    [InlineData("""{"id_token":{"acr":{"values":[]}}}""")]
    [InlineData("""{"id_token":{"acr":{"values":[[["high"]]]}}}""")]
    [InlineData("""{"userinfo":{"name":null},"userinfo":{}}""")]
    [InlineData("""{"userinfo":{"name":null,"name":null}}""")]
    [InlineData("""{"userinfo":{}} """ + "x")]
    public async Task Refuses_a_claims_parameter_that_is_none(string claims)
    {
        using var agency = Wide();
        var request = agency.Request("openid");
        request["claims"] = claims;
        var reply = await agency.Push(request);
        // RFC 6749 3.1: a parameter without a value is as if it had not been sent.
        Assert.Equal(claims.Length == 0 ? HttpStatusCode.Created : HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(claims.Length == 0 ? null : "invalid_request", reply.Error);
    }

    [Fact]
    public void Holds_each_limit_and_refuses_one_past()
    {
        string Padded(int length) => """{"userinfo":{}}""".PadRight(length);
        string Many(int count) => "{\"userinfo\":{" + string.Join(',', Enumerable.Range(0, count).Select(index => $"\"c{index}\":null")) + "}}";
        string Values(int count) => "{\"id_token\":{\"acr\":{\"values\":[" + string.Join(',', Enumerable.Repeat("\"x\"", count)) + "]}}}";
        Assert.NotNull(ClaimsRequest.TryRead(Padded(ClaimsRequest.MaximumLength)));
        Assert.Null(ClaimsRequest.TryRead(Padded(ClaimsRequest.MaximumLength + 1)));
        Assert.NotNull(ClaimsRequest.TryRead(Many(ClaimsRequest.MostClaims)));
        Assert.Null(ClaimsRequest.TryRead(Many(ClaimsRequest.MostClaims + 1)));
        Assert.NotNull(ClaimsRequest.TryRead(Values(ClaimsRequest.MostValues)));
        Assert.Null(ClaimsRequest.TryRead(Values(ClaimsRequest.MostValues + 1)));
        Assert.NotNull(ClaimsRequest.TryRead("""{"userinfo":{"a":{"values":[1]}}}"""));
        Assert.Null(ClaimsRequest.TryRead("""{"userinfo":{"a":{"values":[[1]]}}}"""));
    }

    [Fact]
    public async Task Hints_and_wishes_that_change_nothing_are_tolerated_and_not_echoed()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        var address = await agency.Pushed(
            request =>
            {
                request["login_hint"] = "<script>liis@people.example";
                request["display"] = "popup";
                request["claims_locales"] = "et en";
                request["ui_locales"] = "fi et";
                request["something"] = "else";
            },
            "openid");
        var login = await browser.Get((await browser.Get(address)).Location!);
        Assert.Equal(HttpStatusCode.OK, login.Status);
        Assert.DoesNotContain("liis@people.example", login.Body, StringComparison.Ordinal);
        // ui_locales: the first that there is.
        Assert.Contains("lang=\"et\"", login.Body, StringComparison.Ordinal);
        await browser.SignIn(await Reachable());
        var (idToken, _) = await Redeem(agency, browser, address);
        Assert.NotNull(idToken["auth_time"]);
    }

    [Fact]
    public async Task Select_account_asks_for_a_passkey_anew_and_an_unknown_prompt_is_refused()
    {
        using var agency = Wide();
        using var browser = new Browser(provider);
        await browser.SignIn(await Reachable(), TimeSpan.FromMinutes(1));
        Assert.StartsWith("/login?", (await browser.Get(await agency.Pushed(request => request["prompt"] = "select_account", "openid"))).Location, StringComparison.Ordinal);
        var refused = agency.Request("openid");
        refused["prompt"] = "sing";
        Assert.Equal("invalid_request", (await agency.Push(refused)).Error);
        refused["prompt"] = "none select_account";
        Assert.Equal("invalid_request", (await agency.Push(refused)).Error);
    }

    private Task<string> Reachable() => provider.NewPerson(person =>
    {
        (person.Email, person.EmailConfirmed, person.PhoneNumber, person.PhoneNumberConfirmed) = ("liis.tamm@people.example", true, "+37255501234", true);
        (person.StreetAddress, person.PostalCode, person.Locality, person.Country) = ("Pikk 12-3", "10123", "Tallinn", "EE");
    });

    private Agency Wide() => new(provider, "wide") { RedirectUri = Address };

    private static Action<Dictionary<string, string>> Claims(string json) => request => request["claims"] = json;

    private static IEnumerable<string> Members(JsonNode json) => json.AsObject().Select(member => member.Key).Except(["iss", "aud"]).Order(StringComparer.Ordinal);

    private static async Task<(JsonObject IdToken, JsonNode UserInfo)> Redeem(Agency agency, Browser browser, string address)
    {
        var location = (await browser.Get(address)).Location!;
        Assert.StartsWith(Address + "?", location, StringComparison.Ordinal);
        var reply = await agency.Redeem(SignedIn.Query(location)["code"]);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        var userInfo = await agency.UserInfo((string)reply.Json["access_token"]!);
        Assert.True(userInfo.Status == HttpStatusCode.OK, userInfo.Body);
        return (Jwt.Payload((string)reply.Json["id_token"]!), userInfo.Json);
    }
}
