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
        Assert.Equal(("document", "Document malformed or not matching documentType"),
            (error.GetProperty("key").GetString(), error.GetProperty("message").GetString()));
    }

    private const string Blank = "document: must not be blank", NotBase64 = "document: Document is not encoded in a valid base64 string",
        Malformed = "document: Document malformed or not matching documentType", NameEmpty = "filename: must not be empty", NameInvalid = "filename: Invalid filename",
        NameSize = "filename: size must be between 1 and 260", PolicyInvalid = "signaturePolicy: Invalid signature policy", PolicySize = "signaturePolicy: size must be between 1 and 100",
        TypeInvalid = "reportType: Invalid report type", DocumentTypeInvalid = "documentType: documentType is not a valid request parameter";

    /// <summary>The words that SiVa's own tests ask for, by member of the request and its JSON value.</summary>
    public static TheoryData<string, string, string[]> Refusals() => new()
    {
        { "document", "\"\"", [Blank, NotBase64] },
        { "document", "null", [Blank, NotBase64] },
        { "document", "\",:\"", [NotBase64] },
        { "document", "\"!!not base64!!\"", [NotBase64] },
        { "document", "\"aaa\"", [Malformed] },
        { "document", "\"Z2FyYmFnZQ==\"", [Malformed] },
        { "document", "\"ZCxTgQxDET7/lNizNZ4hrB1Ug8I0kKpVDkHEgWqNjcKFMD89LsIpdCkpUEsFBgAAAAAFAAUAPgIAAEM3AAAAAA==\"", [Malformed] },
        { "filename", "\"\"", [NameEmpty, NameSize] },
        { "filename", "null", [NameEmpty, NameInvalid] },
        { "filename", "\"../a.pdf\"", [NameInvalid] },
        { "filename", $"\"{new string('a', 256)}.bdoc\"", [NameSize] },
        { "signaturePolicy", "\"\"", [PolicySize] },
        { "signaturePolicy", $"\"{new string('a', 101)}\"", [PolicySize] },
        { "signaturePolicy", "\"POLv3.*\"", [PolicyInvalid] },
        { "signaturePolicy", "\"POLv2\"", [PolicyInvalid + ": POLv2; Available abstractPolicies: [POLv3, POLv4]"] },
        { "signaturePolicy", "\"0\"", [PolicyInvalid + ": 0; Available abstractPolicies: [POLv3, POLv4]"] },
        { "reportType", "\"\"", [TypeInvalid] },
        { "reportType", "\"NotValid\"", [TypeInvalid] },
        { "reportType", "\"1\"", [TypeInvalid] },
        { "documentType", "\"xroad\"", [DocumentTypeInvalid] },
        { "documentType", "\"PDF\"", [DocumentTypeInvalid] },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_wrong_request_is_400_in_SiVas_own_words(string key, string value, string[] expected)
    {
        var request = new Dictionary<string, JsonElement>
        {
            ["document"] = JsonSerializer.SerializeToElement(Convert.ToBase64String("no pdf"u8)),
            ["filename"] = JsonSerializer.SerializeToElement("a.pdf"),
            [key] = JsonSerializer.Deserialize<JsonElement>(value),
        };
        var (status, body) = await Post(request);
        Assert.Equal((HttpStatusCode.BadRequest, Sorted(expected)), (status, Sorted(Errors(body))));
    }

    [Fact]
    public async Task A_request_without_members_has_four_errors()
    {
        var (status, body) = await Post(new { });
        Assert.Equal((HttpStatusCode.BadRequest, Sorted(Blank, NotBase64, NameEmpty, NameInvalid)), (status, Sorted(Errors(body))));
        // Capital letters make other names.
        (status, body) = await Post(new Dictionary<string, string> { ["DOCUMENT"] = "QQ==", ["FILENAME"] = "a.pdf" });
        Assert.Equal((HttpStatusCode.BadRequest, Sorted(Blank, NotBase64, NameEmpty, NameInvalid)), (status, Sorted(Errors(body))));
    }

    [Fact]
    public async Task A_document_is_decoded_without_padding_in_lines_and_by_the_other_alphabet()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var base64 = Convert.ToBase64String([.. signed, .. new byte[3 - (signed.Length % 3) + 1]]).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var (status, body) = await Post(new { document = base64[..60] + "\r\n" + base64[60..], filename = new string('a', 255) + ".bdoc", reportType = "SiMpLe", extraOne = "RandomValue" });
        Assert.Equal((HttpStatusCode.OK, 1), (status, body.GetProperty("validationReport").GetProperty("validationConclusion").GetProperty("signaturesCount").GetInt32()));
    }

    [Fact]
    public async Task Monitoring_is_told_that_the_service_is_up_and_of_which_version()
    {
        async Task<JsonElement> Get(string path) => await server.Client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("{\"status\":\"UP\"}", (await Get("/monitoring/heartbeat")).GetRawText());
        var version = (await Get("/monitoring/version")).GetProperty("version").GetString();
        var health = await Get("/monitoring/health");
        var details = health.GetProperty("components").GetProperty("health").GetProperty("details");
        Assert.Equal(("UP", "UP", version), (health.GetProperty("status").GetString(), health.GetProperty("components").GetProperty("health").GetProperty("status").GetString(), details.GetProperty("version").GetString()));
        foreach (var moment in (string[])["startTime", "currentTime"])
            Assert.Matches("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", details.GetProperty(moment).GetString());
    }

    private static IEnumerable<string> Errors(JsonElement body) =>
        body.GetProperty("requestErrors").EnumerateArray().Select(error => $"{error.GetProperty("key").GetString()}: {error.GetProperty("message").GetString()}");

    private static string Sorted(params IEnumerable<string> errors) => string.Join('\n', errors.Order(StringComparer.Ordinal));

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
