using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Verification.Siva;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;

namespace Identity.Verification.Tests.Siva;

/// <summary>What a SiVa client meets that asks a service for PDF about containers.</summary>
public sealed class SivaContainerRequests(VerificationServer server) : IClassFixture<VerificationServer>
{
    private async Task<(string Key, string Message)> Refusal(string route, JsonNode request)
    {
        using var response = await server.Client.PostAsJsonAsync(new Uri(route, UriKind.Relative), request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        // Several rules can speak of one member.
        var errors = body.GetProperty("requestErrors").EnumerateArray().ToList();
        return (Assert.Single(errors.Select(error => error.GetProperty("key").GetString()!).Distinct()), string.Join("; ", errors.Select(error => error.GetProperty("message").GetString())));
    }

    [Theory]
    [InlineData("deed.pdf", "filename", "Invalid filename. Can only return data files for DDOC type containers.")]
    [InlineData("deed.ddoc", "document", "Document malformed or not matching documentType")]
    [InlineData("", "filename", "must not be empty; size must be between 1 and 260")]
    [InlineData("a/b.pdf", "filename", "Invalid filename")]
    public async Task Data_files_are_refused_as_SiVa_refuses_them_for_a_pdf(string filename, string key, string message) =>
        Assert.Equal((key, message), await Refusal("/getDataFiles", new JsonObject { ["document"] = Convert.ToBase64String(HandMadePdf.Plain()), ["filename"] = filename }));

    [Theory]
    [InlineData(null, "must not be blank; Document is not encoded in a valid base64 string")]
    [InlineData(" ", "must not be blank; Document is not encoded in a valid base64 string")]
    [InlineData("%%%", "Document is not encoded in a valid base64 string")]
    public async Task Data_files_of_no_document_are_refused(string? document, string message) =>
        Assert.Equal(("document", message), await Refusal("/getDataFiles", new JsonObject { ["document"] = document, ["filename"] = "a.ddoc" }));

    [Theory]
    [InlineData("{}", "signatureFiles", "must not be null")]
    [InlineData("{\"signatureFiles\":[]}", "signatureFiles", "must not be empty")]
    [InlineData("{\"signatureFiles\":[null]}", "signatureFiles[0].signature", "must not be blank")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"%\"}]}", "signatureFiles[0].signature", "Signature file is not valid base64 encoded string")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\"}]}", "signatureFiles.signature", "Signature file malformed")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\"}],\"signaturePolicy\":\"POLv9\"}", "signaturePolicy", "Invalid signature policy: POLv9; Available abstractPolicies: [POLv3, POLv4]")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\"}],\"reportType\":\"9\"}", "reportType", "Invalid report type")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\",\"datafiles\":[]}]}", "signatureFiles[0].datafiles", "Invalid dataFiles list")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\",\"datafiles\":[{\"hashAlgo\":\"SHA256\",\"hash\":\"QQ==\"}]}]}", "signatureFiles[0].datafiles[0].filename", "must not be empty; Invalid filename")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\",\"datafiles\":[{\"filename\":\"a.txt\",\"hashAlgo\":\"MD2\",\"hash\":\"QQ==\"}]}]}", "signatureFiles[0].datafiles[0].hashAlgo", "Invalid hash algorithm")]
    [InlineData("{\"signatureFiles\":[{\"signature\":\"QQ==\",\"datafiles\":[{\"filename\":\"a.txt\",\"hashAlgo\":\"SHA256\",\"hash\":\"%\"}]}]}", "signatureFiles[0].datafiles[0].hash", "Document is not encoded in a valid base64 string")]
    [InlineData("{\"signatureFiles\":{}}", "request", "Request is not a JSON object of the expected form")]
    [InlineData("[]", "request", "Request is not a JSON object of the expected form")]
    public async Task Hash_codes_are_checked_and_refused_in_SiVas_words(string request, string key, string message) =>
        Assert.Equal((key, message), await Refusal("/validateHashcode", JsonNode.Parse(request)!));

    [Theory]
    [InlineData(true, 0, HttpStatusCode.BadRequest)]
    [InlineData(true, 1, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(false, -8192, HttpStatusCode.BadRequest)]
    [InlineData(false, 1, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Hash_codes_beyond_the_cap_are_not_read(bool announced, int beyond, HttpStatusCode status)
    {
        // Empty records, of which a request could hold most. Where no length is announced, the server counts the marks of the pieces too.
        const string Start = "{\"signatureFiles\":[{}";
        var text = Start + string.Concat(Enumerable.Repeat(",{}", 1000)) + "]}";
        var bytes = Encoding.ASCII.GetBytes(text + new string(' ', SivaContainers.LargestHashcodeRequest + beyond - text.Length));
        using var content = announced ? new ByteArrayContent(bytes) : (HttpContent)new StreamContent(new UnknownLength(bytes));
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/validateHashcode", UriKind.Relative)) { Content = content };
        request.Headers.TransferEncodingChunked = announced ? null : true;
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, response.StatusCode);
        var error = Assert.Single((await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("requestErrors").EnumerateArray());
        Assert.Equal(beyond <= 0 ? "size must be between 1 and 100" : "Request has more than 262144 bytes", error.GetProperty("message").GetString());
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    [Theory]
    [InlineData(24, 0, 48)]
    [InlineData(25, 0, SivaContainers.MostErrors)]
    [InlineData(26, 0, SivaContainers.MostErrors)]
    [InlineData(SivaContainers.MostSignatures, 0, SivaContainers.MostErrors)]
    [InlineData(1, 12, 49)]
    [InlineData(1, 13, SivaContainers.MostErrors)]
    [InlineData(SivaContainers.MostSignatures, 300, SivaContainers.MostErrors)]
    public async Task A_request_with_everything_wrong_gets_no_long_answer(int signatures, int files, int errors)
    {
        // Each signature is blank; an empty list of files is wrong once, a file that is null four times.
        JsonNode Signature() => new JsonObject { ["datafiles"] = new JsonArray(new JsonNode?[files]) };
        var request = new JsonObject { ["signatureFiles"] = new JsonArray([.. Enumerable.Range(0, signatures).Select(_ => Signature())]) };
        using var response = await server.Client.PostAsJsonAsync(new Uri("/validateHashcode", UriKind.Relative), request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(errors, body.GetProperty("requestErrors").GetArrayLength());
    }

    [Theory]
    [InlineData(SivaContainers.MostSignatures, "signatureFiles.signature")]
    [InlineData(SivaContainers.MostSignatures + 1, "signatureFiles")]
    public async Task More_than_the_caps_is_refused(int signatures, string key)
    {
        var request = new JsonObject { ["signatureFiles"] = new JsonArray([.. Enumerable.Range(0, signatures).Select(_ => new JsonObject { ["signature"] = "QQ==" })]) };
        Assert.Equal(key, (await Refusal("/validateHashcode", request)).Key);
    }
}
