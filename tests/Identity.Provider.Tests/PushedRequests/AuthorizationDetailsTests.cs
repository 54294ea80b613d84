using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Keys.Activation;
using Identity.TestKit;

namespace Identity.Provider.PushedRequests;

/// <summary>RFC 9396: from the pushed authorization_details over the approval page to the evidence in the token answer.</summary>
public sealed class AuthorizationDetailsTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private static readonly byte[] Deed = SHA256.HashData("deed"u8);

    [Fact]
    public async Task The_approval_comes_back_as_evidence_that_verifies_with_the_published_keys_and_only_once()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await Enrolled(authenticator);
        using var agency = new Agency(provider, "signing") { RedirectUri = $"http://localhost:{provider.Issuer.Port + 200}/approvals/callback" };
        await provider.Consent("signing");
        var address = await agency.Pushed(request => request["authorization_details"] = Details().ToJsonString());

        var toPage = await browser.Get(address);
        Assert.StartsWith("/approve?", toPage.Location, StringComparison.Ordinal);
        var page = await browser.Get(toPage.Location!);
        var credential = authenticator.Assert(page.Attribute("data-passkey-given"));
        var approved = await browser.Post(toPage.Location!, page, ("approval", page.Field("approval")), ("credential", credential));
        Assert.Equal(address, approved.Location);
        var code = SignedIn.Query((await browser.Get(address)).Location!)["code"];
        var tokens = await agency.Redeem(code);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);

        var details = Assert.Single(tokens.Json["authorization_details"]!.AsArray())!;
        Assert.Equal("credential", (string?)details["type"]);
        Assert.Equal(Convert.ToBase64String(Deed), (string?)details["documentDigests"]![0]!["hash"]);
        var evidence = (string)details["approval_evidence"]!;
        Assert.Equal("approval-evidence+jwt", (string?)Jwt.Header(evidence)["typ"]);
        Assert.Equal((string?)Jwt.Payload((string)tokens.Json["id_token"]!)["sub"], (string?)Jwt.Payload(evidence)["sub"]);
        Assert.IsType<ApprovalVerification.Verified>(await Verify(evidence));

        // The code is spent, the request is spent, and so is the approval.
        Assert.Equal("invalid_grant", (await agency.Redeem(code)).Error);
        Authorize.RedirectUriTests.Stays(await browser.Get(address));
    }

    [Fact]
    public async Task Another_person_in_the_browser_must_approve_anew()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await Enrolled(authenticator);
        using var agency = new Agency(provider, "signing");
        await provider.Consent("signing");
        await provider.Consent("signing", SignedIn.Wei);
        var address = await agency.Pushed(request => request["authorization_details"] = Details().ToJsonString());
        var page = await browser.Get((await browser.Get(address)).Location!);
        await browser.Post($"/approve?returnUrl={Uri.EscapeDataString(address)}", page, ("approval", page.Field("approval")), ("credential", authenticator.Assert(page.Attribute("data-passkey-given"))));
        await browser.SignIn(SignedIn.Wei);
        Assert.StartsWith("/approve?", (await browser.Get(address)).Location, StringComparison.Ordinal);
        // The same person in another session neither.
        await browser.SignIn();
        Assert.StartsWith("/approve?", (await browser.Get(address)).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompt_none_cannot_approve()
    {
        using var agency = new Agency(provider, "signing");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("signing");
        var answer = await browser.Authorize(agency, request => (request["authorization_details"], request["prompt"]) = (Details().ToJsonString(), "none"));
        Assert.Equal("interaction_required", answer["error"]);
    }

    public static TheoryData<string, Func<JsonArray, JsonNode>> Bad => new()
    {
        { "no list", details => details[0]!.DeepClone() },
        { "empty list", _ => new JsonArray() },
        { "two entries", details => new JsonArray(details[0]!.DeepClone(), details[0]!.DeepClone()) },
        { "unknown type", details => With(details, "type", "payment") },
        { "unknown member", details => With(details, "note", "x") },
        { "101 documents", details => WithDocuments(details, 101) },
        { "no document", details => WithDocuments(details, 0) },
        { "more signatures than documents", details => With(details, "numSignatures", 2) },
        { "hash of 31 bytes", details => WithHash(details, Convert.ToBase64String(Deed[..31])) },
        { "hash of 33 bytes", details => WithHash(details, Convert.ToBase64String([.. Deed, 0])) },
        { "hash that is no base64", details => WithHash(details, "!!!") },
        { "hash of another algorithm", details => With(details, "hashAlgorithmOID", "1.3.14.3.2.26") },
        { "label that turns text around", details => WithLabel(details, "fdp.\u202Ecod") },
        { "label with a line end", details => WithLabel(details, "a\nb") },
        { "label of 256 characters", details => WithLabel(details, new string('a', 256)) },
        { "purpose of 501 characters", details => With(details, "purpose", new string('a', 501)) },
        { "requester of 201 characters", details => With(details, "requester", new string('a', 201)) },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Refuses_bad_details_when_they_are_pushed(string row, Func<JsonArray, JsonNode> change)
    {
        Assert.NotEmpty(row);
        using var agency = new Agency(provider, "signing");
        Refused(await Push(agency, change(Details()).ToJsonString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[{\"type\":\"credential\",\"type\":\"credential\"}]")]
    [InlineData("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]")]
    public async Task Refuses_what_is_no_good_JSON(string details)
    {
        using var agency = new Agency(provider, "signing");
        Refused(await Push(agency, details));
    }

    [Theory]
    [InlineData("限")]
    [InlineData("õ")]
    [InlineData("\U00020000")]
    public async Task A_hundred_documents_under_the_longest_labels_are_pushed_shown_and_approved_at_once(string letter)
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = await Enrolled(authenticator);
        using var agency = new Agency(provider, "signing") { RedirectUri = $"http://localhost:{provider.Issuer.Port + 200}/approvals/callback" };
        await provider.Consent("signing");
        var label = string.Concat(Enumerable.Repeat(letter, 255 / letter.Length));
        var asked = With(With(WithDocuments(Details(), 100, label), "purpose", new string('约', 500)), "requester", new string('约', 200)).ToJsonString();
        var address = await agency.Pushed(request => request["authorization_details"] = asked);

        var page = await browser.Get((await browser.Get(address)).Location!);
        Assert.Equal(100, System.Text.RegularExpressions.Regex.Count(page.Text, label));
        await browser.Post($"/approve?returnUrl={Uri.EscapeDataString(address)}", page, ("approval", page.Field("approval")), ("credential", authenticator.Assert(page.Attribute("data-passkey-given"))));
        var tokens = await agency.Redeem(SignedIn.Query((await browser.Get(address)).Location!)["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        var evidence = (string)Assert.Single(tokens.Json["authorization_details"]!.AsArray())!["approval_evidence"]!;
        var verified = Assert.IsType<ApprovalVerification.Verified>(await Verify(evidence));
        Assert.Equal(
            Enumerable.Range(0, 100).Select(index => (label, System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($"{index}"))))),
            verified.Approval.Structure.Documents.Select(document => (document.Label, document.Sha256)));
    }

    [Fact]
    public async Task A_pushed_body_over_its_cap_is_refused_unread()
    {
        using var agency = new Agency(provider, "signing");
        Assert.Equal(HttpStatusCode.BadRequest, (await Push(agency, new string('a', FormBody.LargestPushedBody - (16 * 1024)))).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Push(agency, new string('a', FormBody.LargestPushedBody))).Status);
    }

    [Fact]
    public async Task A_client_that_is_not_registered_for_it_is_refused()
    {
        using var agency = new Agency(provider, "tax-portal");
        Refused(await Push(agency, Details().ToJsonString()));
    }

    private static JsonArray Details() => new(new JsonObject
    {
        ["type"] = "credential",
        ["numSignatures"] = 1,
        ["documentDigests"] = new JsonArray(new JsonObject { ["hash"] = Convert.ToBase64String(Deed), ["label"] = "deed.pdf" }),
        ["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1",
        ["requester"] = "Land Registry",
        ["purpose"] = "Transfer of a flat",
    });

    private static JsonArray With(JsonArray details, string member, JsonNode value)
    {
        details[0]![member] = value;
        return details;
    }

    private static JsonArray WithHash(JsonArray details, string hash)
    {
        details[0]!["documentDigests"]![0]!["hash"] = hash;
        return details;
    }

    private static JsonArray WithLabel(JsonArray details, string label)
    {
        details[0]!["documentDigests"]![0]!["label"] = label;
        return details;
    }

    private static JsonArray WithDocuments(JsonArray details, int count, string label = "deed.pdf")
    {
        details[0]!["documentDigests"] = new JsonArray(
            [.. Enumerable.Range(0, count).Select(index => new JsonObject { ["hash"] = Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes($"{index}"))), ["label"] = label })]);
        details[0]!["numSignatures"] = count;
        return details;
    }

    private async Task<ApprovalVerification> Verify(string evidence)
    {
        using var http = new HttpClient { BaseAddress = provider.Issuer };
        return ApprovalEvidence.Verify(evidence, await http.GetStringAsync("/.well-known/jwks", TestContext.Current.CancellationToken), new ApprovalExpectations
        {
            Issuer = provider.Issuer.AbsoluteUri,
            Audience = "signing",
            RelyingPartyId = "localhost",
            Origins = [provider.Origin],
            Now = TimeProvider.System.GetUtcNow(),
        });
    }

    private static Task<Reply> Push(Agency agency, string details)
    {
        var request = agency.Request();
        request["authorization_details"] = details;
        return agency.Push(request);
    }

    private async Task<Browser> Enrolled(VirtualAuthenticator authenticator)
    {
        var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        return browser;
    }

    private static void Refused(Reply reply) =>
        Assert.True(reply is { Status: HttpStatusCode.BadRequest, Error: "invalid_authorization_details" }, $"{reply.Status} {reply.Body}");
}
