using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Identity.Signing.Tests.Requests;

/// <summary>From the agency's request, or a person's upload, to the signed PDF.</summary>
public sealed class SigningJourneyTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task An_agency_asks_and_receives_the_signed_document()
    {
        system.Reset();
        var document = Pdfs.Page();
        using var created = await system.PostRequest(document);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var body = await SigningSystem.Json(created);
        var id = body["id"]!.GetValue<string>();
        Assert.Equal($"{system.Address}requests/{id}/review", body["review_url"]!.GetValue<string>());
        Assert.Equal("received", (await system.Status(id))["status"]!.GetValue<string>());

        using var browser = system.NewBrowser();
        using var result = await SigningSystem.Approve(browser, id);
        Assert.Equal($"{system.Address}requests/{id}", result.RequestMessage!.RequestUri!.AbsoluteUri);
        var ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());

        using var client = system.AgencyClient();
        var signed = await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
        Assert.True(signed.AsSpan().StartsWith(document));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(signed)), ended["signed_sha256"]!.GetValue<string>());
        var done = await (await browser.Get($"requests/{id}")).Content.ReadAsStringAsync(SigningSystem.Cancellation);
        Assert.Contains($"{SigningSystem.AgencyReturn}?request={id}&amp;status=signed", done, StringComparison.Ordinal);
        Assert.Contains("http://localhost:5300/", done, StringComparison.Ordinal);
        using var download = await browser.Get($"requests/{id}/signed.pdf");
        Assert.Equal(signed, await download.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation));
        Assert.Equal("attachment", download.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("no-store", download.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_person_signs_a_document_of_their_own()
    {
        system.Reset();
        using var browser = system.NewBrowser();
        await browser.Get("sign-in");
        using var review = await browser.Upload(Pdfs.Page("Mine"), "minu leping.pdf", "For my files");
        Assert.Equal(HttpStatusCode.OK, review.StatusCode);
        var id = review.RequestMessage!.RequestUri!.Segments[^2].TrimEnd('/');
        var page = await review.Content.ReadAsStringAsync(SigningSystem.Cancellation);
        Assert.Contains("minu leping.pdf", page, StringComparison.Ordinal);
        Assert.Contains("For my files", page, StringComparison.Ordinal);
        Assert.Contains($"data-src=\"/requests/{id}/document\"", page, StringComparison.Ordinal);
        Assert.Contains($"data-sha256=\"{Convert.ToHexStringLower(SHA256.HashData(Pdfs.Page("Mine")))}\"", page, StringComparison.Ordinal);

        await browser.Post($"requests/{id}/review", await Browser.Fields(review));
        var result = await Result(browser, id);
        Assert.Contains("The document is signed", result, StringComparison.Ordinal);
        Assert.Contains("/requests/" + id + "\"", await (await browser.Get("/")).Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_signature_leaves_one_begin_and_one_end_in_the_audit_log()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Audited"));
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        await system.Ended(id);
        var names = system.Audit(id).Select(line => line.GetRawText()).ToArray();
        Assert.Single(names, line => line.Contains("signing.request-received", StringComparison.Ordinal));
        Assert.Single(names, line => line.Contains("signing.evidence-stored", StringComparison.Ordinal));
        Assert.Equal(2, names.Count(line => line.Contains("signing.document-signing", StringComparison.Ordinal)));
        Assert.DoesNotContain(names, line => line.Contains("PNOXX", StringComparison.Ordinal) || line.Contains("Tamm", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signed_request_is_not_signed_again()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Once"));
        using var browser = system.NewBrowser();
        var review = await browser.Get($"requests/{id}/review");
        var fields = await Browser.Fields(review);
        await browser.Post($"requests/{id}/review", fields);
        await system.Ended(id);
        var before = system.Provider.PushedRequests;
        using var again = await browser.Post($"requests/{id}/review", fields);
        Assert.Equal($"{system.Address}requests/{id}", again.RequestMessage!.RequestUri!.AbsoluteUri);
        Assert.Equal(before, system.Provider.PushedRequests);
    }

    [Fact]
    public async Task The_person_declines_and_nothing_is_signed()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Declined"));
        using var browser = system.NewBrowser();
        var review = await browser.Get($"requests/{id}/review");
        system.Provider.Declines = true;
        using var back = await browser.Post($"requests/{id}/review", await Browser.Fields(review));
        Assert.Equal("?notice=declined", back.RequestMessage!.RequestUri!.Query);
        Assert.Contains("You did not approve", await back.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        Assert.Equal("shown", (await system.Status(id))["status"]!.GetValue<string>());
        Assert.Equal(0, system.Authority.CertificateRequests);
    }

    [Fact]
    public async Task The_provider_is_down_and_the_page_says_so()
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Outage"));
        using var browser = system.NewBrowser();
        var review = await browser.Get($"requests/{id}/review");
        system.Provider.Down = true;
        using var answer = await browser.Post($"requests/{id}/review", await Browser.Fields(review));
        system.Provider.Down = false;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("does not answer now", await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        Assert.Equal("shown", (await system.Status(id))["status"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("en", "Read, then sign")]
    [InlineData("et", "Loe ja allkirjasta")]
    [InlineData("zh-Hans", "阅读后签署")]
    public async Task Pages_speak_the_language_of_the_person(string language, string title)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page(language));
        using var browser = system.NewBrowser();
        browser.Language = language;
        var page = WebUtility.HtmlDecode(await (await browser.Get($"requests/{id}/review")).Content.ReadAsStringAsync(SigningSystem.Cancellation));
        Assert.Contains(title, page, StringComparison.Ordinal);
        Assert.Equal(language, system.Provider.LastUiLocales);
    }

    [Fact]
    public async Task Health_is_told_without_detail()
    {
        using var browser = system.NewBrowser();
        foreach (var address in new[] { "health/live", "health/ready" })
            Assert.Equal("ok", await (await browser.GetOnce(address)).Content.ReadAsStringAsync(SigningSystem.Cancellation));
    }

    private static async Task<string> Result(Browser browser, string id)
    {
        for (var i = 0; ; i++)
        {
            var page = await (await browser.Get($"requests/{id}")).Content.ReadAsStringAsync(SigningSystem.Cancellation);
            if (i == 100 || !page.Contains("id-verdict--none", StringComparison.Ordinal))
                return page;
            await Task.Delay(100, SigningSystem.Cancellation);
        }
    }
}
