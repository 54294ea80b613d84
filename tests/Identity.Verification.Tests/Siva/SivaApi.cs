using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.TestKit;
using Identity.Verification.Siva;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Siva;

/// <summary>`POST /validate` as a client of SiVa 3 meets it.</summary>
public sealed class SivaApi(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>
{
    private async Task<(HttpStatusCode Status, JsonElement Body)> Post(object request)
    {
        using var response = await server.Client.PostAsJsonAsync(new Uri("/validate", UriKind.Relative), request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Answers_the_conclusion_that_SiVa_answers()
    {
        var (status, body) = await Post(new { document = Convert.ToBase64String(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"))), filename = "deed.pdf", signaturePolicy = "POLv4" });
        Assert.Equal(HttpStatusCode.OK, status);
        var conclusion = body.GetProperty("validationReport").GetProperty("validationConclusion");
        Assert.Equal(("POLv4", 1, 0), (conclusion.GetProperty("policy").GetProperty("policyName").GetString(), conclusion.GetProperty("signaturesCount").GetInt32(), conclusion.GetProperty("validSignaturesCount").GetInt32()));
        Assert.Equal(("deed.pdf", "SHA256"), (conclusion.GetProperty("validatedDocument").GetProperty("filename").GetString(), conclusion.GetProperty("validatedDocument").GetProperty("hashAlgo").GetString()));
        var signature = conclusion.GetProperty("signatures")[0];
        Assert.Equal(("PAdES_BASELINE_T", "liis,Person,PNOXX-liis", "INDETERMINATE", "TRY_LATER", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
            (signature.GetProperty("signatureFormat").GetString(), signature.GetProperty("signedBy").GetString(), signature.GetProperty("indication").GetString(),
             signature.GetProperty("subIndication").GetString(), signature.GetProperty("signatureMethod").GetString()));
        Assert.Equal("Person liis", signature.GetProperty("subjectDistinguishedName").GetProperty("commonName").GetString());
        Assert.Equal("SIGNING", signature.GetProperty("certificates")[0].GetProperty("type").GetString());
        Assert.Equal("issuing CA", signature.GetProperty("certificates")[0].GetProperty("issuer").GetProperty("commonName").GetString());
        Assert.Equal("FULL", signature.GetProperty("signatureScopes")[0].GetProperty("scope").GetString());
    }

    [Fact]
    public async Task Time_stamps_are_worded_and_certified_as_SiVa_does()
    {
        var file = await File.ReadAllBytesAsync(Repository.Shared("corpus/pdf/pyhanko-gen/test_pades_lta_sign_twice.pdf"), TestContext.Current.CancellationToken);
        var report = await Validating.Report(file, TrustAnchors.FromDirectories([Repository.Shared("corpus/trust")]));
        using var answer = JsonDocument.Parse(JsonSerializer.Serialize(SivaMapping.Answer(report, SivaPolicyName.POLv4, SivaReportType.Simple), JsonSerializerOptions.Web));
        var conclusion = answer.RootElement.GetProperty("validationReport").GetProperty("validationConclusion");
        var token = conclusion.GetProperty("timeStampTokens")[0];
        Assert.Equal("TOTAL-PASSED", token.GetProperty("indication").GetString());
        Assert.Equal(("ARCHIVE_TIMESTAMP", "PARTIAL"), (token.GetProperty("certificates")[0].GetProperty("type").GetString(), token.GetProperty("timestampScopes")[0].GetProperty("scope").GetString()));
        var signature = conclusion.GetProperty("signatures")[0];
        Assert.Equal(["SIGNING", "SIGNATURE_TIMESTAMP", "ARCHIVE_TIMESTAMP"], signature.GetProperty("certificates").EnumerateArray().Select(one => one.GetProperty("type").GetString()).Distinct());
        Assert.NotEmpty(signature.GetProperty("info").GetProperty("archiveTimeStamps")[0].GetProperty("content").GetBytesFromBase64());
    }

    [Fact]
    public async Task What_is_covered_has_its_signed_digest()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var (_, body) = await Post(new { document = Convert.ToBase64String(signed), filename = "deed.pdf" });
        var scope = body.GetProperty("validationReport").GetProperty("validationConclusion").GetProperty("signatures")[0].GetProperty("signatureScopes")[0];
        var start = HandMadePdf.Find(signed, "/Contents<") + "/Contents".Length;
        var end = Encoding.Latin1.GetString(signed).IndexOf('>', start) + 1;
        Assert.Equal(("SHA256", Convert.ToBase64String(SHA256.HashData([.. signed[..start], .. signed[end..]]))),
            (scope.GetProperty("hashAlgo").GetString(), scope.GetProperty("hash").GetString()));
    }

    [Fact]
    public async Task A_document_without_signatures_has_none()
    {
        var (status, body) = await Post(new { document = Convert.ToBase64String(HandMadePdf.Plain()), filename = "plain.pdf" });
        Assert.Equal((HttpStatusCode.OK, 0), (status, body.GetProperty("validationReport").GetProperty("validationConclusion").GetProperty("signaturesCount").GetInt32()));
    }

    [Fact]
    public async Task An_encrypted_document_is_validated_when_it_opens_by_itself_and_refused_in_SiVas_words_otherwise()
    {
        var (status, body) = await Post(new { document = Convert.ToBase64String(EncryptedPdf.By("256", "")), filename = "open.pdf" });
        Assert.Equal((HttpStatusCode.OK, 0), (status, body.GetProperty("validationReport").GetProperty("validationConclusion").GetProperty("signaturesCount").GetInt32()));
        (status, body) = await Post(new { document = Convert.ToBase64String(EncryptedPdf.By("256", "secret")), filename = "closed.pdf" });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        var error = Assert.Single(body.GetProperty("requestErrors").EnumerateArray());
        Assert.Equal(("document", "Document malformed or not matching documentType: the document is encrypted and opens with a password"),
            (error.GetProperty("key").GetString(), error.GetProperty("message").GetString()));
    }

    public static TheoryData<string, string, string, string?, string?> Refusals() => new()
    {
        { "document", "", "a.pdf", null, null },
        { "document", "!!not base64!!", "a.pdf", null, null },
        { "document", "Z2FyYmFnZQ==", "a.pdf", null, null },
        { "filename", "Z2FyYmFnZQ==", "", null, null },
        { "filename", "Z2FyYmFnZQ==", "../a.pdf", null, null },
        { "filename", "Z2FyYmFnZQ==", new string('a', 256), null, null },
        { "signaturePolicy", "Z2FyYmFnZQ==", "a.pdf", "POLv1", null },
        { "reportType", "Z2FyYmFnZQ==", "a.pdf", null, "Everything" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_wrong_request_is_400_with_the_key_that_is_wrong(string key, string document, string filename, string? policy, string? type)
    {
        var (status, body) = await Post(new { document, filename, signaturePolicy = policy, reportType = type });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(body.GetProperty("requestErrors").EnumerateArray(), error => error.GetProperty("key").GetString() == key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"document\": 1}")]
    public async Task What_is_not_the_json_asked_for_is_400(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.PostAsync(new Uri("/validate", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("requestErrors", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_over_the_cap_is_413()
    {
        var (status, _) = await Post(new { document = Convert.ToBase64String(new byte[VerificationServer.MaxFileBytes + 10_000]), filename = "a.pdf" });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
    }

    [Fact]
    public async Task Who_announces_much_and_sends_little_keeps_nobody_out()
    {
        await using var small = new VerificationServer(hierarchy) { Settings = ["--Verification:MaxBytesInFlight=590000"] };
        await small.InitializeAsync();
        var slow = new List<TcpClient>();
        try
        {
            for (var index = 0; index < 4; index++)
            {
                var connection = new TcpClient();
                slow.Add(connection);
                await connection.ConnectAsync(small.Address.Host, small.Address.Port, TestContext.Current.CancellationToken);
                await connection.GetStream().WriteAsync(
                    "POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 270000\r\n\r\n{\"document\": \"AAAA"u8.ToArray(),
                    TestContext.Current.CancellationToken);
            }
            // Long enough for each to have reached the service.
            await Task.Delay(500, TestContext.Current.CancellationToken);
            using var answer = await small.Upload(HandMadePdf.Plain());
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        finally
        {
            slow.ForEach(connection => connection.Dispose());
        }
    }

    [Theory]
    [InlineData("Detailed", "validationProcess")]
    [InlineData("Diagnostic", "diagnosticData")]
    public async Task Longer_reports_add_their_part(string type, string member)
    {
        var (_, body) = await Post(new { document = Convert.ToBase64String(HandMadePdf.Plain()), filename = "a.pdf", reportType = type });
        Assert.True(body.GetProperty("validationReport").TryGetProperty(member, out _));
    }
}
