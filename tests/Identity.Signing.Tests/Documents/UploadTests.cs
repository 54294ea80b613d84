using System.Net;
using System.Net.Sockets;
using System.Text;
using Identity.Signing.Documents;

namespace Identity.Signing.Tests.Documents;

/// <summary>Documents as they arrive: streamed, hashed, capped, looked at, and refused before anybody approves.</summary>
public sealed class UploadTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    /// <summary>The megabyte that is still thrown away, and the buffers of two sockets.</summary>
    private const long MostBytesAfterRefusal = 32 * 1024 * 1024;

    public static TheoryData<string, string> Unsuitable() => new()
    {
        { "text", "not_a_pdf" },
        { "one byte", "not_a_pdf" },
        { "header not at byte 0", "not_a_pdf" },
        { "header alone", "broken" },
        { "truncated", "broken" },
        { "startxref to nowhere", "broken" },
        { "encrypted", "encrypted" },
        { "xfa", "xfa_form" },
        { "certified against changes", "certified_no_changes" },
        { "no pages", "no_pages" },
    };

    [Theory]
    [MemberData(nameof(Unsuitable))]
    public async Task A_document_that_cannot_be_signed_is_refused_when_it_arrives(string what, string reason)
    {
        system.Reset();
        var good = Pdfs.Page();
        var document = what switch
        {
            "text" => Encoding.UTF8.GetBytes("This is a letter."),
            "one byte" => "%"u8.ToArray(),
            "header not at byte 0" => [0x0A, .. good],
            "header alone" => "%PDF-1.7\n"u8.ToArray(),
            "truncated" => good[..(good.Length / 2)],
            "startxref to nowhere" => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(good).Replace("startxref\n", "startxref\n9", StringComparison.Ordinal)),
            "encrypted" => Pdfs.Encrypted(),
            "xfa" => Pdfs.Xfa(),
            "certified against changes" => await File.ReadAllBytesAsync(TestKit.Repository.Shared("corpus/pdf/dss/certified-no-change-permitted.pdf"), SigningSystem.Cancellation),
            _ => Pdfs.WithoutPages(),
        };
        using var answer = await system.PostRequest(document);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var error = await SigningSystem.Json(answer);
        Assert.Equal("document_refused", error["error"]!.GetValue<string>());
        Assert.Equal(reason, error["reason"]!.GetValue<string>());
        Assert.Empty(Staged());

        // The person reads it in words.
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var page = await browser.Upload(document);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.StatusCode);
        Assert.Contains("role=\"alert\"", await page.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        Assert.Empty(Staged());
    }

    [Fact]
    public async Task An_empty_document_is_refused()
    {
        system.Reset();
        using var answer = await system.PostRequest([]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("empty", (await SigningSystem.Json(answer))["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_document_at_the_cap_is_taken_and_one_byte_more_is_not()
    {
        system.Reset();
        var page = Pdfs.Page();
        // Comment bytes before the last revision would shift offsets; after %%EOF they are white space.
        byte[] atCap = [.. page, .. Enumerable.Repeat((byte)'\n', SigningSystem.Cap - page.Length)];
        using var taken = await system.PostRequest(atCap);
        Assert.True(taken.StatusCode == HttpStatusCode.Created, await taken.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        using var refused = await system.PostRequest([.. atCap, (byte)'\n']);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Equal("document_too_large", (await SigningSystem.Json(refused))["error"]!.GetValue<string>());
        Assert.Empty(Staged());
    }

    [Fact]
    public async Task An_endless_upload_is_refused_at_the_cap_while_it_still_comes()
    {
        system.Reset();
        using var connection = new TcpClient();
        await connection.ConnectAsync("localhost", new Uri(system.Address).Port, SigningSystem.Cancellation);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /requests HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {system.Provider.AccessToken(system.Address)}\r\nIdempotency-Key: endless\r\n"
            + "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"), SigningSystem.Cancellation);
        await Chunk(stream, Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"big.pdf\"\r\n\r\n%PDF-1.7\n"));
        var filler = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
        for (var sent = 0; sent <= SigningSystem.Cap; sent += filler.Length)
            await Chunk(stream, filler);

        // The body has no end yet: the answer is there all the same, whole, and nothing is on the disk.
        var received = new byte[16 * 1024];
        var answer = "";
        while (!answer.Contains("document_too_large", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(received, SigningSystem.Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), SigningSystem.Cancellation);
            Assert.NotEqual(0, count);
            answer += Encoding.ASCII.GetString(received, 0, count);
        }

        Assert.StartsWith("HTTP/1.1 413 Payload Too Large", answer, StringComparison.Ordinal);
        Assert.Empty(Staged());

        // Who goes on all the same is cut off, long before a gigabyte.
        long more = 0;
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (; more < MostBytesAfterRefusal; more += filler.Length)
                await Chunk(stream, filler);
        });
        Assert.Empty(Staged());
    }

    [Fact]
    public async Task An_announced_length_beyond_the_cap_is_refused_without_reading()
    {
        system.Reset();
        using var connection = new TcpClient();
        await connection.ConnectAsync("localhost", new Uri(system.Address).Port, SigningSystem.Cancellation);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /requests HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {system.Provider.AccessToken(system.Address)}\r\nIdempotency-Key: announced\r\n"
            + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1073741824\r\n\r\n"), SigningSystem.Cancellation);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 413 Payload Too Large",
            await reader.ReadLineAsync(SigningSystem.Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), SigningSystem.Cancellation));
        Assert.Empty(Staged());
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        system.Reset();
        using (var connection = new TcpClient())
        {
            await connection.ConnectAsync("localhost", new Uri(system.Address).Port, SigningSystem.Cancellation);
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /requests HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {system.Provider.AccessToken(system.Address)}\r\nIdempotency-Key: broken\r\n"
                + "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"), SigningSystem.Cancellation);
            await Chunk(stream, Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"half.pdf\"\r\n\r\n%PDF-1.7\n"));
            await Chunk(stream, new byte[200_000]);
            for (var i = 0; i < 100 && Staged().Length == 0; i++)
                await Task.Delay(50, SigningSystem.Cancellation);
            Assert.Single(Staged());
        }

        for (var i = 0; i < 100 && Staged().Length > 0; i++)
            await Task.Delay(50, SigningSystem.Cancellation);
        Assert.Empty(Staged());
    }

    public static TheoryData<string, string> Bodies() => new()
    {
        { "not a form", "application/json" },
        { "no boundary", "multipart/form-data" },
        { "boundary too long", "multipart/form-data; boundary=" + new string('b', 71) },
        { "no document", "multipart/form-data; boundary=b" },
        { "two documents", "multipart/form-data; boundary=b" },
        { "a field twice", "multipart/form-data; boundary=b" },
        { "a field too long", "multipart/form-data; boundary=b" },
        { "too many fields", "multipart/form-data; boundary=b" },
        { "an unknown field", "multipart/form-data; boundary=b" },
        { "a field not in UTF-8", "multipart/form-data; boundary=b" },
        { "a part without a name", "multipart/form-data; boundary=b" },
        { "no end", "multipart/form-data; boundary=b" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_not_the_form_is_refused_and_leaves_nothing(string what, string type)
    {
        system.Reset();
        string Field(string name, string value) => $"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n";
        var page = Encoding.Latin1.GetString(Pdfs.Page());
        var document = $"--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.pdf\"\r\n\r\n{page}\r\n";
        var fine = Field("purpose", "x") + Field("return_url", SigningSystem.AgencyReturn);
        var body = what switch
        {
            "no document" => fine,
            "two documents" => fine + document + document,
            "a field twice" => fine + document + Field("purpose", "y"),
            "a field too long" => fine + document + Field("signer", new string('a', DocumentUpload.MaxFieldBytes + 1)),
            "too many fields" => string.Concat(Enumerable.Range(0, DocumentUpload.MaxFields + 1).Select(i => Field("f" + i, "x"))) + document,
            "an unknown field" => fine + document + Field("callback", "x"),
            "a field not in UTF-8" => fine + document + Field("signer", "\xff\xfe"),
            "a part without a name" => fine + document + "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
            "no end" => fine + document[..^20],
            _ => fine + document,
        };
        using var client = system.AgencyClient();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body + (what == "no end" ? "" : "--b--\r\n")));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var message = new HttpRequestMessage(HttpMethod.Post, "requests") { Content = content };
        message.Headers.Add("Idempotency-Key", Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)));
        using var answer = await client.SendAsync(message, SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("invalid_request", (await SigningSystem.Json(answer))["error"]!.GetValue<string>());
        Assert.Empty(Staged());
    }

    public static TheoryData<string, string> FileNames() => new()
    {
        { "deed\u202efdp.exe", "deedfdp.exe" },
        { "a\u2066b\u2069.pdf", "ab.pdf" },
        { "tab\u0085nel.pdf", "tabnel.pdf" },
        { "../../etc/passwd", "passwd" },
        { "C:\\\\Users\\\\x\\\\deed.pdf", "deed.pdf" },
        { "\u200b", "document.pdf" },
        { "\u0646\u0627\u0645\u200c\u0647\u0627.pdf", "\u0646\u0627\u0645\u200c\u0647\u0627.pdf" },
        { "\u0915\u094d\u200d\u0937.pdf", "\u0915\u094d\u200d\u0937.pdf" },
        { "pay\u200dpal.pdf", "paypal.pdf" },
        { new string('a', 253) + "\u0645\u200c\u0645.pdf", new string('a', 253) + "\u0645" },
        { "..", "document.pdf" },
        { "\u5951\u7ea6.pdf", "\u5951\u7ea6.pdf" },
        { "<script>alert(1)</script>.pdf", "script>.pdf" },
    };

    [Theory]
    [MemberData(nameof(FileNames))]
    public async Task File_names_are_shown_without_what_hides_or_reorders(string sent, string shown)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page(), fileName: sent);
        using var browser = system.NewBrowser();
        using var review = await browser.Get($"requests/{id}/review");
        var page = await review.Content.ReadAsStringAsync(SigningSystem.Cancellation);
        Assert.Contains($"<bdi>{System.Text.Encodings.Web.HtmlEncoder.Default.Encode(shown)}</bdi>", page, StringComparison.Ordinal);
        using var document = await browser.Get($"requests/{id}/document");
        Assert.Equal("attachment", document.Content.Headers.ContentDisposition!.DispositionType);
        Assert.DoesNotContain(document.Content.Headers.ContentDisposition.ToString(), char.IsControl);
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_file_name_is_cut_at_its_cap()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page(), fileName: new string('n', 300));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_upload_from_another_site_is_refused_before_its_document_is_read()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var answer = await browser.Upload(Pdfs.Page(), withToken: false);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("came from another site", await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        Assert.Empty(Staged());
    }

    [Fact]
    public async Task An_upload_above_the_cap_tells_the_person_so()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var answer = await browser.Upload(new byte[SigningSystem.Cap + 1]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("larger than 4 MB", await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
    }

    private string[] Staged() => Directory.GetFiles(Path.Combine(system.Documents, "staging"));

    private static async Task Chunk(NetworkStream stream, byte[] bytes)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), SigningSystem.Cancellation);
        await stream.WriteAsync(bytes, SigningSystem.Cancellation);
        await stream.WriteAsync("\r\n"u8.ToArray(), SigningSystem.Cancellation);
    }
}
