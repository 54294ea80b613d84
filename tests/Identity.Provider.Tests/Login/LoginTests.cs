using System.Net;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Login;

public sealed class LoginTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string LiisCode = "LIIS-7KQ4-M2XD";
    private const string WeiCode = "WEIC-3RT8-P6HN";
    private const string Refused = "the passkey's answer could not be accepted";

    [Fact]
    public async Task A_passkey_signs_its_person_in()
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        var done = await browser.SignIn(authenticator);
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Contains("Liis Tamm", (await browser.Get("/")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_name_no_passkey_so_that_nobody_can_ask_who_has_one()
    {
        using var browser = new Browser(provider);
        var (_, _, options) = await browser.BeginLogin();
        var json = System.Text.Json.Nodes.JsonNode.Parse(options)!;
        Assert.Empty(json["allowCredentials"]!.AsArray());
        Assert.Equal("required", json["userVerification"]!.GetValue<string>());
        Assert.Equal("localhost", json["rpId"]!.GetValue<string>());
    }

    // The trap of the framework's own sign-in: a cookie with its assertion could be used again when the authenticator does not count.
    [Fact]
    public async Task A_replayed_cookie_and_assertion_of_a_passkey_that_does_not_count_do_not_sign_in()
    {
        using var authenticator = await Enrolled(LiisCode, counts: false);
        using var browser = new Browser(provider);
        var (page, ceremony, options) = await browser.BeginLogin();
        using var thief = browser.Copy();
        var credential = authenticator.Assert(options);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.FinishLogin(page, ceremony, credential)).Status);

        var replayed = await thief.FinishLogin(page, ceremony, credential);
        Assert.Equal(HttpStatusCode.BadRequest, replayed.Status);
        Assert.Contains(Refused, replayed.Text, StringComparison.Ordinal);
        Assert.Null(thief.SessionCookie);
        Assert.False(await thief.IsSignedIn());
    }

    [Fact]
    public async Task Of_many_answers_to_one_ceremony_one_signs_in()
    {
        using var authenticator = await Enrolled(LiisCode, counts: false);
        using var browser = new Browser(provider);
        var (page, ceremony, options) = await browser.BeginLogin();
        var credential = authenticator.Assert(options);
        var copies = Enumerable.Range(0, 8).Select(_ => browser.Copy()).ToList();
        var answers = await Task.WhenAll(copies.Select(copy => copy.FinishLogin(page, ceremony, credential)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_failed_attempt_spends_the_ceremony()
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        var (page, ceremony, options) = await browser.BeginLogin();
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.FinishLogin(page, ceremony, "{}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.FinishLogin(page, ceremony, authenticator.Assert(options))).Status);
        Assert.Null(browser.SessionCookie);
    }

    [Fact]
    public async Task Two_tabs_have_a_ceremony_each()
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        var first = await browser.BeginLogin();
        var second = await browser.BeginLogin();
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.FinishLogin(first.Page, first.Ceremony, authenticator.Assert(first.Options))).Status);
        // Somebody is signed in now, so the second tab's form is out of date, and says so: passkeys.mjs asks to load it again.
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/login?handler=Options", second.Page)).Status);
        var again = await browser.BeginLogin();
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.FinishLogin(again.Page, again.Ceremony, authenticator.Assert(again.Options))).Status);
    }

    [Fact]
    public async Task The_answer_of_one_tab_does_not_serve_the_ceremony_of_another()
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        var first = await browser.BeginLogin();
        var second = await browser.BeginLogin();
        var crossed = await browser.FinishLogin(first.Page, first.Ceremony, authenticator.Assert(second.Options));
        Assert.Equal(HttpStatusCode.BadRequest, crossed.Status);
        Assert.Null(browser.SessionCookie);
    }

    private static readonly Dictionary<string, Dishonesty> Dishonest = new()
    {
        ["another origin"] = new() { Origin = "https://evil.example" },
        ["the origin of another port"] = new() { Origin = "http://localhost:1" },
        ["another relying party"] = new() { RpId = "evil.example" },
        ["no user verification"] = new() { UserVerified = false },
        ["no user presence"] = new() { UserPresent = false },
        ["the type of a registration"] = new() { Type = "webauthn.create" },
        ["a challenge of its own"] = new() { Challenge = new byte[32] },
        ["an altered signature"] = new() { TamperedSignature = true },
        ["a frame of another site"] = new() { CrossOrigin = true },
        ["no user handle"] = new() { OmitUserHandle = true },
        ["the user handle of nobody"] = new() { UserHandle = "nobody"u8.ToArray() },
        ["an unknown credential"] = new() { CredentialId = new byte[32] },
        ["a counter that went back"] = new() { SignCount = 0 },
        ["a backup flag that it did not have"] = new() { BackupEligible = true },
    };

    public static TheoryData<string> DishonestAssertions => [.. Dishonest.Keys];

    [Theory]
    [MemberData(nameof(DishonestAssertions))]
    public async Task Refuses_an_assertion_with(string what)
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        // One honest use, so that the stored counter is above zero.
        await browser.SignIn(authenticator);
        using var other = new Browser(provider);
        var (page, ceremony, options) = await other.BeginLogin();
        var lie = Dishonest[what];
        var credential = authenticator.Assert(options, lie);
        if (lie.CredentialId is { } id)
        {
            var known = System.Buffers.Text.Base64Url.EncodeToString(authenticator.Passkeys[0].CredentialId);
            credential = credential.Replace(known, System.Buffers.Text.Base64Url.EncodeToString(id), StringComparison.Ordinal);
        }

        var answer = await other.FinishLogin(page, ceremony, credential);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(Refused, answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(answer.SetCookies, cookie => cookie.Contains("-session", StringComparison.Ordinal));
        Assert.False(await other.IsSignedIn());
    }

    [Fact]
    public async Task Refuses_a_passkey_with_the_user_handle_of_another_person()
    {
        using var liis = await Enrolled(LiisCode);
        using var wei = await Enrolled(WeiCode);
        using var browser = new Browser(provider);
        var (page, ceremony, options) = await browser.BeginLogin();
        var answer = await browser.FinishLogin(
            page, ceremony, liis.Assert(options, new Dishonesty { UserHandle = wei.Passkeys[0].UserHandle }));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.False(await browser.IsSignedIn());
    }

    [Fact]
    public async Task The_counter_moves_with_each_use_and_its_regression_is_refused()
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignIn(authenticator)).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignIn(authenticator)).Status);
        Assert.Equal(2u, authenticator.Passkeys[0].SignCount);
        authenticator.Passkeys[0].SignCount = 1;
        // Asks for 2 once more, as a clone of the authenticator would.
        using var clone = new Browser(provider);
        Assert.Equal(HttpStatusCode.BadRequest, (await clone.SignIn(authenticator)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"rawId\":\"AA\",\"response\":{}}")]
    [InlineData("{\"rawId\":1,\"response\":{\"clientDataJSON\":\"AA\",\"authenticatorData\":\"AA\",\"signature\":\"AA\"}}")]
    [InlineData("{\"rawId\":\"!!\",\"response\":{\"clientDataJSON\":\"AA\",\"authenticatorData\":\"AA\",\"signature\":\"AA\"}}")]
    [InlineData("{\"rawId\":\"AA\",\"rawId\":\"AB\",\"response\":{\"clientDataJSON\":\"AA\",\"authenticatorData\":\"AA\",\"signature\":\"AA\"}}")]
    public async Task Refuses_what_is_no_answer_of_a_browser(string credential)
    {
        using var browser = new Browser(provider);
        var (page, ceremony, _) = await browser.BeginLogin();
        var answer = await browser.FinishLogin(page, ceremony, credential);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(Refused, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_an_answer_over_the_cap_and_takes_one_at_it()
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        foreach (var (over, status) in new[] { (1, HttpStatusCode.BadRequest), (0, HttpStatusCode.SeeOther) })
        {
            var (page, ceremony, options) = await browser.BeginLogin();
            var padded = authenticator.Assert(options)[..^1] + ",\"padding\":\"";
            padded += new string('x', Passkeys.PasskeyCeremonies.MaxCredentialCharacters + over - padded.Length - 2) + "\"}";
            Assert.Equal(status, (await browser.FinishLogin(page, ceremony, padded)).Status);
        }
    }

    [Theory]
    [InlineData("Options")]
    [InlineData("Cancel")]
    [InlineData("")]
    public async Task Refuses_a_post_without_the_antiforgery_token(string handler)
    {
        using var browser = new Browser(provider);
        await browser.Get("/login");
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post($"/login?handler={handler}", from: null)).Status);
    }

    [Fact]
    public async Task Says_which_agency_asks_and_lets_the_form_end_there()
    {
        var request = await provider.Remember(Waiting());
        using var browser = new Browser(provider);
        var page = await browser.Get("/login?returnUrl=" + Uri.EscapeDataString(request.ReturnUrl));
        Assert.Contains("Tax Portal asks you to sign in.", page.Text, StringComparison.Ordinal);
        Assert.Contains("form-action 'self' http://localhost:5401;", string.Join(' ', page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_back_to_the_waiting_request_after_login()
    {
        var request = await provider.Remember(Waiting());
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        var done = await browser.SignIn(authenticator, request.ReturnUrl);
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal(request.ReturnUrl, done.Location);
    }

    [Fact]
    public async Task Cancel_is_reported_to_the_waiting_request()
    {
        var request = await provider.Remember(Waiting());
        using var browser = new Browser(provider);
        var page = await browser.Get("/login?returnUrl=" + Uri.EscapeDataString(request.ReturnUrl));
        var done = await browser.Post("/login?handler=Cancel&returnUrl=" + Uri.EscapeDataString(request.ReturnUrl), page);
        Assert.Equal(request.ReturnUrl, done.Location);
        Assert.True((await provider.Progress(request.Key)).Cancelled);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/authorize?client_id=x")]
    [InlineData("/\\evil.example/authorize?")]
    [InlineData("/authorize?client_id=unknown")]
    [InlineData("/authorize")]
    [InlineData("/authorize?\r\nSet-Cookie: x=y")]
    [InlineData("javascript:alert(1)")]
    public async Task Goes_nowhere_that_authorize_has_not_remembered(string returnUrl)
    {
        using var authenticator = await Enrolled(LiisCode);
        using var browser = new Browser(provider);
        var page = await browser.Get("/login?returnUrl=" + Uri.EscapeDataString(returnUrl));
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("This request has expired", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", page.Text.Split("<main")[1], StringComparison.Ordinal);

        var (honest, ceremony, options) = await browser.BeginLogin();
        var done = await browser.FinishLogin(honest, ceremony, authenticator.Assert(options), returnUrl);
        Assert.Equal(HttpStatusCode.BadRequest, done.Status);
        Assert.Null(done.Location);
        Assert.Null(browser.SessionCookie);
    }

    private static PendingRequest Waiting()
    {
        var id = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        return new PendingRequest(
            id, $"/authorize?client_id=tax-portal&request_uri=urn%3A{id}", "tax-portal", "Tax Portal", new Uri("http://localhost:5401/signin-oidc"), ["name"], null);
    }

    private async Task<VirtualAuthenticator> Enrolled(string code, bool counts = true)
    {
        using var browser = new Browser(provider);
        var authenticator = new VirtualAuthenticator(provider.Origin) { CountsSignatures = counts };
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.Enrol(code, authenticator)).Status);
        return authenticator;
    }
}
