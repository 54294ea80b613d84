using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Keys.Activation;
using Identity.Provider.Login;
using Identity.TestKit;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Identity.Provider.Approvals;

public sealed class ApproveTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string LiisCode = "LIIS-7KQ4-M2XD";
    private const string WeiCode = "WEIC-3RT8-P6HN";
    private const string NotPending = "this approval has expired, was used before, or belongs to another sign-in";
    private const string NotVerified = "the passkey's answer could not be accepted";
    private static readonly byte[] Deed = SHA256.HashData("deed"u8);

    [Fact]
    public async Task Shows_who_signs_what_for_whom_what_for_and_until_when()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var page = await browser.Get(Address(await provider.Remember(Waiting())));
        Assert.Equal(HttpStatusCode.OK, page.Status);
        var hex = Convert.ToHexStringLower(Deed);
        foreach (var shown in (string[])
            ["Liis Tamm", "PNOXX-48504210018", "deed.pdf", "Land Registry", "Transfer of a flat", "Signing", "10 minutes from now (", string.Concat(hex.Chunk(4).Select(c => $"<span>{new string(c)}</span>"))])
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        // Said honestly: the authenticator shows nothing of this.
        Assert.Contains("it cannot show you the document", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_challenge_is_the_hash_of_the_canonical_structure_and_the_evidence_verifies()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        var options = page.Attribute("data-passkey-given");
        var done = await browser.Post(Address(request), page, ("approval", page.Field("approval")), ("credential", authenticator.Assert(options)));
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal(request.ReturnUrl, done.Location);

        var finished = (await Store().Find(request.Key))!;
        Assert.True(ApprovalStructure.TryParse(finished.Structure, out var structure));
        Assert.Equal(page.Field("approval"), structure!.Approval);
        Assert.Equal("PNOXX-48504210018", structure.Person);
        Assert.Equal("signing", structure.Client);
        Assert.Equal("Land Registry", structure.Requester);
        Assert.Equal("Transfer of a flat", structure.Purpose);
        Assert.Equal([new ApprovedDocument("deed.pdf", Base64Url(Deed))], structure.Documents);
        using var clientData = JsonDocument.Parse(finished.ClientDataJson);
        Assert.Equal(Base64Url(SHA256.HashData(finished.Structure)), clientData.RootElement.GetProperty("challenge").GetString());
        Assert.Equal("webauthn.get", clientData.RootElement.GetProperty("type").GetString());
        // The signature of the evidence, with the key as the authenticator knows it and as it was registered.
        var passkey = authenticator.Passkeys.Single();
        Assert.Equal(passkey.CredentialId, finished.CredentialId);
        Assert.Equal(passkey.CoseKey(), finished.PublicKey);
        byte[] signed = [.. finished.AuthenticatorData, .. SHA256.HashData(finished.ClientDataJson)];
        Assert.True(passkey.Key.VerifyData(signed, finished.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    [Fact]
    public async Task Only_passkeys_of_this_person_are_allowed()
    {
        using var liis = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, liis);
        var page = await browser.Get(Address(await provider.Remember(Waiting())));
        var allowed = System.Text.Json.Nodes.JsonNode.Parse(page.Attribute("data-passkey-given"))!["allowCredentials"]!.AsArray()
            .Select(item => item!["id"]!.GetValue<string>()).ToList();
        Assert.Contains(Base64Url(liis.Passkeys[0].CredentialId), allowed);
        Assert.NotEmpty(allowed);
    }

    [Fact]
    public async Task A_used_approval_is_refused_and_the_first_evidence_stays()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin) { CountsSignatures = false };
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        var approval = page.Field("approval");
        var credential = authenticator.Assert(page.Attribute("data-passkey-given"));
        Assert.Equal(HttpStatusCode.SeeOther, (await Approve(browser, request, page, approval, credential)).Status);
        var kept = await Store().Find(request.Key);
        AssertRefused(await Approve(browser, request, page, approval, credential), NotPending);
        Assert.Equal(kept!.Signature, (await Store().Find(request.Key))!.Signature);
    }

    [Fact]
    public async Task Of_parallel_posts_of_one_assertion_one_makes_evidence()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin) { CountsSignatures = false };
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        var approval = page.Field("approval");
        var credential = authenticator.Assert(page.Attribute("data-passkey-given"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Approve(browser, request, page, approval, credential)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.SeeOther);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.SeeOther), answer => AssertRefused(answer, NotPending));
        Assert.NotNull(await Store().Take(request.Key));
        Assert.Null(await Store().Take(request.Key));
    }

    [Fact]
    public async Task Two_pages_of_one_request_give_one_evidence()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var first = await browser.Get(Address(request));
        var second = await browser.Get(Address(request));
        Assert.NotEqual(first.Field("approval"), second.Field("approval"));
        Assert.Equal(HttpStatusCode.SeeOther,
            (await Approve(browser, request, first, first.Field("approval"), authenticator.Assert(first.Attribute("data-passkey-given")))).Status);
        var late = await Approve(browser, request, second, second.Field("approval"), authenticator.Assert(second.Attribute("data-passkey-given")));
        AssertRefused(late, NotPending);
        Assert.True(ApprovalStructure.TryParse((await Store().Find(request.Key))!.Structure, out var structure));
        Assert.Equal(first.Field("approval"), structure!.Approval);
    }

    [Fact]
    public async Task The_assertion_of_one_page_does_not_serve_another()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var one = await provider.Remember(Waiting());
        var two = await provider.Remember(Waiting("contract.pdf", SHA256.HashData("contract"u8)));
        var first = await browser.Get(Address(one));
        var second = await browser.Get(Address(two));
        var answer = await Approve(browser, two, second, second.Field("approval"), authenticator.Assert(first.Attribute("data-passkey-given")));
        AssertRefused(answer, NotVerified);
        Assert.Null(await Store().Find(two.Key));
    }

    [Fact]
    public async Task An_approval_does_not_serve_the_request_for_another_document()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var one = await provider.Remember(Waiting());
        var two = await provider.Remember(Waiting("contract.pdf", SHA256.HashData("contract"u8)));
        var page = await browser.Get(Address(one));
        var answer = await Approve(browser, two, page, page.Field("approval"), authenticator.Assert(page.Attribute("data-passkey-given")));
        AssertRefused(answer, NotPending);
        Assert.Null(await Store().Find(one.Key));
        Assert.Null(await Store().Find(two.Key));
    }

    [Fact]
    public async Task Another_session_of_the_same_person_is_refused()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        using var elsewhere = new Browser(provider);
        await elsewhere.SignIn(authenticator);
        var fresh = await elsewhere.Get("/");
        var answer = await Approve(elsewhere, request, fresh, page.Field("approval"), authenticator.Assert(page.Attribute("data-passkey-given")));
        AssertRefused(answer, NotPending);
        Assert.Null(await Store().Find(request.Key));
    }

    [Fact]
    public async Task Another_person_cannot_finish_it()
    {
        using var liis = new VirtualAuthenticator(provider.Origin);
        using var wei = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, liis);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        using var other = await SignedIn(WeiCode, wei);
        var answer = await Approve(other, request, await other.Get("/"), page.Field("approval"), liis.Assert(page.Attribute("data-passkey-given")));
        AssertRefused(answer, NotPending);
        Assert.Null(await Store().Find(request.Key));
    }

    [Fact]
    public async Task The_passkey_of_another_person_is_refused()
    {
        using var liis = new VirtualAuthenticator(provider.Origin);
        using var wei = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, liis);
        using var _ = await SignedIn(WeiCode, wei);
        var request = await provider.Remember(Waiting());
        foreach (var lie in new[] { new Dishonesty(), new Dishonesty { UserHandle = liis.Passkeys[0].UserHandle }, new Dishonesty { OmitUserHandle = true } })
        {
            var page = await browser.Get(Address(request));
            var credential = wei.Assert(page.Attribute("data-passkey-given"), lie, with: wei.Passkeys[0]);
            AssertRefused(await Approve(browser, request, page, page.Field("approval"), credential), NotVerified);
            Assert.Null(await Store().Find(request.Key));
        }
    }

    // WebAuthn 7.2 (6): the person is known already, so the authenticator may leave the user handle out.
    [Fact]
    public async Task An_assertion_without_user_handle_is_enough_here()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        var credential = authenticator.Assert(page.Attribute("data-passkey-given"), new Dishonesty { OmitUserHandle = true });
        Assert.Equal(HttpStatusCode.SeeOther, (await Approve(browser, request, page, page.Field("approval"), credential)).Status);
    }

    private static readonly Dictionary<string, Dishonesty> Dishonest = new()
    {
        ["another origin"] = new() { Origin = "https://evil.example" },
        ["another relying party"] = new() { RpId = "evil.example" },
        ["no user verification"] = new() { UserVerified = false },
        ["no user presence"] = new() { UserPresent = false },
        ["the type of a registration"] = new() { Type = "webauthn.create" },
        ["the hash of the document alone as challenge"] = new() { Challenge = Deed },
        ["an altered signature"] = new() { TamperedSignature = true },
        ["a frame of another site"] = new() { CrossOrigin = true },
    };

    public static TheoryData<string> DishonestApprovals => [.. Dishonest.Keys];

    [Theory]
    [MemberData(nameof(DishonestApprovals))]
    public async Task Refuses_and_spends_an_approval_with(string what)
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        var options = page.Attribute("data-passkey-given");
        var answer = await Approve(browser, request, page, page.Field("approval"), authenticator.Assert(options, Dishonest[what]));
        AssertRefused(answer, NotVerified);
        Assert.Null(await Store().Find(request.Key));
        // Spent: the honest answer to the same page comes too late.
        AssertRefused(await Approve(browser, request, page, page.Field("approval"), authenticator.Assert(options)), NotPending);
        Assert.Null(await Store().Find(request.Key));
    }

    [Fact]
    public async Task An_expired_approval_is_refused()
    {
        await using var own = await RunningProvider.With();
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(LiisCode, authenticator);
        var request = await own.Remember(Waiting());
        var page = await browser.Get(Address(request));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(own.Redis.Endpoint);
        var key = redis.GetServers()[0].Keys(pattern: "provider:approval:pending:*").Single();
        Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromSeconds(240), ApprovalCeremonies.PagePatience);
        await redis.GetDatabase().KeyExpireAsync(key, TimeSpan.FromMilliseconds(1));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        var answer = await Approve(browser, request, page, page.Field("approval"), authenticator.Assert(page.Attribute("data-passkey-given")));
        AssertRefused(answer, NotPending);
    }

    [Fact]
    public async Task Without_Redis_nothing_is_approved()
    {
        await using var own = await RunningProvider.With();
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(LiisCode, authenticator);
        var request = await own.Remember(Waiting());
        var page = await browser.Get(Address(request));
        own.Redis.Stop();
        var answer = await Approve(browser, request, page, page.Field("approval"), authenticator.Assert(page.Attribute("data-passkey-given")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.DoesNotContain("approval-decision", await File.ReadAllTextAsync(own.AuditFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Cancel")]
    public async Task Refuses_a_post_without_the_antiforgery_token(string handler)
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var page = await browser.Get(Address(request));
        var answer = await browser.Post(Address(request) + "&handler=" + handler, from: null,
            ("approval", page.Field("approval")), ("credential", authenticator.Assert(page.Attribute("data-passkey-given"))));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Null(await Store().Find(request.Key));
        Assert.False((await provider.Progress(request.Key)).Cancelled);
    }

    [Fact]
    public async Task Cancel_approves_nothing_and_is_reported()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting());
        var done = await browser.Post(Address(request) + "&handler=Cancel", await browser.Get(Address(request)));
        Assert.Equal(request.ReturnUrl, done.Location);
        Assert.True((await provider.Progress(request.Key)).Cancelled);
    }

    [Fact]
    public async Task Who_is_not_signed_in_sees_nothing_of_the_document()
    {
        var request = await provider.Remember(Waiting());
        using var browser = new Browser(provider);
        var answer = await browser.Get(Address(request));
        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.StartsWith("/login?returnUrl=", answer.Location, StringComparison.Ordinal);
        Assert.DoesNotContain("deed", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_asks_for_no_approval_has_no_approval_page()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await SignedIn(LiisCode, authenticator);
        var request = await provider.Remember(Waiting() with { Approval = null });
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Get(Address(request))).Status);
    }

    [Fact]
    public async Task The_audit_log_has_the_approval_before_and_after_and_no_name()
    {
        await using var own = await RunningProvider.With();
        using var authenticator = new VirtualAuthenticator(own.Origin);
        using var browser = new Browser(own);
        await browser.Enrol(LiisCode, authenticator);
        var request = await own.Remember(Waiting());
        var page = await browser.Get(Address(request));
        await Approve(browser, request, page, page.Field("approval"), authenticator.Assert(page.Attribute("data-passkey-given")));
        await own.Stop();
        // Without its hashes: hexadecimal digits spell a few of the words below by chance.
        var log = System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(own.AuditFile, TestContext.Current.CancellationToken), "[0-9a-f]{64}", "");
        foreach (var name in (string[])["provider.person-enrolment", "provider.passkey-registration", "provider.sign-in", "provider.approval-decision"])
            Assert.Equal(2, log.Split('\n').Count(line => line.Contains($"\"{name}\"", StringComparison.Ordinal)));
        foreach (var secret in (string[])["Liis", "Tamm", "48504210018", "1985-04-21", "deed", "Transfer", LiisCode])
            Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase);
    }

    private static PendingRequest Waiting(string label = "deed.pdf", byte[]? hash = null)
    {
        var id = Base64Url(RandomNumberGenerator.GetBytes(16));
        var asked = new ApprovalRequest([new ApprovalDocument(label, hash ?? Deed)], "Land Registry", "Transfer of a flat");
        return new PendingRequest(
            id, $"/authorize?client_id=signing&request_uri=urn%3A{id}", "signing", "Signing", new Uri("http://localhost:5200/approvals/callback"), ["name"], asked);
    }

    private async Task<Browser> SignedIn(string code, VirtualAuthenticator authenticator)
    {
        var browser = new Browser(provider);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.Enrol(code, authenticator)).Status);
        return browser;
    }

    private ApprovalStore Store() => provider.Services.GetRequiredService<ApprovalStore>();

    private static string Address(PendingRequest request) => "/approve?returnUrl=" + Uri.EscapeDataString(request.ReturnUrl);

    private static Task<Page> Approve(Browser browser, PendingRequest request, Page from, string approval, string credential) =>
        browser.Post(Address(request), from, ("approval", approval), ("credential", credential));

    private static void AssertRefused(Page answer, string text)
    {
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(text, answer.Text, StringComparison.Ordinal);
    }

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
