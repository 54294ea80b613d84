using System.Net;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Validations;

/// <summary>The page: without script, in three languages, in plain words, with foreign names made harmless.</summary>
public sealed class NotaryPage(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>
{
    private async Task<string> Answer(byte[] file, string name = "deed.pdf", string? language = null)
    {
        using var response = await server.Upload(file, "/", name, language: language);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("en", "Choose a PDF file")]
    [InlineData("et", "Vali PDF-fail")]
    [InlineData("zh-Hans", "选择 PDF 文件")]
    public async Task Asks_for_a_file_in_the_readers_language_without_script(string language, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.AcceptLanguage.ParseAdd(language);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(text, page, StringComparison.Ordinal);
        Assert.Contains("enctype=\"multipart/form-data\"", page, StringComparison.Ordinal);
        // Script makes the form quicker to use; it is not needed, and none is written into the page.
        Assert.Equal("<script type=\"module\" src=\"/assets/verify.mjs", page[page.IndexOf("<script", StringComparison.Ordinal)..].Split('?')[0]);
        Assert.Contains("action=\"/\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_who_when_and_whether_it_is_what_was_signed()
    {
        var page = await Answer(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")));
        Assert.Contains("Person liis", page, StringComparison.Ordinal);
        Assert.Contains("Who signed?", page, StringComparison.Ordinal);
        Assert.Contains("as the signer states", page, StringComparison.Ordinal);
        Assert.Contains("Try again later", page, StringComparison.Ordinal);
        Assert.Contains("href=\"data:application/json;base64,", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "The document was changed after it was signed.", "Page 1: the content was replaced.")]
    [InlineData("et", "Dokumenti muudeti pärast allkirjastamist.", "Lk 1: sisu asendati.")]
    [InlineData("zh-Hans", "文档在签名后被更改。", "第 1 页：内容被替换。")]
    public async Task Names_the_page_that_was_changed(string? language, string verdict, string change)
    {
        var file = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
        var page = await Answer(file, language: language);
        Assert.Contains(verdict, page, StringComparison.Ordinal);
        Assert.Contains(change, page, StringComparison.Ordinal);
        Assert.Contains("id-verdict--failed", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "What should I do?", "Read state 2 of the document", "Why do other programs say otherwise?", "Programs that check the signed bytes only")]
    [InlineData("et", "Mida peaksin tegema?", "Loe dokumendi seisu 2", "Miks ütlevad teised programmid teisiti?", "kontrollivad ainult allkirjastatud baite")]
    [InlineData("zh-Hans", "我该怎么做？", "请阅读文档的第 2 个状态", "为什么其他程序的说法不同？", "只检查被签名字节的程序")]
    public async Task Says_what_to_do_and_why_others_say_otherwise(string? language, string question, string advice, string why, string because)
    {
        var page = await Answer(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT ET"))), language: language);
        foreach (var text in new[] { question, advice, why, because })
            Assert.Contains(text, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_a_flipped_byte_from_an_unknown_signer_and_from_no_signature()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        Assert.Contains("This is not the document that was signed.", await Answer(HandMadePdf.Flip(signed, HandMadePdf.Find(signed, "100 EUR"))), StringComparison.Ordinal);
        Assert.Contains("who signed it cannot be confirmed", await Answer(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger"))), StringComparison.Ordinal);
        Assert.Contains("carries no signature", await Answer(HandMadePdf.Plain()), StringComparison.Ordinal);
        Assert.Contains("could not be examined", await Answer("garbage"u8.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "", "This PDF opens with a password only.")]
    [InlineData("et", "", "See PDF avaneb ainult parooliga.")]
    [InlineData("zh-Hans", "", "此 PDF 只有输入密码才能打开。")]
    [InlineData("en", "tr7-Zebra", "The password does not open this PDF.")]
    [InlineData("et", "tr7-Zebra", "See parool ei ava seda PDF-i.")]
    [InlineData("zh-Hans", "tr7-Zebra", "该密码无法打开此 PDF。")]
    public async Task Asks_for_the_password_of_an_encrypted_file_without_script(string language, string password, string text)
    {
        using var response = await server.Upload(EncryptedPdf.By("256", "secret"), "/", language: language, password: password);
        var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(text, page, StringComparison.Ordinal);
        Assert.Contains("type=\"password\" id=\"password\" name=\"password\" autocomplete=\"off\" required aria-invalid=\"true\"", page, StringComparison.Ordinal);
        Assert.Contains("method=\"post\" action=\"/\"", page, StringComparison.Ordinal);
        // What was entered is not sent back.
        Assert.DoesNotContain("tr7-Zebra", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opens_with_the_password_of_the_form()
    {
        using var response = await server.Upload(EncryptedPdf.By("128 --use-aes=n", "secret"), "/", password: "secret");
        var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("carries no signature", page, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_a_file_is_shown_harmlessly()
    {
        using var response = await server.Upload(HandMadePdf.Plain(), "/", "<script>alert(1)</script>\u202Egpj.pdf");
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202E", page, StringComparison.Ordinal);
        Assert.DoesNotContain("&#x202E;", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_state_can_be_cut_from_the_file_by_its_length_and_says_who_signed_it()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var page = await Answer(HandMadePdf.Append(signed, (HandMadePdf.Content, HandMadePdf.Stream("BT ET"))), name: "../<b>deed.pdf");
        Assert.Contains($"data-state-length=\"{signed.Length}\" download=\"_b_deed-state-2.pdf\"", page, StringComparison.Ordinal);
        Assert.Contains($"data-state-length=\"{HandMadePdf.Plain().Length}\"", page, StringComparison.Ordinal);
        Assert.Contains("Signed by <bdi>Person liis</bdi>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_file_it_asks_again()
    {
        using var content = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        using var response = await server.Client.PostAsync(new Uri("/", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("Choose a PDF file first.", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_over_the_cap_is_refused_in_words()
    {
        using var response = await server.Upload(new byte[VerificationServer.MaxFileBytes + 1], "/");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("The file is larger than", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
