using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.Verification.Engine;
using Identity.Verification.Pictures;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Tests.Validations;

namespace Identity.Verification.Tests.Pictures;

/// <summary>Which pages are shown before and after, and that drawing them is safe and never in the way of a verdict.</summary>
public sealed partial class ChangedPages(Hierarchy hierarchy, VerificationServer server) : IClassFixture<VerificationServer>
{
    private async Task<IReadOnlyList<(int Revision, int Page)>> Of(byte[] file)
    {
        var validation = new ValidateDocument(hierarchy.Anchors, OnlineRevocation.Offline, ValidationPolicy.Default, PdfLimits.Default, new StandingClock(Hierarchy.Now));
        return PageDifferences.Of(Assert.IsType<DocumentResult.Judged>(await validation.Run(file, CancellationToken.None)));
    }

    private byte[] Changed(params (int, string)[] update) => HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), update);

    private static async Task<SandboxedPoppler> Poppler()
    {
        Tool.Require("pdftocairo");
        var search = await Sandbox.Find(CancellationToken.None);
        Assert.SkipWhen(search is SandboxSearch.None, (search as SandboxSearch.None)?.Why ?? "");
        return Assert.IsType<SandboxedPoppler>(await SandboxedPoppler.In(((SandboxSearch.Found)search).Sandbox, CancellationToken.None));
    }

    [Fact]
    public async Task A_page_whose_content_was_replaced_is_shown_and_a_sound_signature_shows_none()
    {
        Assert.Equal([(3, 1)], await Of(Changed((HandMadePdf.Content, HandMadePdf.Stream("BT ET")))));
        Assert.Empty(await Of(hierarchy.Sign(HandMadePdf.Plain())));
        Assert.Empty(await Of(HandMadePdf.Plain()));
    }

    [Fact]
    public async Task An_exchanged_font_names_the_pages_that_use_it() => Assert.Equal([(3, 1)], await Of(Changed((5, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"))));

    /// <summary>Three pages: 3 and 30 inherit a font from the root, 31 has its own form, which uses a font; layer 40 is used by 30.</summary>
    private byte[] ThreePages() => hierarchy.Sign(HandMadePdf.Append(HandMadePdf.Plain(),
        (2, "<</Type/Pages/Kids[3 0 R 30 0 R 31 0 R]/Count 3/MediaBox 41 0 R/Resources<</Font<</F9 32 0 R>>>>>>"),
        (30, "<</Type/Page/Parent 2 0 R/Contents 36 0 R/Resources<</Properties<</L 40 0 R>>>>>>"),
        (31, "<</Type/Page/Parent 2 0 R/Contents 36 0 R/Resources<</XObject<</A 33 0 R>>>>>>"),
        (32, "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"),
        (33, HandMadePdf.Stream("BT /F1 9 Tf (x) Tj ET", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F1 34 0 R>>>>")),
        (34, "<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode 35 0 R/Encoding 37 0 R>>"), (35, HandMadePdf.Stream("beginbfchar <41> <0041> endbfchar")), (36, HandMadePdf.Stream("/A Do")),
        (37, "<</Type/Encoding/Differences[65/A]>>"), (40, "<</Type/OCG/Name(Draft)>>"), (41, "[0 0 595 842]"), (42, "<</OCGs[40 0 R]/D 43 0 R>>"), (43, "<</ON[40 0 R]>>")),
        null, new SignatureShape { Catalog = "/OCProperties 42 0 R" });

    [Theory]
    // A font inherited by all; one in a form of one page, its encoding and its mapping to characters; content that two pages share; the page size for who has none.
    [InlineData(32, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>", new[] { 1, 2, 3 })]
    [InlineData(34, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>", new[] { 3 })]
    [InlineData(35, "<</Length 1>>\nstream\nx\nendstream", new[] { 3 })]
    [InlineData(37, "<</Type/Encoding/Differences[65/B]>>", new[] { 3 })]
    [InlineData(36, "<</Length 1>>\nstream\nx\nendstream", new[] { 2, 3 })]
    [InlineData(41, "[0 0 100 100]", new[] { 1, 2, 3 })]
    // A layer that is switched off, in the configuration or by another catalog entry; another order of pages; a page in the place of another.
    [InlineData(43, "<</OFF[40 0 R]>>", new[] { 2 })]
    [InlineData(42, "<</OCGs[40 0 R]/D<</OFF[40 0 R]>>>>", new[] { 2 })]
    [InlineData(2, "<</Type/Pages/Kids[3 0 R 31 0 R 30 0 R]/Count 3/MediaBox 41 0 R/Resources<</Font<</F9 32 0 R>>>>>>", new[] { 2, 3 })]
    [InlineData(2, "<</Type/Pages/Kids[3 0 R 30 0 R 31 0 R]/Count 3/MediaBox[0 0 9 9]/Resources<</Font<</F9 32 0 R>>>>>>", new[] { 2, 3 })]
    [InlineData(2, "<</Type/Pages/Kids[3 0 R 30 0 R]/Count 2/MediaBox 41 0 R/Resources<</Font<</F9 32 0 R>>>>>>", new[] { 3 })]
    public async Task Every_page_whose_objects_changed_is_listed(int number, string value, int[] pages) =>
        Assert.Equal(pages.Select(page => (4, page)), await Of(HandMadePdf.Append(ThreePages(), (number, value))));

    [Fact]
    public async Task Pages_are_found_among_many_objects_and_many_changes()
    {
        // More objects than were once followed: each font is in the resources of the page.
        const int fonts = 60_000;
        var names = string.Concat(Enumerable.Range(100, fonts).Select(number => FormattableString.Invariant($"/A{number} {number} 0 R")));
        var file = HandMadePdf.Append(HandMadePdf.Plain(), [(50, $"<<{names}>>"), .. Enumerable.Range(100, fonts).Select(number => (number, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"))]);
        file = hierarchy.Sign(file, null, new SignatureShape { Resources = "/Other 50 0 R" });
        Assert.Equal([(4, 1)], await Of(HandMadePdf.Append(file, [(60, "()"), .. Enumerable.Range(100, 300).Select(number => (number, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"))])));
    }

    [Fact]
    public async Task What_happened_before_the_first_signature_is_not_shown() =>
        Assert.Empty(await Of(hierarchy.Sign(HandMadePdf.Append(HandMadePdf.Plain(), (HandMadePdf.Content, HandMadePdf.Stream("BT ET"))))));

    [Fact]
    public async Task No_more_pages_than_the_cap()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain());
        for (var i = 0; i < PageDifferences.MostPages + 1; i++)
            file = HandMadePdf.Append(file, (HandMadePdf.Content, HandMadePdf.Stream($"BT {i} 0 Td ET")));
        Assert.Equal(PageDifferences.MostPages, (await Of(file)).Count);
    }

    [Theory]
    // An object, as viewers that repair find it; a part of a table that leads elsewhere; both, of other objects; what says nothing.
    [InlineData("34 0 obj\n<</Type/Font>>\nendobj\n", new[] { 3, 1, 2 })]
    [InlineData("xref\n35 3\n0000000015 00000 n \n0000000015 00000 n \n0000000015 00000 n \ntrailer\n<<>>\n", new[] { 2, 3, 1 })]
    [InlineData("999 0 obj\nxref\n0 1\n0000000000 65535 f \n", new[] { 1, 2, 3 })]
    [InlineData("and sold for 900 EUR", new[] { 1, 2, 3 })]
    [InlineData("9999999 99999 0000000000 00000 n ", new[] { 1, 2, 3 })]
    public async Task Bytes_behind_the_end_are_looked_at_on_the_pages_that_they_name_and_then_on_others(string bytes, int[] pages) =>
        Assert.Equal(pages.Select(page => (4, page)), await Of([.. ThreePages(), .. Encoding.Latin1.GetBytes(bytes)]));

    /// <summary>Published attacks (Mladenov and others, 2019; Mainka and others, 2021): the verdict is not all that a reader gets.</summary>
    [Theory]
    [InlineData("mkl-pdfbox2/isa_C.pdf")]
    [InlineData("mkl-pdfbox2/isa_F.pdf")]
    [InlineData("mkl-pdfbox2/isa_I.pdf")]
    [InlineData("mkl-itext7/hide-shadow-file-signed.pdf")]
    public async Task A_published_file_with_bytes_behind_the_end_is_shown_as_signed_and_with_them(string name)
    {
        await Poppler();
        await using var roomy = new VerificationServer(hierarchy) { Settings = ["--Verification:MaxFileBytes=1000000", "--Verification:MaxBytesInFlight=1000000"] };
        await roomy.InitializeAsync();
        var pictures = await Pictures(await File.ReadAllBytesAsync(Repository.Shared("corpus/pdf/" + name), TestContext.Current.CancellationToken), null, roomy);
        Assert.Equal(2, pictures.Count);
        Assert.NotEqual(pictures[0], pictures[1]);
    }

    [Theory]
    [InlineData("128 --use-aes=n", "disable")]
    [InlineData("128 --use-aes=y", "generate")]
    [InlineData("256", "generate")]
    public async Task A_document_with_a_password_is_shown_as_signed_and_as_changed(string variant, string objectStreams)
    {
        await Poppler();
        const string password = "saladus";
        var signed = PdfBox.Sign(EncryptedPdf.By(variant, password, "--object-streams=" + objectStreams), password,
            hierarchy.Pki.CertificatePath("liis"), hierarchy.Pki.KeyPath("liis"), hierarchy.Pki.CertificatePath("people-ca"));

        var pictures = await Pictures(PdfBox.ReplaceContent(signed, password, "100 EUR", "900 EUR"), password);

        // As plain ones are: the same page, drawn from a file that never had a password.
        Assert.Equal(await Pictures(Changed((HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 900 EUR) Tj ET")))), pictures);
        Assert.Empty(await Pictures(signed, password));
    }

    private async Task<List<string>> Pictures(byte[] file, string? password = null, VerificationServer? by = null)
    {
        using var response = await (by ?? server).Upload(file, "/", password: password);
        Assert.True(response.IsSuccessStatusCode);
        return [.. Picture().Matches(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Select(match => match.Groups[1].Value)];
    }

    [Fact]
    public async Task The_page_shows_both_side_by_side_and_they_differ()
    {
        await Poppler();
        var pictures = await Pictures(Changed((HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 900 EUR) Tj ET"))));
        Assert.Equal(2, pictures.Count);
        Assert.NotEqual(pictures[0], pictures[1]);
    }

    [Fact]
    public async Task Without_drawing_the_changes_are_told_in_words()
    {
        await using var plain = new VerificationServer(hierarchy) { Settings = ["--Verification:DrawPages=false"] };
        await plain.InitializeAsync();
        using var response = await plain.Upload(Changed((HandMadePdf.Content, HandMadePdf.Stream("BT ET"))), "/");
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("data:image/png", page, StringComparison.Ordinal);
        Assert.Contains("Page 1: the content was replaced.", page, StringComparison.Ordinal);
        Assert.Contains("(object 4 0)", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(99, false)]
    public async Task A_page_is_drawn_when_there_is_one(int page, bool isDrawn) =>
        Assert.Equal(isDrawn, await (await Poppler()).Draw(HandMadePdf.Plain(), page, TestContext.Current.CancellationToken) is not null);

    [Fact]
    public async Task What_is_no_pdf_is_not_drawn_and_does_not_hang()
    {
        var poppler = await Poppler();
        Assert.Null(await poppler.Draw(new byte[5_000_000], 1, TestContext.Current.CancellationToken));
        Assert.Null(await poppler.Draw(ReadOnlyMemory<byte>.Empty, 1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_picture_over_the_cap_is_given_up()
    {
        // Noise does not compress: three bytes for each of 900 times 900 pixels.
        const int side = SandboxedPoppler.LongerSide;
        var noise = string.Concat(RandomNumberGenerator.GetBytes(side * side * 3).Select(value => (char)value));
        byte[] Page(int pixels) => HandMadePdf.Append(HandMadePdf.Plain(),
            (20, HandMadePdf.Stream(noise[..(pixels * pixels * 3)], $"/Type/XObject/Subtype/Image/Width {pixels}/Height {pixels}/ColorSpace/DeviceRGB/BitsPerComponent 8")),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 900]/Contents 4 0 R/Resources<</XObject<</A 20 0 R>>>>>>"),
            (HandMadePdf.Content, HandMadePdf.Stream($"{pixels} 0 0 {pixels} 0 0 cm /A Do")));
        var poppler = await Poppler();
        Assert.Null(await poppler.Draw(Page(side), 1, TestContext.Current.CancellationToken));
        Assert.InRange((await poppler.Draw(Page(300), 1, TestContext.Current.CancellationToken))!.Length, 200_000, Sandbox.LargestAnswer);
    }

    [Fact]
    public async Task A_page_that_takes_for_ever_is_given_up()
    {
        // Forms that draw each other ten times each, eight deep: a hundred million drawings.
        var objects = new List<(int, string)> { (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</A 20 0 R>>>>>>"), (HandMadePdf.Content, HandMadePdf.Stream("/A Do")) };
        for (var i = 20; i < 28; i++)
            objects.Add((i, HandMadePdf.Stream(string.Concat(Enumerable.Repeat("/A Do ", 10)), $"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</A {i + 1} 0 R>>>>")));
        objects.Add((28, HandMadePdf.Stream("0 0 m 500 800 l 3 w S", "/Type/XObject/Subtype/Form/BBox[0 0 595 842]")));
        Assert.Null(await (await Poppler()).Draw(HandMadePdf.Append(HandMadePdf.Plain(), objects), 1, TestContext.Current.CancellationToken));
    }

    [GeneratedRegex("src=\"data:image/png;base64,([A-Za-z0-9+/=&#;x]+)\"")]
    private static partial Regex Picture();
}
