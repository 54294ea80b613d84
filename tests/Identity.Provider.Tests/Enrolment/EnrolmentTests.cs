using System.Net;
using Identity.TestKit;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Enrolment;

public sealed class EnrolmentTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string Liis = "PNOXX-48504210018";
    private const string LiisCode = "LIIS-7KQ4-M2XD";
    private const string AmiraCode = "AMIR-9FW5-J4VB";
    private const string Refused = "This code cannot be used.";

    [Fact]
    public async Task A_code_and_a_new_passkey_make_a_person_signed_in()
    {
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        var done = await browser.Enrol(LiisCode, authenticator);
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal("/", done.Location);
        var account = await browser.Get("/");
        Assert.Contains("Liis Tamm", account.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_says_whose_code_it_is_before_a_passkey_is_made()
    {
        using var browser = new Browser(provider);
        var page = await browser.GiveCode(AmiraCode);
        Assert.Contains("Amira Haddad", page.Text, StringComparison.Ordinal);
        Assert.Contains("28 February 1999", page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("liis-7kq4-m2xd")]
    [InlineData(" LIIS 7KQ4 M2XD ")]
    [InlineData("LIIS7KQ4M2XD")]
    [InlineData("111S-7KQ4-M2XD")]
    public async Task Accepts_a_code_however_it_is_written(string code)
    {
        using var browser = new Browser(provider);
        var page = await browser.GiveCode(code);
        Assert.Contains("Liis Tamm", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_passkey_must_be_discoverable_verify_its_user_and_use_an_allowed_algorithm()
    {
        using var browser = new Browser(provider);
        var page = await browser.GiveCode(LiisCode);
        var (_, options) = await browser.Ceremony("/enrol?handler=Options", page, ("enrolment", page.Field("enrolment")));
        var json = System.Text.Json.Nodes.JsonNode.Parse(options)!;
        Assert.Equal("required", json["authenticatorSelection"]!["residentKey"]!.GetValue<string>());
        Assert.Equal("required", json["authenticatorSelection"]!["userVerification"]!.GetValue<string>());
        Assert.Equal("localhost", json["rp"]!["id"]!.GetValue<string>());
        Assert.Equal([-7, -257], json["pubKeyCredParams"]!.AsArray().Select(item => item!["alg"]!.GetValue<int>()));
        Assert.Equal(32, System.Buffers.Text.Base64Url.DecodeFromChars(json["challenge"]!.GetValue<string>()).Length);
        Assert.DoesNotContain(Liis, options, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ordinary_code_enrols_once()
    {
        var code = await provider.IssueCode(Liis);
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.Enrol(code, authenticator)).Status);

        using var other = new Browser(provider);
        var again = await other.GiveCode(code);
        Assert.Equal(HttpStatusCode.BadRequest, again.Status);
        Assert.Contains(Refused, again.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_browsers_that_both_gave_an_ordinary_code_make_one_passkey()
    {
        var code = await provider.IssueCode("PNOXX-37911030025");
        var before = await PasskeysOf("PNOXX-37911030025");
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        var answers = new List<Func<Task<Page>>>();
        for (var i = 0; i < 4; i++)
        {
            var browser = new Browser(provider);
            var page = await browser.GiveCode(code);
            var enrolment = ("enrolment", page.Field("enrolment"));
            var (id, options) = await browser.Ceremony("/enrol?handler=Options", page, enrolment);
            var credential = authenticator.Register(options);
            answers.Add(() => browser.Post("/enrol?handler=Register", page, enrolment, ("ceremony", id), ("credential", credential)));
        }

        var done = await Task.WhenAll(answers.Select(answer => answer()));
        Assert.Single(done, page => page.Status == HttpStatusCode.SeeOther);
        Assert.Equal(before + 1, await PasskeysOf("PNOXX-37911030025"));
    }

    [Fact]
    public async Task Wrong_used_and_expired_codes_get_the_same_answer()
    {
        var expired = await provider.IssueCode(Liis, TimeSpan.FromSeconds(-1));
        using var one = new Browser(provider);
        using var two = new Browser(provider);
        var wrong = await one.GiveCode("ABCD-EFGH-JKMN");
        var late = await two.GiveCode(expired);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Equal(HttpStatusCode.BadRequest, late.Status);
        Assert.Contains(Refused, wrong.Text, StringComparison.Ordinal);
        Assert.Equal(WithoutInput(wrong.Body), WithoutInput(late.Body));
    }

    [Fact]
    public async Task A_code_longer_than_any_code_is_refused()
    {
        using var browser = new Browser(provider);
        var page = await browser.GiveCode(new string('A', EnrolmentCodes.MaxCharacters + 1));
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains(Refused, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Codes_are_stored_as_slow_hashes()
    {
        await provider.InDatabase(async database =>
        {
            var hashes = await database.EnrolmentCodes.Select(row => row.Hash).ToListAsync();
            Assert.All(hashes, hash => Assert.Equal(43, hash.Length));
            Assert.Contains(EnrolmentCodes.Hash(LiisCode), hashes);
        });
    }

    private static readonly Dictionary<string, Dishonesty> Dishonest = new()
    {
        { "another origin", new Dishonesty { Origin = "https://evil.example" } },
        { "the origin of another port", new Dishonesty { Origin = "http://localhost:1" } },
        { "another relying party", new Dishonesty { RpId = "evil.example" } },
        { "no user verification", new Dishonesty { UserVerified = false } },
        { "no user presence", new Dishonesty { UserPresent = false } },
        { "the type of an assertion", new Dishonesty { Type = "webauthn.get" } },
        { "a challenge of its own", new Dishonesty { Challenge = new byte[32] } },
        { "a frame of another site", new Dishonesty { CrossOrigin = true } },
        { "an answer over the cap", new Dishonesty { PaddingBytes = Passkeys.PasskeyCeremonies.MaxCredentialCharacters } },
    };

    public static TheoryData<string> DishonestRegistrations => [.. Dishonest.Keys];

    [Theory]
    [MemberData(nameof(DishonestRegistrations))]
    public async Task Refuses_a_registration_with(string what)
    {
        var before = await PasskeysOf(Liis);
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        var page = await browser.GiveCode(LiisCode);
        var enrolment = ("enrolment", page.Field("enrolment"));
        var (id, options) = await browser.Ceremony("/enrol?handler=Options", page, enrolment);
        var answer = await browser.Post(
            "/enrol?handler=Register", page, enrolment, ("ceremony", id), ("credential", authenticator.Register(options, Dishonest[what])));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("The passkey could not be registered.", answer.Text, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
        Assert.Equal(before, await PasskeysOf(Liis));
    }

    [Fact]
    public async Task An_answer_at_the_cap_is_still_looked_at()
    {
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        var page = await browser.GiveCode(LiisCode);
        var enrolment = ("enrolment", page.Field("enrolment"));
        var (id, options) = await browser.Ceremony("/enrol?handler=Options", page, enrolment);
        var credential = authenticator.Register(options);
        var padded = credential[..^1] + ",\"padding\":\"";
        padded += new string('x', Passkeys.PasskeyCeremonies.MaxCredentialCharacters - padded.Length - 2) + "\"}";
        Assert.Equal(Passkeys.PasskeyCeremonies.MaxCredentialCharacters, padded.Length);
        var answer = await browser.Post("/enrol?handler=Register", page, enrolment, ("ceremony", id), ("credential", padded));
        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
    }

    [Fact]
    public async Task A_registration_is_answered_once()
    {
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        var page = await browser.GiveCode(LiisCode);
        var enrolment = ("enrolment", page.Field("enrolment"));
        var (id, options) = await browser.Ceremony("/enrol?handler=Options", page, enrolment);
        var failed = await browser.Post("/enrol?handler=Register", page, enrolment, ("ceremony", id), ("credential", "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, failed.Status);
        // The failure has spent the ceremony: even the honest answer comes too late.
        var late = await browser.Post("/enrol?handler=Register", page, enrolment, ("ceremony", id), ("credential", authenticator.Register(options)));
        Assert.Equal(HttpStatusCode.BadRequest, late.Status);
    }

    [Fact]
    public async Task Refuses_the_ceremony_of_another_person()
    {
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        var amira = await browser.GiveCode(AmiraCode);
        var (id, options) = await browser.Ceremony("/enrol?handler=Options", amira, ("enrolment", amira.Field("enrolment")));
        var liis = await browser.GiveCode(LiisCode);
        var answer = await browser.Post(
            "/enrol?handler=Register", liis, ("enrolment", liis.Field("enrolment")), ("ceremony", id), ("credential", authenticator.Register(options)));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Null(browser.SessionCookie);
    }

    [Fact]
    public async Task Refuses_a_credential_id_that_another_person_has()
    {
        using var first = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        await first.Enrol(LiisCode, authenticator);
        var taken = authenticator.Passkeys[0].CredentialId;

        using var second = new Browser(provider);
        var page = await second.GiveCode(AmiraCode);
        var enrolment = ("enrolment", page.Field("enrolment"));
        var (id, options) = await second.Ceremony("/enrol?handler=Options", page, enrolment);
        var answer = await second.Post(
            "/enrol?handler=Register", page, enrolment, ("ceremony", id),
            ("credential", authenticator.Register(options, new Dishonesty { CredentialId = taken })));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Null(second.SessionCookie);
    }

    [Fact]
    public async Task Options_without_a_code_are_refused()
    {
        using var browser = new Browser(provider);
        var page = await browser.Get("/enrol");
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/enrol?handler=Options", page, ("enrolment", new string('A', 43)))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/enrol?handler=Options", page)).Status);
    }

    [Theory]
    [InlineData("Code")]
    [InlineData("Options")]
    [InlineData("Register")]
    public async Task Refuses_a_post_without_the_antiforgery_token(string handler)
    {
        using var browser = new Browser(provider);
        await browser.Get("/enrol");
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post($"/enrol?handler={handler}", from: null, ("code", LiisCode))).Status);
    }

    private async Task<int> PasskeysOf(string identifier)
    {
        var id = await provider.PersonId(identifier);
        var count = 0;
        await provider.InDatabase(async database => count = await database.Set<IdentityUserPasskey<string>>().CountAsync(row => row.UserId == id));
        return count;
    }

    // The antiforgery token, and what was typed.
    private static string WithoutInput(string body) =>
        System.Text.RegularExpressions.Regex.Replace(body, """value="[^"]*" """.TrimEnd(), "");
}
