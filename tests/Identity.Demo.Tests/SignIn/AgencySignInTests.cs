using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Demo.SignIn;

namespace Identity.Demo.Tests.SignIn;

public sealed class AgencySignInTests
{
    [Fact]
    public async Task Pushes_the_request_and_the_browser_carries_nothing_but_its_reference()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        var answer = await portal.Get("/sign-in");

        var pushed = Assert.Single(provider.Pushed);
        Assert.Equal("code", pushed["response_type"]);
        Assert.Equal("S256", pushed["code_challenge_method"]);
        Assert.Equal("openid profile person_identifier", pushed["scope"]);
        Assert.Equal(portal.Address + "signin-oidc", pushed["redirect_uri"]);
        Assert.Equal(FakeProvider.Substantial, pushed["acr_values"]);
        Assert.Equal("en", pushed["ui_locales"]);
        Assert.Equal($"{provider.Issuer}authorize?client_id=land-registry&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A1", answer.Headers.Location!.AbsoluteUri);
        CheckAssertion(pushed["client_assertion"], portal.Key, provider.Issuer);
    }

    [Fact]
    public async Task Signs_in_and_shows_what_the_agency_was_told()
    {
        await using var provider = await FakeProvider.Start();
        provider.Name = "Liis <b>Tamm</b>";
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        var answer = await portal.SignIn(provider);

        Assert.Equal("/me", answer.Headers.Location!.OriginalString);
        var exchanged = Assert.Single(provider.Tokens);
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(exchanged["code_verifier"]))), provider.Pushed.Last()["code_challenge"]);
        CheckAssertion(exchanged["client_assertion"], portal.Key, provider.Issuer);
        Assert.NotEqual(provider.Pushed.Last()["client_assertion"], exchanged["client_assertion"]);

        var page = await (await portal.Get("/me")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<b>Tamm", page, StringComparison.Ordinal);
        foreach (var shown in new[] { "pairwise-1", "Liis", "PNOXX-48504210018", "Substantial", "23 November 2026" })
            Assert.Contains(shown, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_are_lax_hidden_from_scripts_and_carry_agency_and_port()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("tax", "tax-portal", provider.Issuer);
        provider.Audience = "tax-portal";
        var cookies = (await portal.Get("/sign-in")).Headers.GetValues("Set-Cookie").Concat((await portal.SignIn(provider)).Headers.GetValues("Set-Cookie")).Where(c => !c.Contains("expires=Thu, 01 Jan 1970", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(cookies);
        foreach (var cookie in cookies)
        {
            Assert.Matches($"^identity-tax-(session|correlation|nonce)-{portal.Address.Port}[.=]", cookie);
            Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
            Assert.Contains("httponly", cookie, StringComparison.Ordinal);
            Assert.Contains("path=/;", cookie, StringComparison.Ordinal);
        }
        Assert.Contains(cookies, c => c.StartsWith("identity-tax-session-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lower_level_than_asked_for_does_not_sign_in() => await Refused(provider => provider.Acr = "http://eidas.europa.eu/LoA/low");

    [Fact]
    public async Task A_token_for_another_agency_does_not_sign_in() => await Refused(provider => provider.Audience = "tax-portal");

    [Fact]
    public async Task A_token_with_another_nonce_does_not_sign_in() => await Refused(provider => provider.Nonce = "stolen");

    [Fact]
    public async Task A_token_with_a_broken_signature_does_not_sign_in() => await Refused(provider => provider.SpoilSignature = true);

    [Theory]
    [InlineData("/signin-oidc?code=x")]
    [InlineData("/signin-oidc?code=x&state=forged")]
    [InlineData("/signin-oidc?error=server_error&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state=forged")]
    public async Task A_forged_answer_is_a_plain_page(string path)
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("tax", "tax-portal", provider.Issuer);
        var answer = await portal.Get(path);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("This request could not be understood", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", page, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", page, StringComparison.Ordinal);
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(c => c.Contains("-session-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_answer_works_once_and_only_in_the_browser_that_asked()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await portal.SignIn(provider);
        var answer = $"/signin-oidc?code=c0de&state={Uri.EscapeDataString(provider.Pushed.Last()["state"])}";
        Assert.Equal(HttpStatusCode.BadRequest, (await portal.Get(answer)).StatusCode);

        using var other = new HttpClient { BaseAddress = portal.Address };
        Assert.Equal(HttpStatusCode.BadRequest, (await other.GetAsync(answer, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Single(provider.Tokens);
    }

    [Fact]
    public async Task Who_cancels_is_told_so_kindly()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("tax", "tax-portal", provider.Issuer);
        await portal.Get("/sign-in");
        var answer = await portal.Get($"/signin-oidc?error=access_denied&state={Uri.EscapeDataString(provider.Pushed.Last()["state"])}");
        Assert.StartsWith("/cancelled", answer.Headers.Location!.OriginalString.Replace(portal.Address.AbsoluteUri, "/", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("You cancelled the sign-in", await portal.Text("/cancelled"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_gone_is_503()
    {
        var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("tax", "tax-portal", provider.Issuer);
        await provider.DisposeAsync();
        var answer = await portal.Get("/sign-in");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_provider_that_goes_between_request_and_answer_is_503()
    {
        var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("tax", "tax-portal", provider.Issuer);
        await portal.Get("/sign-in");
        await provider.DisposeAsync();
        var answer = await portal.Get($"/signin-oidc?code=x&state={Uri.EscapeDataString(provider.Pushed.Last()["state"])}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task Signing_out_needs_the_forms_token_and_ends_the_session_here_and_at_the_Provider()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        await portal.SignIn(provider);
        Assert.Equal(HttpStatusCode.BadRequest, (await portal.Browser.PostAsync("/me?handler=SignOut", new FormUrlEncodedContent([]), TestContext.Current.CancellationToken)).StatusCode);
        var page = await portal.Text("/me");
        var token = System.Text.RegularExpressions.Regex.Match(page, "name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"").Groups[1].Value;
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", token)]);
        var sent = (await portal.Browser.PostAsync("/me?handler=SignOut", form, TestContext.Current.CancellationToken)).Headers.Location!.AbsoluteUri;
        Assert.StartsWith(provider.Issuer + "logout?", sent, StringComparison.Ordinal);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(sent).Query);
        Assert.Equal(portal.Address + "signout-callback-oidc", query["post_logout_redirect_uri"]);
        Assert.Equal(3, query["id_token_hint"].ToString().Split('.').Length);
        Assert.Equal("/", (await portal.Get("/signout-callback-oidc?state=" + Uri.EscapeDataString(query["state"].ToString()))).Headers.Location!.OriginalString);
        Assert.Contains("/sign-in?next=%2Fme", (await portal.Get("/me")).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/me", true)]
    [InlineData("/deeds/abc?x=1", true)]
    [InlineData("/", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("me", false)]
    [InlineData("//evil.example/", false)]
    [InlineData("/\\evil.example/", false)]
    [InlineData("/\t/evil.example/", false)]
    [InlineData("https://evil.example/", false)]
    [InlineData("javascript:alert(1)", false)]
    public void After_sign_in_the_browser_stays_on_this_site(string? next, bool local) => Assert.Equal(local, AgencySignIn.IsLocal(next));

    [Fact]
    public async Task A_foreign_next_address_is_replaced_by_the_persons_page()
    {
        await using var provider = await FakeProvider.Start();
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        Assert.Equal("/me", (await portal.SignIn(provider, "?next=https://evil.example/")).Headers.Location!.OriginalString);
    }

    static async Task Refused(Action<FakeProvider> spoil)
    {
        await using var provider = await FakeProvider.Start();
        spoil(provider);
        await using var portal = await RunningPortal.Start("land", "land-registry", provider.Issuer);
        Assert.Equal(HttpStatusCode.BadRequest, (await portal.SignIn(provider)).StatusCode);
        Assert.Contains("/sign-in", (await portal.Get("/me")).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    // Taken apart by hand, and verified with the framework's ECDSA rather than with the library that wrote it.
    static void CheckAssertion(string assertion, ECDsa key, string issuer)
    {
        var parts = assertion.Split('.');
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        Assert.Equal("ES256", header.GetProperty("alg").GetString());
        Assert.Equal("client-authentication+jwt", header.GetProperty("typ").GetString());
        var point = key.ExportParameters(false).Q;
        var thumbprint = SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}"""));
        Assert.Equal(Base64Url.EncodeToString(thumbprint), header.GetProperty("kid").GetString());
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement;
        Assert.Equal("land-registry", claims.GetProperty("iss").GetString());
        Assert.Equal("land-registry", claims.GetProperty("sub").GetString());
        Assert.Equal(issuer, claims.GetProperty("aud").GetString());
        Assert.Equal(22, claims.GetProperty("jti").GetString()!.Length);
        Assert.Equal(60, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
    }
}
