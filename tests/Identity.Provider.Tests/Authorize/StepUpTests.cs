using System.Net;
using System.Text.Json.Nodes;
using Identity.Provider.Sessions;
using Identity.TestKit;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Authorize;

/// <summary>eIDAS levels end to end: what a passkey makes of a session, and how an agency gets the level that it needs.</summary>
public sealed class StepUpTests(StepUpTests.TrustsOneMaker trusts) : IClassFixture<StepUpTests.TrustsOneMaker>
{
    private static readonly Guid Model = new("0a1b2c3d-4e5f-4a6b-8c7d-9e8f7a6b5c4d");

    private readonly RunningProvider provider = trusts.Provider;
    private readonly AttestationMaker maker = trusts.Maker;

    /// <summary>A Provider with the root of one maker of authenticators.</summary>
    public sealed class TrustsOneMaker : IAsyncLifetime
    {
        private readonly string roots = Directory.CreateTempSubdirectory("identity-roots-").FullName;

        public AttestationMaker Maker { get; } = new();

        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Maker.WriteRoot(roots);
            Provider = await RunningProvider.With($"--Provider:AttestationRoots={roots}");
        }

        public async ValueTask DisposeAsync()
        {
            await Provider.DisposeAsync();
            Maker.Dispose();
            Directory.Delete(roots, recursive: true);
        }
    }

    [Fact]
    public async Task A_device_that_a_trusted_maker_vouches_for_makes_high()
    {
        using var key = Strong();
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), key);
        await IsSaid(browser, AssuranceLevel.High, "hwk", Demand(AssuranceLevel.High));
        // The same at the next sign-in, from what is stored.
        using var later = new Browser(provider);
        await later.SignIn(key);
        await IsSaid(later, AssuranceLevel.High, "hwk");
        // Who is high is substantial too, and a demand is answered with the value that it names.
        await IsSaid(later, AssuranceLevel.Substantial, "hwk", Demand(AssuranceLevel.Low, AssuranceLevel.Substantial));
        Assert.Contains(
            await provider.AuditRecords(),
            record => record.Contains("provider.passkey-attestation", StringComparison.Ordinal) && record.Contains($"\"{Model}\"", StringComparison.Ordinal)
                && record.Contains(AssuranceLevel.High, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_synced_passkey_makes_substantial_whoever_vouches_for_it()
    {
        using var key = Strong(backupEligible: true);
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), key);
        await IsSaid(browser, AssuranceLevel.Substantial, "swk");
    }

    [Fact]
    public async Task A_passkey_that_nobody_vouches_for_makes_substantial_and_claims_no_kind_of_key()
    {
        using var key = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), key);
        await IsSaid(browser, AssuranceLevel.Substantial, null);
    }

    [Fact]
    public async Task A_statement_that_does_not_verify_registers_nothing()
    {
        using var key = new VirtualAuthenticator(provider.Origin) { Attestation = maker.Packed(new() { TamperedSignature = true }), Aaguid = Model };
        using var browser = new Browser(provider);
        var page = await browser.Enrol(await Code(), key);
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("The passkey could not be registered", page.Text, StringComparison.Ordinal);
        await provider.InDatabase(async database => Assert.False(await database.UserPasskeys.AnyAsync(passkey => passkey.CredentialId == key.Passkeys[0].CredentialId)));
    }

    [Fact]
    public async Task Bytes_after_the_attestation_object_register_nothing()
    {
        using var key = Strong();
        using var browser = new Browser(provider);
        var page = await browser.GiveCode(await Code());
        var enrolment = ("enrolment", page.Field("enrolment"));
        var (id, options) = await browser.Ceremony("/enrol?handler=Options", page, enrolment);
        Assert.Equal("direct", (string)JsonNode.Parse(options)!["attestation"]!);
        var answer = await browser.Post(
            "/enrol?handler=Register", page, enrolment, ("ceremony", id), ("credential", key.Register(options, new Dishonesty { TrailingAttestation = [0] })));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_passkey_that_changes_its_word_on_backups_signs_nobody_in(bool atRegistration, bool atUse)
    {
        using var key = Strong(atRegistration);
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), key);
        using var other = new Browser(provider);
        var (page, ceremony, options) = await other.BeginLogin();
        var answer = await other.FinishLogin(page, ceremony, key.Assert(options, new Dishonesty { BackupEligible = atUse }));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.False(await other.IsSignedIn());
    }

    [Fact]
    public async Task The_same_session_is_raised_and_keeps_its_name()
    {
        var person = await NewPerson();
        using var phone = new VirtualAuthenticator(provider.Origin) { BackupEligible = true };
        using var key = Strong();
        using var elsewhere = new Browser(provider);
        await elsewhere.Enrol(await provider.IssueCode(person), key);
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(person), phone);
        var before = await IsSaid(browser, AssuranceLevel.Substantial, "swk");
        var cookie = browser.SessionCookie!.Value;
        using var copy = browser.Copy();

        using var agency = new Agency(provider, "tax-portal");
        var address = await agency.Pushed(Demand(AssuranceLevel.High));
        var login = await browser.Get(address);
        Assert.Equal($"/login?returnUrl={Uri.EscapeDataString(address)}", login.Location);
        Assert.Contains("Tax Portal asks for a stronger sign-in: use your security key", (await browser.Get(login.Location!)).Text, StringComparison.Ordinal);
        Assert.Equal(address, (await browser.SignIn(key, address)).Location);
        var after = await Redeem(agency, (await browser.Get(address)).Location!);

        Assert.Equal(AssuranceLevel.High, (string)after["acr"]!);
        Assert.Contains("hwk", after["amr"]!.AsArray().Select(method => (string)method!));
        Assert.Equal((string)before["sid"]!, (string)after["sid"]!);
        Assert.Equal((string)before["sub"]!, (string)after["sub"]!);
        Assert.True((long)after["auth_time"]! >= (long)before["auth_time"]!);
        Assert.NotEqual(cookie, browser.SessionCookie!.Value);
        // What was known before it was raised opens nothing.
        Assert.False(await copy.IsSignedIn());
    }

    [Fact]
    public async Task A_passkey_that_a_weaker_one_has_let_in_is_no_stronger()
    {
        using var phone = new VirtualAuthenticator(provider.Origin) { BackupEligible = true };
        using var key = Strong();
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), phone);
        await Add(browser, key);
        using var other = new Browser(provider);
        await other.SignIn(key);
        await IsSaid(other, AssuranceLevel.Substantial, "hwk");
        // Let in by one of level high, it is as good as its device.
        using var strong = Strong();
        using var second = Strong();
        using var stronger = new Browser(provider);
        await stronger.Enrol(await Code(), strong);
        await Add(stronger, second);
        using var third = new Browser(provider);
        await third.SignIn(second);
        await IsSaid(third, AssuranceLevel.High, "hwk");
    }

    [Fact]
    public async Task Another_person_at_the_step_up_gets_a_session_of_their_own()
    {
        using var phone = new VirtualAuthenticator(provider.Origin) { BackupEligible = true };
        using var key = Strong();
        using var elsewhere = new Browser(provider);
        await elsewhere.Enrol(await Code(), key);
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), phone);
        var before = await IsSaid(browser, AssuranceLevel.Substantial, "swk");
        using var agency = new Agency(provider, "tax-portal");
        var address = await agency.Pushed(Demand(AssuranceLevel.High));
        await browser.Get(address);
        await browser.SignIn(key, address);
        var after = await Redeem(agency, (await browser.Get(address)).Location!);
        Assert.NotEqual((string)before["sid"]!, (string)after["sid"]!);
        Assert.NotEqual((string)before["sub"]!, (string)after["sub"]!);
    }

    [Fact]
    public async Task Who_has_no_such_passkey_is_told_so_and_goes_back()
    {
        using var phone = new VirtualAuthenticator(provider.Origin) { BackupEligible = true };
        using var browser = new Browser(provider);
        await browser.Enrol(await Code(), phone);
        using var agency = new Agency(provider, "tax-portal");
        var address = await agency.Pushed(Demand(AssuranceLevel.High));
        await browser.Get(address);
        // The weaker passkey once more changes nothing.
        await browser.SignIn(phone, address);
        var again = await browser.Get(address);
        Assert.StartsWith("/login?", again.Location, StringComparison.Ordinal);
        var page = await browser.Get(again.Location!);
        Assert.Contains("none of your passkeys is strong enough", page.Text, StringComparison.Ordinal);
        await browser.Post(again.Location + "&handler=Cancel", page);
        var answer = SignedIn.Query((await browser.Get(address)).Location!);
        Assert.Equal("unmet_authentication_requirements", answer["error"]);
        Assert.Equal(agency.State, answer["state"]);
    }

    [Theory]
    [InlineData("none", "login_required")]
    [InlineData(null, "unmet_authentication_requirements")]
    public async Task A_demand_that_cannot_be_met_now_is_answered_with_an_error(string? prompt, string error)
    {
        using var browser = new Browser(provider);
        await browser.SignIn(await NewPerson());
        using var agency = new Agency(provider, "tax-portal");
        var answer = await browser.Authorize(agency, request =>
        {
            Demand(prompt is null ? "urn:example:gold" : AssuranceLevel.High)(request);
            if (prompt is not null)
                request["prompt"] = prompt;
        });
        Assert.Equal(error, answer["error"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task A_wish_is_asked_of_who_can_and_answered_truly_to_who_cannot()
    {
        var person = await NewPerson();
        using var phone = new VirtualAuthenticator(provider.Origin) { BackupEligible = true };
        using var key = Strong();
        using var browser = new Browser(provider);
        await browser.Enrol(await provider.IssueCode(person), phone);
        await IsSaid(browser, AssuranceLevel.Substantial, "swk", request => request["acr_values"] = AssuranceLevel.High);

        using var elsewhere = new Browser(provider);
        await elsewhere.Enrol(await provider.IssueCode(person), key);
        using var agency = new Agency(provider, "tax-portal");
        var address = await agency.Pushed(request => request["acr_values"] = $"{AssuranceLevel.High} urn:example:gold");
        Assert.StartsWith("/login?", (await browser.Get(address)).Location, StringComparison.Ordinal);
        // Signed in again with the other passkey: a wish is not repeated.
        await Task.Delay(1100, TestContext.Current.CancellationToken);
        await browser.SignIn(phone, address);
        Assert.Equal(AssuranceLevel.Substantial, (string)(await Redeem(agency, (await browser.Get(address)).Location!))["acr"]!);
        // Any of the values meets it, and silence is kept.
        await IsSaid(browser, AssuranceLevel.Substantial, "swk", request => request["acr_values"] = $"{AssuranceLevel.High} {AssuranceLevel.Substantial}");
        await IsSaid(browser, AssuranceLevel.Substantial, "swk", request => (request["acr_values"], request["prompt"]) = (AssuranceLevel.High, "none"));
    }

    [Fact]
    public async Task Discovery_names_high_where_a_maker_is_trusted()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        var document = (await agency.Send(request)).Json;
        Assert.Equal([AssuranceLevel.Substantial, AssuranceLevel.High], document["acr_values_supported"]!.AsArray().Select(level => (string)level!));
    }

    private static async Task Add(Browser browser, VirtualAuthenticator key)
    {
        var page = await browser.Get("/passkeys");
        var (id, options) = await browser.Ceremony("/passkeys?handler=Options", page);
        Assert.Equal("/passkeys", (await browser.Post("/passkeys?handler=Register", page, ("ceremony", id), ("credential", key.Register(options)))).Location);
    }

    private async Task<string> NewPerson()
    {
        var person = await provider.NewPerson();
        await provider.Consent("tax-portal", person);
        return person;
    }

    private async Task<string> Code() => await provider.IssueCode(await NewPerson());

    private VirtualAuthenticator Strong(bool backupEligible = false) =>
        new(provider.Origin) { Attestation = maker.Packed(), Aaguid = Model, BackupEligible = backupEligible };

    private static Action<Dictionary<string, string>> Demand(params string[] levels) => request => request["claims"] = new JsonObject
    {
        ["id_token"] = new JsonObject
        {
            ["acr"] = new JsonObject { ["essential"] = true, ["values"] = new JsonArray([.. levels.Select(level => JsonValue.Create(level))]) },
        },
    }.ToJsonString();

    private async Task<JsonObject> IsSaid(Browser browser, string level, string? method, Action<Dictionary<string, string>>? change = null)
    {
        using var agency = new Agency(provider, "tax-portal");
        var page = await browser.Get(await agency.Pushed(change));
        var claims = await Redeem(agency, page.Location!);
        Assert.Equal(level, (string)claims["acr"]!);
        Assert.Equal(["pop", "user", "mfa", .. method is null ? Array.Empty<string>() : [method]], claims["amr"]!.AsArray().Select(value => (string)value!));
        return claims;
    }

    private static async Task<JsonObject> Redeem(Agency agency, string location)
    {
        Assert.Contains("code=", location, StringComparison.Ordinal);
        return Jwt.Payload((string)(await agency.Redeem(SignedIn.Query(location)["code"])).Json["id_token"]!);
    }
}
