using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Approvals;
using Identity.Provider.Dpop;
using Identity.TestKit;

namespace Identity.Provider.PushedRequests;

/// <summary>CSC API v2 8.4.2: a program of the person's own says by parameters what a credential's key is to sign.</summary>
public sealed class CredentialParametersTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string Invalid = "invalid_authorization_details";
    private const string Hashes = "hashes must be 1 to 100 SHA-256 hashes in base64url, with commas between";
    private const string Count = "numSignatures must equal the number of hashes";
    private static readonly byte[] One = SHA256.HashData("one"u8);
    private static readonly byte[] Two = SHA256.HashData("two"u8);
    private static readonly string Credential = Base64Url.EncodeToString(SHA256.HashData("certificate"u8));

    private static readonly Dictionary<string, (Action<Dictionary<string, string>> Change, string Refusal)> Bad = new()
    {
        ["nothing"] = (Clear, "The scope credential needs authorization_details, or credentialID and hashes."),
        ["values that are empty"] = (r => { foreach (var name in Names) r[name] = ""; }, "The scope credential needs authorization_details, or credentialID and hashes."),
        ["both spellings"] = (r => r["authorization_details"] = "[]", "What is to be signed is said by authorization_details or by parameters, and not by both."),
        ["no credential"] = (r => r.Remove("credentialID"), "credentialID or signatureQualifier is needed beside hashes"),
        ["a short credential"] = (r => r["credentialID"] = "x", "credentialID is not one of this service"),
        ["another qualifier"] = (r => r["signatureQualifier"] = "eu_eidas_qes", "signatureQualifier must be eu_eidas_aes"),
        // SCAL 1: a number of signatures over whatever comes later.
        ["no hashes"] = (r => r.Remove("hashes"), Hashes),
        ["an empty hash"] = (r => r["hashes"] += ",", Hashes),
        ["a hash of 31 bytes"] = (r => r["hashes"] = Base64Url.EncodeToString(One.AsSpan(0, 31)), Hashes),
        ["a hash in the other alphabet"] = (r => r["hashes"] = Convert.ToBase64String(SHA256.HashData("other"u8)).Replace('A', '+'), Hashes),
        ["a space between"] = (r => r["hashes"] = r["hashes"].Replace(",", ", ", StringComparison.Ordinal), Hashes),
        ["spare bits"] = (r => r["hashes"] = Base64Url.EncodeToString(new byte[32])[..^1] + "B", Hashes),
        ["a JSON list"] = (r => r["hashes"] = $"[\"{Base64Url.EncodeToString(One)}\"]", Hashes),
        ["101 hashes"] = (r => (r["hashes"], r["numSignatures"]) = (Many(101), "101"), Hashes),
        ["no count"] = (r => r.Remove("numSignatures"), Count),
        ["another count"] = (r => r["numSignatures"] = "3", Count),
        ["a count in words"] = (r => r["numSignatures"] = "two", Count),
        ["a count with a sign"] = (r => r["numSignatures"] = "+2", Count),
        ["no hash algorithm"] = (r => r.Remove("hashAlgorithmOID"), "hashAlgorithmOID must be SHA-256"),
        ["another hash algorithm"] = (r => r["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.2", "hashAlgorithmOID must be SHA-256"),
        ["a description with a bidi override"] = (r => r["description"] = "pay \u202E001", "description must be 1 to 500 printable characters"),
    };

    private static string[] Names => ["credentialID", "hashes", "hashAlgorithmOID", "numSignatures"];

    public static TheoryData<string> BadOnes() => [.. Bad.Keys];

    [Fact]
    public async Task The_parameters_are_approved_and_granted_as_authorization_details_would_be()
    {
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        using var browser = new Browser(provider);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        using var program = new Agency(provider, "sign") { RedirectUri = "http://127.0.0.1:7001/callback" };
        using var key = new DpopKey(provider);
        var request = Parameters(program);
        request["description"] = "Two deeds";
        var pushed = await Push(program, key, request);
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
        var address = program.AuthorizeUrl((string)pushed.Json["request_uri"]!);
        // RFC 8252 8.6: a native program gets nothing without the person.
        var toConsent = (await browser.Get(address)).Location!;
        Assert.StartsWith("/consent?", toConsent, StringComparison.Ordinal);
        await browser.Post(toConsent + "&handler=Allow", await browser.Get(toConsent));

        var toPage = (await browser.Get(address)).Location!;
        Assert.StartsWith("/approve?", toPage, StringComparison.Ordinal);
        var page = await browser.Get(toPage);
        foreach (var shown in new[] { "#1", "#2", "Two deeds", Credential })
            Assert.Contains(shown, page.Text, StringComparison.Ordinal);
        await browser.Post(toPage, page, ("approval", page.Field("approval")), ("credential", authenticator.Assert(page.Attribute("data-passkey-given"))));
        var form = program.CodeRequest(SignedIn.Query((await browser.Get(address)).Location!)["code"]);
        form["client_id"] = "sign";
        var tokens = await program.Post("/token", form, key.Proof("POST", "token"));
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        IsGranted(tokens.Json);

        // What Signing is told about the token, and signs by.
        using var signing = new Agency(provider, "signing");
        IsGranted((await Introspection.IntrospectionTests.Introspect(signing, (string)tokens.Json["access_token"]!)).Json);
    }

    [Theory]
    [MemberData(nameof(BadOnes))]
    public async Task Refuses(string what)
    {
        using var program = new Agency(provider, "sign") { RedirectUri = "http://127.0.0.1:7001/callback" };
        using var key = new DpopKey(provider);
        var request = Parameters(program);
        Bad[what].Change(request);
        var reply = await Push(program, key, request);
        Assert.Equal((HttpStatusCode.BadRequest, Invalid, Bad[what].Refusal), (reply.Status, reply.Error, (string?)reply.Json["error_description"]));
    }

    [Fact]
    public async Task A_hundred_hashes_are_taken_also_with_their_padding_and_a_qualifier_may_stand_for_the_credential()
    {
        using var program = new Agency(provider, "sign") { RedirectUri = "http://127.0.0.1:7001/callback" };
        using var key = new DpopKey(provider);
        var request = Parameters(program);
        (request["hashes"], request["numSignatures"]) = (Many(CredentialRequest.MaxSignatures).Replace(",", "=,", StringComparison.Ordinal), "100");
        Assert.Equal(HttpStatusCode.Created, (await Push(program, key, request)).Status);
        request.Remove("credentialID");
        request["signatureQualifier"] = "eu_eidas_aes";
        Assert.Equal(HttpStatusCode.Created, (await Push(program, key, request)).Status);
    }

    [Fact]
    public async Task They_are_not_taken_through_the_browser_nor_from_a_client_that_is_not_registered_for_them()
    {
        using var program = new Agency(provider, "sign") { RedirectUri = "http://127.0.0.1:7001/callback" };
        using var browser = new Browser(provider);
        await browser.SignIn();
        var direct = await browser.Get("/authorize?client_id=sign&" + string.Join('&', Parameters(program).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}")));
        Assert.False(direct.Location?.Contains("code=", StringComparison.Ordinal) ?? false, direct.Location);
        Assert.False(direct.Location?.StartsWith("/approve", StringComparison.Ordinal) ?? false, direct.Location);

        using var portal = new Agency(provider, "tax-portal");
        var refused = await portal.Push(Parameters(portal));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_scope"), (refused.Status, refused.Error));
    }

    private static void IsGranted(JsonNode told)
    {
        var details = Assert.Single(told["authorization_details"]!.AsArray())!;
        Assert.Equal(("credential", Credential, 2, "Two deeds"), ((string?)details["type"], (string?)details["credentialID"], (int)details["numSignatures"]!, (string?)details["description"]));
        Assert.Equal([(Convert.ToBase64String(One), "#1"), (Convert.ToBase64String(Two), "#2")], details["documentDigests"]!.AsArray().Select(digest => ((string)digest!["hash"]!, (string)digest["label"]!)));
        Assert.NotNull(details["approval_evidence"]);
    }

    private static Dictionary<string, string> Parameters(Agency program)
    {
        var request = program.Request("openid credential");
        request["credentialID"] = Credential;
        request["numSignatures"] = "2";
        request["hashes"] = $"{Base64Url.EncodeToString(One)},{Base64Url.EncodeToString(Two)}";
        request["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.1";
        return request;
    }

    private static void Clear(Dictionary<string, string> request)
    {
        foreach (var name in Names)
            request.Remove(name);
    }

    private static string Many(int count) => string.Join(',', Enumerable.Range(0, count).Select(index => Base64Url.EncodeToString(SHA256.HashData(BitConverter.GetBytes(index)))));

    private static Task<Reply> Push(Agency program, DpopKey key, Dictionary<string, string> request) =>
        program.Post("/par", new Dictionary<string, string>(request) { ["client_id"] = program.ClientId }, key.Proof("POST", "par"));
}
