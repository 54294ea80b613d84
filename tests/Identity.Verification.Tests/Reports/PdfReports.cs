using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Identity.Pdf.Structure;
using Identity.TestKit;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;

namespace Identity.Verification.Tests.Reports;

/// <summary>The PDF report: sound for qpdf, read by poppler, in three languages, with the pictures, and harmless whatever names say.</summary>
public sealed class PdfReports(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>
{
    private static string Text(byte[] pdf)
    {
        using var file = new TemporaryFile(pdf);
        Assert.Contains("No syntax or stream encoding errors", Tool.Run("qpdf", "--check", file.Path).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("error", Tool.Run("mutool", "draw", "-o", "/dev/null", "-F", "png", file.Path).Error, StringComparison.OrdinalIgnoreCase);
        return Tool.Run("pdftotext", "-layout", file.Path, "-").Output;
    }

    private static string Joined(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [Theory]
    [InlineData("en", "The signature is valid and the document is unchanged.", "How long can it be verified?", "Who signed?")]
    [InlineData("et", "Kui kaua saab seda kontrollida?", "Mida peaksin tegema?", "Miks ütlevad teised programmid teisiti?")]
    [InlineData("zh-Hans", "签名有效，文档未被更改。", "可以验证到什么时候？", "我该怎么做？")]
    public async Task Says_in_the_readers_language_what_the_page_says(string language, params string[] sentences)
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")), hierarchy);
        var text = Text(PdfReport.Render(report, new CultureInfo(language)));
        Assert.All(sentences, sentence => Assert.Contains(sentence, Joined(text), StringComparison.Ordinal));
        Assert.Contains("Person liis", text, StringComparison.Ordinal);
        Assert.Contains(report.Sha256![..8], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_not_read_has_a_report_too() =>
        Assert.Contains("could not be examined", Joined(Text(PdfReport.Render(await Validating.Report("garbage"u8.ToArray(), hierarchy), new CultureInfo("en")))), StringComparison.Ordinal);

    [Fact]
    public async Task Hostile_names_are_drawn_as_text_and_reorder_nothing()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), null, new SignatureShape { Dictionary = "/Reason(\\(evil\\) Tj ET /JavaScript << >> endstream)" }), hierarchy) with { File = "a\u202Efdp.exe\u0000)>>\n.pdf" };
        var text = Text(PdfReport.Render(report, new CultureInfo("en")));
        Assert.Contains("(evil) Tj ET /JavaScript << >> endstream", Joined(text), StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', text);
        Assert.DoesNotContain('\0', text);
    }

    [Fact]
    public async Task Many_changes_flow_over_pages()
    {
        var objects = Enumerable.Range(0, 90).Select(i => (30 + (i % 60), $"<</Type/Annot/Subtype/FreeText/Contents(x)/Rect[{i} 0 9 9]>>")).DistinctBy(one => one.Item1).ToList();
        var annotations = string.Join(' ', objects.Select(one => $"{one.Item1} 0 R"));
        var report = await Validating.Report(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()),
            [.. objects, (HandMadePdf.Page, $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R {annotations}]>>")]), hierarchy);
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(PdfReport.Render(report, new CultureInfo("en")))).Value;
        Assert.InRange(document.Latest.Pages.Pages.Count, 2, 10);
    }

    [Fact]
    public async Task The_service_gives_it_in_the_language_and_with_pictures()
    {
        using var document = new ByteArrayContent(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 900 EUR) Tj ET"))));
        using var form = new MultipartFormDataContent { { document, "file", "leping.pdf" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/validations") { Content = form };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/pdf"));
        request.Headers.AcceptLanguage.ParseAdd("et");
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "application/pdf"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var pdf = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Contains("Dokumenti muudeti pärast allkirjastamist.", Joined(Text(pdf)), StringComparison.Ordinal);
        using var file = new TemporaryFile(pdf);
        // Where pages can be drawn there are two pictures, RGB and of the size that was asked for.
        var pictures = Tool.Run("pdfimages", "-list", file.Path).Output.Split('\n').Count(line => line.Contains(" image ", StringComparison.Ordinal));
        Assert.Equal(await Verification.Pictures.Sandbox.Find(TestContext.Current.CancellationToken) is Verification.Pictures.SandboxSearch.Found ? 2 : 0, pictures);
    }
}
