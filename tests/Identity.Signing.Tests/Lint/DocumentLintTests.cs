using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Identity.Pdf.Structure;
using Identity.Signing.Lint;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.Web;

namespace Identity.Signing.Tests.Lint;

/// <summary>What could make a document look different later is found before it is signed, told to the agency, and shown to the person.</summary>
public sealed partial class DocumentLintTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Annotation = "/Annots[6 0 R]";
    private const string OverText = "<</Type/Annot/Subtype/Stamp/F 4/Rect[60 700 300 760]/AP<</N 7 0 R>>>>";

    public static TheoryData<string, string, string, string[]> Suspect => new()
    {
        // Key; catalog; page; objects from 6 on. The page shows text at 72, 720 in object 4.
        { "javascript", "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>", "", [] },
        { "javascript", "/Names<</JavaScript<</Names[(a) 6 0 R]>>>>", "", ["<</S/JavaScript/JS 7 0 R>>", Stream("this.print()")] },
        { "automatic-action", "/OpenAction<</S/Named/N/Print>>", "", [] },
        { "automatic-action", "", "/AA<</O<</S/URI/URI(https://example.org/)>>>>", [] },
        { "action", "", Annotation, ["<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(calc.exe)>>>>"] },
        { "action", "", Annotation, ["<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</Type/Action/S/GoToR/F(other.pdf)/D[0/Fit]>>>>"] },
        { "action", "", Annotation, ["<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A 7 0 R>>", "<</S/URI/URI(x)/Next<</S/Hide/T(field)>>>>"] },
        { "hidden-layers", "/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>", "", ["<</Type/OCG/Name(Draft)>>"] },
        { "hidden-layers", "/OCProperties<</OCGs[6 0 R]/D<</AS[<</Event/Print/OCGs[6 0 R]/Category[/Print]>>]>>>>", "", ["<</Type/OCG/Name(Print)>>"] },
        { "layers", "/OCProperties<</OCGs[6 0 R]/D<</ON[6 0 R]>>>>", "/Resources<</Properties<</L 6 0 R>>>>", ["<</Type/OCG/Name(Shown)>>"] },
        { "content-covered", "", "/Contents[4 0 R 6 0 R]", [Stream("1 g 60 700 300 60 re f")] },
        { "content-covered", "", "/Contents[4 0 R 6 0 R]/Resources<</Font<</F1 5 0 R>>/XObject<</I 7 0 R>>>>", [Stream("q 300 0 0 60 60 700 cm /I Do Q"), Image("")] },
        { "content-covered", "", "/Contents[4 0 R 6 0 R]/Resources<</Font<</F1 5 0 R>>/XObject<</X 7 0 R>>>>", [Stream("q 1 0 0 1 50 690 cm /X Do Q"), Form("0 0 300 80 re f")] },
        { "annotation-covers-content", "", Annotation, [OverText, Form("1 g 0 0 240 60 re f")] },
        { "annotation-covers-content", "/AcroForm<</Fields[6 0 R]>>", Annotation, ["<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/F 4/Rect[60 700 300 760]/AP<</N 7 0 R>>>>", Form("1 g 0 0 240 60 re B")] },
        { "fields-overlap", "/AcroForm<</Fields[6 0 R 7 0 R]>>", "/Annots[6 0 R 7 0 R]",
            ["<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 99 20]>>", "<</Type/Annot/Subtype/Widget/FT/Tx/T(b)/Rect[1 1 99 20]>>"] },
        { "appearances-rebuilt", "/AcroForm<</Fields[]/NeedAppearances true>>", "", [] },
        { "field-value-differs", "/AcroForm<</Fields[6 0 R]>>", Annotation, ["<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(100 EUR)/F 4/Rect[0 0 99 20]/AP<</N 7 0 R>>>>", Form("BT /F1 9 Tf (900 EUR) Tj ET")] },
        { "field-without-appearance", "/AcroForm<</Fields[6 0 R]>>", Annotation, ["<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(100 EUR)/F 4/Rect[0 0 99 20]>>"] },
        { "widget-outside-form", "", Annotation, ["<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/F 4/Rect[0 0 99 20]>>"] },
        { "unreferenced-content", "", "", ["<</Type/Page/Parent 2 0 R/Contents 4 0 R>>"] },
        { "unreferenced-content", "", "", [Stream("BT /F1 24 Tf 72 720 Td (Another deed) Tj ET")] },
        { "unreferenced-content", "", "", ["<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"] },
        { "unreferenced-content", "", "", [Image("")] },
        { "unreferenced-content", "/Names<</Templates<</Names[(t) 6 0 R]>>>>", "", ["<</Type/Template/Contents 4 0 R>>"] },
        { "external-reference", "", "/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>", ["<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Ref<</F(other.pdf)/Page 0>>/Length 0>>\nstream\n\nendstream"] },
        { "font-not-embedded", "", "/Resources<</Font<</F1 6 0 R>>>>", ["<</Type/Font/Subtype/TrueType/BaseFont/Comic#20Sans>>"] },
        { "invisible-painting", "", "/Resources<</Font<</F1 5 0 R>>/ExtGState<</G<</Type/ExtGState/ca 0>>>>>>", [] },
        { "print-differs", "", Annotation, ["<</Type/Annot/Subtype/Stamp/F 36/Rect[9 9 30 30]/AP<</N 7 0 R>>>>", Form("")] },
        { "print-differs", "", Annotation, ["<</Type/Annot/Subtype/Stamp/F 0/Rect[9 9 30 30]/AP<</N 7 0 R>>>>", Form("")] },
        { "print-differs", "", "/Resources<</Font<</F1 5 0 R>>/XObject<</I 6 0 R>>>>", [Image("/Alternates[<</Image 7 0 R/DefaultForPrinting true>>]"), Image("")] },
        { "attachment", "/Names<</EmbeddedFiles<</Names[(a) 6 0 R]>>>>", "", ["<</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>", Stream("text")] },
        { "multimedia", "", Annotation, ["<</Type/Annot/Subtype/RichMedia/F 4/Rect[9 9 30 30]>>"] },
    };

    [Theory]
    [MemberData(nameof(Suspect))]
    public void Each_kind_is_found(string key, string catalog, string page, string[] objects)
    {
        var findings = Findings(With(catalog, page, objects));
        Assert.Contains(findings, finding => finding.Key == key);
        // One thing is not called two.
        Assert.All(findings, finding => Assert.True(finding.Key == key || (key, finding.Key) is ("javascript", "automatic-action"), finding.Key));
    }

    [Theory]
    [InlineData("/OpenAction[3 0 R/Fit]", "")]
    [InlineData("/OpenAction<</S/GoTo/D[3 0 R/Fit]>>", "")]
    [InlineData("", "/Annots[<</Type/Annot/Subtype/Link/F 4/Rect[60 700 300 760]/A<</S/URI/URI(https://example.org/)>>>>]")]
    [InlineData("/AcroForm<</Fields[6 0 R]>>", "/Annots[6 0 R]", "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(100 EUR)/F 4/Rect[0 0 99 20]/AP<</N 7 0 R>>>>", "form:BT /F1 9 Tf (100) Tj 20 0 Td (EUR) Tj ET")]
    [InlineData("", "/Contents[6 0 R 4 0 R]", "stream:1 g 60 700 300 60 re f")]
    [InlineData("", "/Contents[4 0 R 6 0 R]", "stream:q 0 0 10 10 re W n 60 700 300 60 re f Q 60 700 300 60 re S")]
    [InlineData("", "/Contents[6 0 R 7 0 R 4 0 R]/Resources<</Font<</F1 5 0 R>>/XObject<</I 8 0 R>>>>", "stream:BT 3 Tr /F1 9 Tf 50 50 Td (scanned) Tj 0 Tr ET", "stream:q 595 0 0 842 0 0 cm /I Do Q", "image:")]
    [InlineData("", "/Annots[6 0 R]", "<</Type/Annot/Subtype/Highlight/F 4/Rect[60 700 300 760]/AP<</N 7 0 R>>>>", "form:0 0 240 60 re f")]
    public void What_is_ordinary_is_not(string catalog, string page, params string[] objects) => Assert.Empty(Findings(With(catalog, page,
        [.. objects.Select(value => value.Split(':', 2) is ["stream" or "form" or "image", var rest] parts ? parts[0] == "stream" ? Stream(rest) : parts[0] == "form" ? Form(rest) : Image(rest) : value)])));

    [Fact]
    public void A_font_that_was_replaced_is_found()
    {
        var file = HandMadePdf.Append(Pdfs.Page(), (5, "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"));
        Assert.Equal("font-redefined", Assert.Single(Findings(file)).Key);
        Assert.Empty(Findings(HandMadePdf.Append(Pdfs.Page(), (5, "<< /Type /Font /Subtype /Type1  /BaseFont /Helvetica >>"))));
    }

    [Theory]
    [InlineData("rub/hide_variant-2_hide-via-referenced-object_hide-form-via-form_3_signed.pdf", "fields-overlap")]
    [InlineData("rub/hide_variant-2_hide-via-referenced-object_hide-text-via-form_3_signed.pdf", "annotation-covers-content")]
    [InlineData("rub/hide_variant-2_hide-via-referenced-object_hide-text-via-form_4_manipulated.pdf", "unreferenced-content")]
    [InlineData("mkl-itext7/hide-shadow-file-signed.pdf", "content-covered")]
    [InlineData("mkl-itext7/hide-and-replace-shadow-file-signed-3.pdf", "unreferenced-content")]
    public void Documents_prepared_for_shadow_attacks_are_found(string file, string key) =>
        Assert.Contains(Findings(File.ReadAllBytes(Repository.Shared("corpus/pdf/" + file))), finding => finding.Key == key);

    [Theory]
    [InlineData("dss/doc.pdf")]
    [InlineData("dss/DSS-2199.pdf")]
    [InlineData("dss/Signature-P-DE_SCI-4.pdf")]
    [InlineData("dss/Signature-P-LT-ef971596-8f2e-407d-a413-aae9cb9b8e4a.pdf")]
    [InlineData("dss/pades-5-signatures-and-1-document-timestamp.pdf")]
    [InlineData("dss/john-doe-lta.pdf")]
    [InlineData("itext/docWithDss.pdf")]
    [InlineData("mkl-sddss5/pdfa2b_instance_signed_ltv_sample.pdf")]
    [InlineData("pyhanko/minimal-two-fields-signed-twice.pdf")]
    public void Clean_documents_of_the_corpus_are_clean(string file) => Assert.Empty(Findings(File.ReadAllBytes(Repository.Shared("corpus/pdf/" + file))));

    [Fact]
    public void Documents_as_programs_write_them_are_clean()
    {
        Assert.Empty(Findings(Office.Pdf("{\"UseTaggedPDF\":{\"type\":\"boolean\",\"value\":\"true\"}}")));
        Assert.Empty(Findings(Chromium()));
        Assert.Empty(Findings(Pdfs.Qpdf("--object-streams=generate")));
    }

    [Fact]
    public void What_a_hostile_document_costs_is_bounded_and_said()
    {
        var many = new StringBuilder();
        for (var i = 0; i < 400_000; i++)
            many.Append("0 0 9 9 re f BT (a) Tj ET ");
        var file = With("", "/Contents[6 0 R 6 0 R 6 0 R]", [Stream(many.ToString())]);
        Assert.Contains(Findings(file), finding => finding.Key == DocumentLint.Unfinished);
        var nested = Enumerable.Range(0, 40).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A {6 + (i + 1) % 40} 0 R/B {6 + (i + 2) % 40} 0 R>>>>/Length 25>>\nstream\n/A Do /B Do /A Do /B Do  \nendstream")).ToArray();
        Findings(With("", "/Contents[4 0 R 46 0 R]/Resources<</Font<</F1 5 0 R>>/XObject<</A 6 0 R>>>>", [.. nested, Stream("/A Do")]));
    }

    [Fact]
    public void A_form_that_is_drawn_often_is_decoded_once_and_paid_each_time()
    {
        var filler = new byte[LintedDocument.MostContentBytes];
        Array.Fill(filler, (byte)' ');
        var draws = string.Concat(Enumerable.Repeat("/A Do ", 100_000));
        // Eight million spaces in eight kB, drawn a hundred thousand times: read through, they would be 800 GB.
        var linted = Linted(Content(draws).Stream(6, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode", PdfBytes.Deflate(filler)).Table().ToArray());
        Assert.Contains(DocumentLint.Run(linted), finding => finding.Key == DocumentLint.Unfinished);
        Assert.InRange(linted.DecodedBytes, filler.Length, filler.Length + draws.Length + 100);
        Assert.True(linted.IsSpent);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Content_over_the_cap_is_said_to_be_left_aside_and_costs_no_more_than_the_cap(int more, bool isUnfinished)
    {
        var filler = new byte[LintedDocument.MostContentBytes + more];
        Array.Fill(filler, (byte)' ');
        var linted = Linted(Content("/A Do").Stream(6, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode", PdfBytes.Deflate(filler)).Table().ToArray());
        Assert.Equal(isUnfinished, DocumentLint.Run(linted).Any(finding => finding.Key == DocumentLint.Unfinished));
        Assert.InRange(linted.DecodedBytes, 0, LintedDocument.MostContentBytes + 100);
        Assert.False(linted.IsSpent);
    }

    [Fact]
    public void Many_forms_that_inflate_are_not_all_inflated()
    {
        var bomb = PdfBytes.Deflate(new byte[LintedDocument.MostContentBytes]);
        var draws = string.Concat(Enumerable.Range(0, 500).Select(at => string.Create(CultureInfo.InvariantCulture, $"/A{at} Do ")));
        var names = string.Concat(Enumerable.Range(0, 500).Select(at => string.Create(CultureInfo.InvariantCulture, $"/A{at} {10 + at} 0 R")));
        var file = Content(draws, names);
        for (var at = 0; at < 500; at++)
            // Half of them end in damage, after the work was done.
            file.Stream(10 + at, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode", at % 2 == 0 ? bomb : [.. bomb[..^9], 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        var linted = Linted(file.Table().ToArray());
        Assert.Contains(DocumentLint.Run(linted), finding => finding.Key == DocumentLint.Unfinished);
        Assert.InRange(linted.DecodedBytes, 1, LintedDocument.DefaultSteps * LintedDocument.BytesPerStep + LintedDocument.MostContentBytes);
    }

    [Fact]
    public void The_page_of_each_finding_is_found_in_one_walk_along_however_long_a_chain()
    {
        const int links = 20_000;
        // Each link is a finding, and its page is at the other end of the chain.
        var file = Content("").Indirect(6, "<</Next 10 0 R>>");
        for (var at = 0; at < links; at++)
            file.Indirect(10 + at, string.Create(CultureInfo.InvariantCulture, $"<</S/JavaScript/JS(x)/Next {11 + at} 0 R>>"));
        var findings = DocumentLint.Run(Linted(file.Table().ToArray()));
        Assert.Equal([1, 1, 1], findings.Where(finding => finding.Key == "javascript").Select(finding => finding.Page));
        Assert.DoesNotContain(findings, finding => finding.Key == DocumentLint.Unfinished);
    }

    [Fact]
    public void Annotations_that_all_pages_share_are_gone_through_no_more_often_than_the_budget_allows()
    {
        const int pages = 20_000;
        var kids = string.Concat(Enumerable.Range(10, pages).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number} 0 R ")));
        var file = new PdfBytes().Text("%PDF-1.7\n").Indirect(1, "<</Type/Catalog/Pages 2 0 R>>").Indirect(2, $"<</Type/Pages/Kids[{kids}]/Count {pages}>>")
            .Indirect(3, $"[{string.Concat(Enumerable.Repeat("4 0 R ", 100_000))}]").Indirect(4, "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]>>");
        for (var at = 0; at < pages; at++)
            file.Indirect(10 + at, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots 3 0 R>>");
        Assert.Contains(DocumentLint.Run(Linted(file.Table().ToArray())), finding => finding.Key == DocumentLint.Unfinished);
    }

    [Fact]
    public void Nobody_who_left_is_waited_for()
    {
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        Assert.Throws<OperationCanceledException>(() => DocumentLint.Run(Read(Pdfs.Page()), gone.Token));
    }

    private static PdfDocument Read(byte[] file) => Assert.IsType<PdfRead.Document>(PdfDocument.Read(file)).Value;

    private static LintedDocument Linted(byte[] file) => new(Read(file), SigningSystem.Cancellation);

    /// <summary>One page with this content, and the form A (object 6) among its resources.</summary>
    private static PdfBytes Content(string content, string forms = "/A 6 0 R") => PdfBytes.OnePage("", $"/Contents 4 0 R/Resources<</XObject<<{forms}>>>>")
        .Stream(4, "", Encoding.Latin1.GetBytes(content));

    [Fact]
    public void No_more_than_three_of_a_kind_are_kept()
    {
        var file = With("", "", [.. Enumerable.Repeat("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", 9)]);
        Assert.Equal(DocumentLint.MostOfAKind, Findings(file).Count);
    }

    [Fact]
    public void Every_kind_has_its_text_in_each_language()
    {
        var texts = new System.Resources.ResourceManager(typeof(SigningTexts).FullName!, typeof(SigningTexts).Assembly);
        var folder = Path.Combine(Repository.Root, "src", "Identity.Signing", "Lint");
        var keys = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).SelectMany(path => KeyInSource().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)).Distinct().Append(DocumentLint.Unfinished).ToList();
        Assert.True(keys.Count > 20);
        foreach (var language in Languages.Supported)
            Assert.All(keys, key => Assert.False(string.IsNullOrEmpty(texts.GetString("Lint_" + key.Replace('-', '_'), language.Culture)), key));
    }

    [Fact]
    public async Task The_agency_is_told_and_the_person_is_warned_before_signing()
    {
        system.Reset();
        var file = With("/OpenAction<</S/JavaScript/JS(x)>>", "/Contents[4 0 R 6 0 R]", [Stream("1 g 60 700 300 60 re f")]);
        using var created = await system.PostRequest(file, key: "lint-1");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var body = await SigningSystem.Json(created);
        Assert.Equal(["javascript", "automatic-action", "content-covered"], body["findings"]!.AsArray().Select(finding => finding!["key"]!.GetValue<string>()));
        Assert.Equal(1, body["findings"]![2]!["page"]!.GetValue<int>());
        using var repeated = await system.PostRequest(file, key: "lint-1");
        Assert.True(JsonNode.DeepEquals(body, await SigningSystem.Json(repeated)));

        using var browser = system.NewBrowser();
        browser.Language = "et";
        var page = WebUtility.HtmlDecode(await (await browser.Get($"requests/{body["id"]}/review")).Content.ReadAsStringAsync(SigningSystem.Cancellation));
        Assert.Contains("See dokument võib hiljem välja näha teistsugune", page, StringComparison.Ordinal);
        Assert.Contains("Selles on programme (JavaScript), mis võivad nähtavat muuta.", page, StringComparison.Ordinal);
        Assert.Contains("Tekst on peidus millegi all, mis on selle peale joonistatud. (lehekülg 1)", page, StringComparison.Ordinal);

        var clean = await system.CreateRequest(Pdfs.Page("Clean"));
        Assert.DoesNotContain("võib hiljem", WebUtility.HtmlDecode(await (await browser.Get($"requests/{clean}/review")).Content.ReadAsStringAsync(SigningSystem.Cancellation)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_is_partly_in_other_files_is_refused()
    {
        system.Reset();
        using var answer = await system.PostRequest(With("", "/Contents 6 0 R", ["<</F(content.bin)/Length 0>>\nstream\n\nendstream"]));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("external_content", (await SigningSystem.Json(answer))["reason"]!.GetValue<string>());
    }

    private static IReadOnlyList<LintFinding> Findings(byte[] file) =>
        DocumentLint.Run(Read(file), SigningSystem.Cancellation);

    /// <summary>One page with text, in one revision; the last of two equal keys of page and catalog would be ambiguous, so the page's own are left out.</summary>
    private static byte[] With(string catalog, string page, string[] objects)
    {
        var file = new PdfBytes().Text("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n").Indirect(1, "<</Type/Catalog/Pages 2 0 R" + catalog + ">>").Indirect(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
            .Indirect(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]" + (page.Contains("/Contents", StringComparison.Ordinal) ? "" : "/Contents 4 0 R")
                + (page.Contains("/Resources", StringComparison.Ordinal) ? "" : "/Resources<</Font<</F1 5 0 R>>>>") + page + ">>")
            .Indirect(4, Stream("BT /F1 24 Tf 72 720 Td (A deed) Tj ET"))
            .Indirect(5, page.Contains("/F1 6 0 R", StringComparison.Ordinal) || (page.Contains("/Resources", StringComparison.Ordinal) && !page.Contains("5 0 R", StringComparison.Ordinal)) ? "null" : "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
        for (var i = 0; i < objects.Length; i++)
            file.Indirect(6 + i, objects[i]);
        if (page.Contains("/Contents 6", StringComparison.Ordinal))
            file.Indirect(4, "null");
        return file.Table().ToArray();
    }

    private static string Stream(string content) => string.Create(CultureInfo.InvariantCulture, $"<</Length {content.Length}>>\nstream\n{content}\nendstream");

    private static string Form(string content) => string.Create(CultureInfo.InvariantCulture, $"<</Type/XObject/Subtype/Form/BBox[0 0 300 80]/Length {content.Length}>>\nstream\n{content}\nendstream");

    private static string Image(string entries) => $"<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray{entries}/Length 1>>\nstream\n0\nendstream";

    private static byte[] Chromium()
    {
        var folder = Directory.CreateTempSubdirectory("identity-chromium-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "a.html"), "<h1>Leping</h1><p>Kinnisvara 房地产 <a href='https://example.org/'>x</a></p><table border=1><tr><td>a<td>b</table>");
            var made = Tool.RunWith("chromium", ["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={folder}/profile", $"--print-to-pdf={folder}/a.pdf", $"file://{folder}/a.html"]);
            Assert.True(File.Exists(Path.Combine(folder, "a.pdf")), made.Text);
            return File.ReadAllBytes(Path.Combine(folder, "a.pdf"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("(?:LintFinding(?:\\.On)?|Of)\\(\"([a-z-]+)\"")]
    private static partial Regex KeyInSource();
}
