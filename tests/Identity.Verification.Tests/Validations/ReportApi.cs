using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Validations;

namespace Identity.Verification.Tests.Validations;

/// <summary>`POST /v1/validations` over HTTP: the answer, and each refusal.</summary>
public sealed class ReportApi(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>
{
    private static async Task<JsonElement> Json(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<JsonElement>())!;

    [Fact]
    public async Task Answers_our_report()
    {
        using var response = await server.Upload(hierarchy.Sign(HandMadePdf.Plain()));
        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var report = await Json(response);
        Assert.Equal(("deed.pdf", "intact", "TRY_LATER"),
            (report.GetProperty("file").GetString(), report.GetProperty("integrity").GetString(), report.GetProperty("signatures")[0].GetProperty("subIndication").GetString()));
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData("", "malformed")]
    [InlineData("garbage", "malformed")]
    public async Task A_file_that_is_no_pdf_is_answered_with_an_error_object(string content, string code)
    {
        using var response = await server.Upload(Encoding.ASCII.GetBytes(content));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var report = await Json(response);
        Assert.Equal((code, "INDETERMINATE"), (report.GetProperty("error").GetProperty("code").GetString(), report.GetProperty("conclusion").GetString()));
    }

    [Fact]
    public async Task A_file_at_the_cap_is_read_and_one_byte_more_is_413()
    {
        using var at = await server.Upload(new byte[VerificationServer.MaxFileBytes]);
        Assert.Equal(HttpStatusCode.OK, at.StatusCode);
        using var over = await server.Upload(new byte[VerificationServer.MaxFileBytes + 1]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, over.StatusCode);
        Assert.Equal("too-large", (await Json(over)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_body_without_end_is_refused_while_it_streams()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, TestContext.Current.CancellationToken);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("POST /v1/validations HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n46\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n\r\n"), TestContext.Current.CancellationToken);
        byte[] chunk = [.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8];
        long sent = 0;
        try
        {
            for (; sent < 64 * 1024 * 1024 && !stream.DataAvailable; sent += 0x10000)
                await stream.WriteAsync(chunk, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server closed the connection: its answer is still to be read.
        }
        var answer = new byte[12];
        await stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1 413", Encoding.ASCII.GetString(answer));
        // What the system buffers between the two comes on top of the cap.
        Assert.InRange(sent, VerificationServer.MaxFileBytes, VerificationServer.MaxFileBytes + (16 * 1024 * 1024));
    }

    [Theory]
    [InlineData("application/pdf")]
    [InlineData("application/json")]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/mixed; boundary=x")]
    public async Task Another_content_type_is_415(string type)
    {
        using var content = new ByteArrayContent("%PDF-1.7"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await server.Client.PostAsync(new Uri("/v1/validations", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "not-a-form"), (response.StatusCode, (await Json(response)).GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_form_without_the_file_is_400()
    {
        using var response = await server.Upload(HandMadePdf.Plain(), field: "document");
        Assert.Equal((HttpStatusCode.BadRequest, "no-file"), (response.StatusCode, (await Json(response)).GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_encrypted_file_is_read_with_its_password_before_or_behind_it(bool passwordFirst)
    {
        using var response = await server.Upload(EncryptedPdf.By("256", "päästa 通行"), password: "päästa 通行", passwordFirst: passwordFirst);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("NO-SIGNATURE", JsonDocument.Parse(answer).RootElement.GetProperty("conclusion").GetString());
        Assert.DoesNotContain("sta ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "needed")]
    [InlineData("", "needed")]
    [InlineData("Secret", "wrong")]
    public async Task Without_its_password_an_encrypted_file_is_an_error_that_says_which(string? password, string which)
    {
        using var response = await server.Upload(EncryptedPdf.By("256", "secret"), password: password);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var error = (await Json(response)).GetProperty("error");
        Assert.Equal(("encrypted", which), (error.GetProperty("code").GetString(), error.GetProperty("password").GetString()));
    }

    [Theory]
    [InlineData(Upload.LongestPassword, HttpStatusCode.OK)]
    [InlineData(Upload.LongestPassword + 1, HttpStatusCode.BadRequest)]
    public async Task A_password_has_so_many_bytes(int length, HttpStatusCode status)
    {
        using var response = await server.Upload(HandMadePdf.Plain(), password: new string('p', length));
        Assert.Equal(status, response.StatusCode);
        if (status != HttpStatusCode.OK)
            Assert.Equal("password-too-long", (await Json(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_password_in_the_address_opens_nothing()
    {
        using var response = await server.Upload(EncryptedPdf.By("256", "secret"), "/v1/validations?password=secret");
        Assert.Equal("needed", (await Json(response)).GetProperty("error").GetProperty("password").GetString());
    }

    [Fact]
    public async Task Other_methods_are_not_answered()
    {
        using var response = await server.Client.GetAsync(new Uri("/v1/validations", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Twenty_uploads_at_once_each_get_their_own_answer()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain());
        var broken = HandMadePdf.Flip(file, HandMadePdf.Find(file, "100 EUR"));
        var reports = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var response = await server.Upload(i % 2 == 0 ? file : broken, name: $"{i}.pdf");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return await Json(response);
        }));
        for (var i = 0; i < reports.Length; i++)
        {
            Assert.Equal($"{i}.pdf", reports[i].GetProperty("file").GetString());
            Assert.Equal(i % 2 == 0 ? "intact" : "broken", reports[i].GetProperty("integrity").GetString());
        }
    }

    [Fact]
    public async Task After_hostile_uploads_the_next_one_is_served()
    {
        foreach (var hostile in new[] { Encoding.ASCII.GetBytes(new string('[', 150_000)), Encoding.ASCII.GetBytes("%PDF-1.7\n1 0 obj\n" + new string('[', 150_000)), new byte[150_000] })
        {
            using var refused = await server.Upload(hostile);
            Assert.Equal("malformed", (await Json(refused)).GetProperty("error").GetProperty("code").GetString());
        }
        using var response = await server.Upload(HandMadePdf.Plain());
        Assert.Equal("NO-SIGNATURE", (await Json(response)).GetProperty("conclusion").GetString());
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Says_that_it_lives(string path) =>
        Assert.Equal("ok", await server.Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
}
