using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.Verification.Reports;

namespace Identity.Signing.Tests.Appearances;

/// <summary>Signatures that show something: asked for by an agency or chosen by the person, and what other programs see of them.</summary>
public sealed partial class VisibleSignatureTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private static readonly StandInPerson Ounapuu = new("pairwise-ou", "PNOXX-48504210019", "Õnne Šõžäöü", "Õunapuu");
    private static readonly StandInPerson Chen = new("pairwise-chen", "PNOXX-37911030026", "小明", "陈");

    [Theory]
    [InlineData("")]
    [InlineData("/Rotate 90")]
    [InlineData("/Rotate 180")]
    [InlineData("/Rotate 270/CropBox[20 30 580 800]")]
    [InlineData("/UserUnit 2/Rotate 90")]
    public async Task Two_people_sign_visibly_and_every_program_agrees(string page)
    {
        system.Reset();
        var original = PageWith(page);
        var first = await Sign(original, Ounapuu, """{"visible":{"position":"top_left","language":"et"}}""");
        var both = await Sign(first, Chen, """{"visible":{"position":"top_left","page":1,"language":"zh-Hans"}}""");

        var report = await Passed(both);
        Assert.Equal(["signature", "none"], report.Signatures.Where(one => one.Kind == "signature").Select(one => one.ChangesAfter == "archival" ? "none" : one.ChangesAfter));
        using var examined = new ExaminedPdf(both, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
        Assert.Equal(2, examined.PdfsigWithoutCertificates().Text.Split("Signature is Valid.").Length - 1);
        Assert.Equal(0, examined.Qpdf().ExitCode);
        Assert.DoesNotContain("rror", examined.Mutool().Error.Replace("Signature error: Not trusted", "", StringComparison.Ordinal), StringComparison.Ordinal);

        var text = Drawn(both);
        Assert.Contains("Õnne Šõžäöü Õunapuu", text, StringComparison.Ordinal);
        Assert.Contains("Eesmärk: Sign the deed", text, StringComparison.Ordinal);
        Assert.Contains("小明 陈", text, StringComparison.Ordinal);
        Assert.Contains("用途：Sign the deed", text, StringComparison.Ordinal);
        Assert.Equal(
            [.. new[] { original, first }.Select(before => "http://localhost:5300/?sha256=" + Convert.ToHexStringLower(SHA256.HashData(before))).Order(StringComparer.Ordinal)],
            Codes(both).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_person_approves_that_and_where_it_is_shown()
    {
        system.Reset();
        var id = await Create(Pdfs.Page("Shown"), """{"visible":{"page":1,"position":"bottom_left"}}""");
        using var browser = system.NewBrowser();
        string? approved = null;
        system.Provider.Change = approval => approved = approval.Purpose;
        await SigningSystem.Approve(browser, id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
        Assert.Equal("Sign the deed \u00b7 Visible on page 1, bottom left", approved);
    }

    [Theory]
    [InlineData("Sign the deed")]
    [InlineData("Sign the deed \u00b7 Visible on page 1, bottom right")]
    [InlineData("Sign the deed \u00b7 Visible on the last page, bottom left")]
    public async Task Evidence_that_says_another_place_is_refused(string purpose)
    {
        system.Reset();
        var id = await Create(Pdfs.Page("Elsewhere"), """{"visible":{"page":1,"position":"bottom_left"}}""");
        system.Provider.Change = approval => approval.Purpose = purpose;
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        Assert.Equal("evidence_refused", (await system.Ended(id))["reason"]!.GetValue<string>());
        Assert.Equal(0, system.Authority.CertificateRequests);
    }

    [Theory]
    [InlineData("""{"visible":1}""")]
    [InlineData("""{"visible":{"page":0}}""")]
    [InlineData("""{"visible":{"page":"first"}}""")]
    [InlineData("""{"visible":{"page":1000001}}""")]
    [InlineData("""{"visible":{"position":"middle"}}""")]
    [InlineData("""{"visible":{"position":"top_left","rectangle":[0,0,100,100]}}""")]
    [InlineData("""{"visible":{"rectangle":[0,0,100]}}""")]
    [InlineData("""{"visible":{"rectangle":[1e999,0,100,100]}}""")]
    [InlineData("""{"visible":{"rectangle":[0,-1e999,100,100]}}""")]
    [InlineData("""{"visible":{"page":1e999}}""")]
    [InlineData("""{"visible":{"language":"fr"}}""")]
    [InlineData("""{"visible":{"colour":"red"}}""")]
    public async Task A_wish_that_breaks_a_rule_is_refused(string signature)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), signature: signature);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith("signature: visible must have page", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"visible":{"page":2}}""", "page_missing")]
    [InlineData("""{"visible":{"rectangle":[500,0,100,100]}}""", "no_room_on_page")]
    [InlineData("""{"visible":{"rectangle":[0,0,1e300,1e300]}}""", "no_room_on_page")]
    [InlineData("""{"visible":{"rectangle":[0,0,595,842]}}""", "place_too_large")]
    [InlineData("""{"visible":{"rectangle":[0,0,595,211]}}""", "place_too_large")]
    public async Task A_place_that_the_document_does_not_have_is_refused_when_it_arrives(string signature, string detail)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), signature: signature);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(detail, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Theory]
    // The page's line begins at 72, 720.
    [InlineData("""{"visible":{"rectangle":[60,700,300,80]}}""", true)]
    [InlineData("""{"visible":{"rectangle":[60,100,300,80]}}""", false)]
    [InlineData("""{"visible":{"rectangle":[0,0,595,210]}}""", false)]
    [InlineData("""{"visible":{"page":1}}""", false)]
    public async Task A_place_over_the_pages_text_is_told_to_the_agency_and_warned_of(string signature, bool covers)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), signature: signature);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var request = await SigningSystem.Json(answer);
        Assert.Equal(covers, request["findings"]?.AsArray().Any(finding => finding!["key"]!.GetValue<string>() == "signature-covers-content") == true);
        var review = await system.NewBrowser().Get($"requests/{request["id"]!.GetValue<string>()}/review");
        Assert.Equal(covers, (await review.Content.ReadAsStringAsync(SigningSystem.Cancellation)).Contains("lies over text or images of the page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_empty_field_of_the_form_is_filled_with_it()
    {
        system.Reset();
        var form = HandMadePdf.Append(HandMadePdf.Plain(),
            (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>"),
            (6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(buyer)/P 3 0 R/F 4/Rect[50 50 300 150]>>"));
        var signed = await Sign(form, Chen, """{"field":"buyer","visible":{}}""");

        Assert.Equal("buyer", Assert.Single((await Passed(signed)).Signatures, one => one.Kind == "signature").Field);
        Assert.Contains("小明 陈", Drawn(signed), StringComparison.Ordinal);
        Assert.Single(Codes(signed));
    }

    [Fact]
    public async Task A_tagged_document_of_a_word_processor_stays_whole()
    {
        system.Reset();
        var tagged = Office.Pdf("{\"UseTaggedPDF\":{\"type\":\"boolean\",\"value\":\"true\"}}");
        var first = await Sign(tagged, Ounapuu, """{"visible":{}}""");
        var both = await Sign(first, Chen, """{"visible":{}}""");

        var report = await Passed(both);
        Assert.Equal("signature", report.Signatures.First(one => one.Kind == "signature").ChangesAfter);
        Assert.Equal("Tagged:          yes", File(both, path => Tool.Run("pdfinfo", path).Output.Split('\n').Single(line => line.StartsWith("Tagged", StringComparison.Ordinal))));
        Assert.Equal(2, File(both, path => Tool.Run("pdfinfo", "-struct", path).Output).Split("Form").Length - 1);
    }

    [Fact]
    public async Task A_hostile_purpose_does_not_leave_its_box()
    {
        system.Reset();
        var signed = await Sign(Pdfs.Page("Flood"), Chen, """{"visible":{"rectangle":[100,100,200,60]}}""", purpose: new string('W', 400));
        Assert.Contains("小明 陈", Drawn(signed), StringComparison.Ordinal);
        var xml = File(signed, path => Tool.Run("mutool", "draw", "-F", "stext", path).Output);
        var lines = LineElement().Matches(xml).Select(match => Array.ConvertAll(match.Groups[1].Value.Split(' '), side => double.Parse(side, System.Globalization.CultureInfo.InvariantCulture)))
            .Where(box => box[1] > 600).ToList();
        Assert.NotEmpty(lines);
        Assert.All(lines, box => Assert.True(box[0] >= 100 && box[2] <= 300 && box[1] >= 842 - 160 && box[3] <= 842 - 100));
    }

    [Theory]
    [InlineData("en", "bottom_left", "1", "Sign the deed \u00b7 Visible on page 1, bottom left", "Signed electronically")]
    [InlineData("et", "top_right", "last", "Sign the deed \u00b7 Nähtav viimasel leheküljel, ülal paremal", "Elektrooniliselt allkirjastatud")]
    [InlineData("zh-Hans", "top_left", "1", "Sign the deed \u00b7 显示在第 1 页，左上角", "电子签名时间")]
    public async Task The_person_chooses_a_place_in_their_language(string language, string position, string page, string approves, string written)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Chosen"));
        using var browser = system.NewBrowser();
        browser.Language = language;
        string? approved = null;
        system.Provider.Change = approval => approved = approval.Purpose;
        using var review = await browser.Get($"requests/{id}/review");
        Assert.Contains("value=\"" + position + "\"", await review.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        await browser.Post($"requests/{id}/review", Answer(await Browser.Fields(review), position, page));

        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
        Assert.Equal(approves, approved);
        using var client = system.AgencyClient();
        Assert.Contains(written, Drawn(await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_person_may_want_nothing_shown_although_the_agency_asked()
    {
        system.Reset();
        var id = await Create(Pdfs.Page("Unwanted"), """{"visible":{}}""");
        using var browser = system.NewBrowser();
        using var review = await browser.Get($"requests/{id}/review");
        await browser.Post($"requests/{id}/review", Answer(await Browser.Fields(review), "none", "last"));

        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());
        using var client = system.AgencyClient();
        Assert.Equal("Unwanted", Drawn(await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation)).Trim());
    }

    [Theory]
    [InlineData("bottom_left", "2")]
    [InlineData("bottom_left", "0")]
    [InlineData("bottom_left", "x")]
    [InlineData("middle", "1")]
    [InlineData("as_asked", "1")]
    public async Task A_place_that_is_not_there_leads_back_to_the_page(string position, string page)
    {
        system.Reset();
        var id = await system.CreateRequest(Pdfs.Page("Nowhere"));
        using var browser = system.NewBrowser();
        using var review = await browser.Get($"requests/{id}/review");
        var before = system.Provider.PushedRequests;
        using var answer = await browser.Post($"requests/{id}/review", Answer(await Browser.Fields(review), position, page));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("cannot be shown there", await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
        Assert.Equal(before, system.Provider.PushedRequests);
    }

    [Fact]
    public async Task Characters_that_no_font_has_are_told_before_the_person_decides()
    {
        system.Reset();
        using var created = await system.PostRequest(Pdfs.Page("Hebrew"), purpose: "For \u05D3\u05D5\u05D3");
        var id = (await SigningSystem.Json(created))["id"]!.GetValue<string>();
        using var browser = system.NewBrowser();
        var page = await (await browser.Get($"requests/{id}/review")).Content.ReadAsStringAsync(SigningSystem.Cancellation);
        Assert.Contains("U&#x2B;05D3 U&#x2B;05D5", page, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Answer(Dictionary<string, string> fields, string position, string page)
    {
        fields["visible"] = position;
        fields["visible_page"] = page;
        return fields;
    }

    private static byte[] PageWith(string entries) => HandMadePdf.Append(Pdfs.Page("Deed"),
        (3, $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{entries}>>"));

    private async Task<string> Create(byte[] document, string signature, string purpose = "Sign the deed")
    {
        using var answer = await system.PostRequest(document, signature: signature, purpose: purpose);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        return (await SigningSystem.Json(answer))["id"]!.GetValue<string>();
    }

    private async Task<byte[]> Sign(byte[] document, StandInPerson person, string signature, string purpose = "Sign the deed")
    {
        system.Provider.Person = person;
        var id = await Create(document, signature, purpose);
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        JsonNode ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = system.AgencyClient();
        return await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
    }

    private async Task<ValidationReport> Passed(byte[] file)
    {
        var report = await system.Verify(file);
        Assert.True(report.Conclusion == "TOTAL-PASSED", string.Join('\n', report.Signatures.SelectMany(one => one.Messages.Select(message => $"{one.Field}: {message.Text}"))));
        Assert.Equal("intact", report.Integrity);
        return report;
    }

    private static string Drawn(byte[] file) => File(file, path => Tool.Run("mutool", "draw", "-F", "txt", path).Output);

    /// <summary>What a reader of codes finds on the page as poppler draws it.</summary>
    private static string[] Codes(byte[] file) => File(file, path =>
    {
        Assert.Equal(0, Tool.Run("pdftocairo", "-png", "-r", "300", "-cropbox", "-singlefile", path, path).ExitCode);
        var read = Tool.Run("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", path + ".png").Output;
        System.IO.File.Delete(path + ".png");
        return read.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    });

    private static T File<T>(byte[] file, Func<string, T> look)
    {
        var path = Path.GetTempFileName();
        System.IO.File.WriteAllBytes(path, file);
        try
        {
            return look(path);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [GeneratedRegex("<line bbox=\"([-0-9. ]+)\"")]
    private static partial Regex LineElement();
}
