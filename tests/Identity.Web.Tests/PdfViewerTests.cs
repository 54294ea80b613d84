using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Identity.TestKit;
using Microsoft.Playwright;

namespace Identity.Web.Tests;

public sealed class PdfViewerTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    [Fact]
    public async Task Draws_the_document_with_a_text_layer_within_the_page_policy()
    {
        var (page, problems) = await Open("three", ThreePages());
        await Expect(page, "shown");

        Assert.Empty(problems);
        Assert.Equal("Page 1 of 3", await page.InnerTextAsync(".id-pdf__place"));
        Assert.Equal(3, await page.Locator(".id-pdf__page").CountAsync());
        Assert.Equal("First page", await page.InnerTextAsync(".id-pdf__page >> nth=0 >> .textLayer"));
        // A blank canvas would mean that nothing was drawn.
        Assert.True(await page.EvaluateAsync<bool>("""
            (() => { const c = document.querySelector('.id-pdf__page canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
              let dark = 0; for (let i = 0; i < d.length; i += 4) if (d[i] < 100) dark++; return dark > 100; })()
            """));
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, "document-1280.png") });
    }

    [Fact]
    public async Task Pages_and_size_follow_buttons_and_keys()
    {
        var (page, problems) = await Open("three", ThreePages(), width: 360);
        await Expect(page, "shown");
        await page.ClickAsync("button[aria-label='Next page']");
        await Until(page, "document.querySelector('.id-pdf__place').textContent === 'Page 2 of 3'");
        await page.ClickAsync("button[aria-label='Next page']");
        await page.Locator(".id-pdf__page >> nth=2 >> .textLayer").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        Assert.Equal("Third page", await page.InnerTextAsync(".id-pdf__page >> nth=2 >> .textLayer"));

        var before = await page.EvaluateAsync<double>("document.querySelector('.id-pdf__page').offsetWidth");
        await page.FocusAsync(".id-pdf__pages");
        await page.Keyboard.PressAsync("+");
        await Until(page, "document.querySelector('.id-pdf__zoom').textContent === '125 %'");
        Assert.True(await page.EvaluateAsync<double>("document.querySelector('.id-pdf__page').offsetWidth") > before);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, "document-360.png") });
        Assert.Empty(problems);
    }

    [Fact]
    public async Task The_page_fits_again_when_the_window_changes()
    {
        var (page, problems) = await Open("three", ThreePages());
        await Expect(page, "shown");
        await page.SetViewportSizeAsync(360, 800);
        await Until(page, "(() => { const list = document.querySelector('.id-pdf__pages'); return list.scrollWidth <= list.clientWidth && list.clientWidth < 360; })()");
        await Until(page, "(() => { const p = document.querySelector('.id-pdf__page'), c = p.querySelector('canvas'); return Math.abs(c.width / devicePixelRatio - p.clientWidth) <= 2; })()");
        Assert.Empty(problems);
    }

    // Playwright's own waiting evaluates text in the page, which the page's policy forbids.
    static async Task Until(IPage page, string condition)
    {
        for (var tries = 0; !await page.EvaluateAsync<bool>(condition); tries++)
        {
            Assert.True(tries < 200, "Not within 20 seconds: " + condition);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Refuses_bytes_that_are_not_those_of_the_digest()
    {
        var (page, _) = await Open("swapped", ThreePages(), digestOf: ThreePages("Another"));
        await Expect(page, "failed");
        Assert.Equal("The document that arrived is not the one that should be shown. Do not continue.", await page.InnerTextAsync(".id-pdf__status"));
        Assert.Equal(0, await page.Locator("canvas").CountAsync());
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, "document-changed.png") });
    }

    [Fact]
    public async Task An_encrypted_document_is_drawn_once_its_password_is_given()
    {
        var folder = Directory.CreateTempSubdirectory();
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "plain.pdf"), ThreePages(), TestContext.Current.CancellationToken);
        Tool.RunWith("qpdf", ["--encrypt", "secret", "owner", "256", "--", Path.Combine(folder.FullName, "plain.pdf"), Path.Combine(folder.FullName, "locked.pdf")]);
        var (page, problems) = await Open("locked", await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "locked.pdf"), TestContext.Current.CancellationToken));
        folder.Delete(recursive: true);
        foreach (var password in new[] { "another", "secret" })
        {
            await Expect(page, "locked");
            Assert.Equal(0, await page.Locator("canvas").CountAsync());
            await page.FillAsync(".id-pdf__password input", password);
            await page.ClickAsync(".id-pdf__password button");
        }
        await Expect(page, "shown");
        Assert.Equal("First page", await page.InnerTextAsync(".id-pdf__page >> nth=0 >> .textLayer"));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    [InlineData("%PDF-1.7\n%%EOF\n")]
    public async Task Says_so_when_the_bytes_are_no_document(string content)
    {
        var (page, _) = await Open("bad-" + content.Length, Encoding.ASCII.GetBytes(content));
        await Expect(page, "failed");
        Assert.Equal("The document cannot be shown here.", await page.InnerTextAsync(".id-pdf__status"));
    }

    [Fact]
    public async Task Scripts_and_links_of_a_document_do_nothing()
    {
        var (page, problems) = await Open("active", ThreePages("First page", "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
            "/Annots [ << /Type /Annot /Subtype /Link /Rect [0 0 600 800] /A << /S /URI /URI (https://evil.example/) >> >> ]"));
        await Expect(page, "shown");
        var address = page.Url;
        await page.ClickAsync(".id-pdf__page >> nth=0");
        Assert.Equal(address, page.Url);
        Assert.Equal(0, await page.Locator(".id-pdf a").CountAsync());
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Speaks_the_readers_language()
    {
        var (page, _) = await Open("three", ThreePages(), locale: "zh-CN");
        await Expect(page, "shown");
        Assert.Equal("第 1 页，共 3 页", await page.InnerTextAsync(".id-pdf__place"));
    }

    [Fact]
    public async Task Without_script_there_is_a_link_to_the_document()
    {
        await using var service = await SampleService.Start();
        var (page, _) = await browser.Open(script: false);
        await page.GotoAsync(new Uri(service.Address, "/document?source=/pdf/x&sha256=00").ToString());
        Assert.Equal("/pdf/x", await page.GetAttributeAsync("[data-pdf-viewer] a", "href"));
    }

    [Fact]
    public async Task Reads_chinese_text_whose_font_is_not_embedded()
    {
        // ISO 32000-1 9.7.5.2: UniGB-UCS2-H is a predefined CMap; the viewer has to fetch it.
        var (page, problems) = await Open("chinese", Pdf(
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
            Stream("BT /F 24 Tf 20 100 Td <4E7053565408540C> Tj ET"),
            "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /FontDescriptor 7 0 R >>",
            "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"));
        await Expect(page, "shown");
        Assert.Equal("买卖合同", await page.InnerTextAsync(".textLayer"));
        // The glyphs are the reader's own; a machine without that font says so and takes another.
        Assert.All(problems, p => Assert.StartsWith("Warning: Cannot load system font: STSong-Light", p, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Decodes_jpeg_2000_in_the_worker()
    {
        var image = Convert.FromBase64String(RedSquare);
        var (page, problems) = await Open("jpeg2000", Pdf(
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
            Stream("200 0 0 200 0 0 cm /I Do"),
            Stream(Encoding.Latin1.GetString(image), "/Type /XObject /Subtype /Image /Width 16 /Height 16 /Filter /JPXDecode ")));
        await Expect(page, "shown");
        var middle = await page.EvaluateAsync<int[]>("""
            (() => { const c = document.querySelector('.id-pdf__page canvas'); return [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data.slice(0, 3)]; })()
            """);
        Assert.Equal([200, 0, 0], middle);
        Assert.Empty(problems);
    }

    // 16 x 16 pixels of (200, 0, 0), written by opj_compress.
    const string RedSquare = "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAEAAAABAAAwcHAAAAAAAPY29scgEAAAAAABAAAADCanAyY/9P/1EALwAAAAAAEAAAABAAAAAAAAAAAAAAABAAAAAQAAAAAAAAAAAAAwcBAQcBAQcBAf9SAAwAAAABAQAEBAAB/1wABEBA/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAAASgAB/5PPtGwRUFSv9MewNwAAAABhIS/8KEwAAAAADCQl/3+A34DQFABcr99IJf9AAAAAAMJCX7R4AAABhIS//3//2Q==";

    readonly List<SampleService> services = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var service in services)
            await service.DisposeAsync();
    }

    async Task<(IPage Page, List<string> Problems)> Open(string name, byte[] bytes, byte[]? digestOf = null, int width = 1280, string locale = "en")
    {
        var service = await SampleService.Start();
        services.Add(service);
        SampleService.Documents[name] = bytes;
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(digestOf ?? bytes));
        var (page, problems) = await browser.Open(width, locale: locale);
        await page.GotoAsync(new Uri(service.Address, $"/document?source=/pdf/{name}&sha256={sha256}").ToString());
        return (page, problems);
    }

    static async Task Expect(IPage page, string state) =>
        await page.Locator($"[data-pdf-viewer][data-state='{state}']").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached, Timeout = 20_000 });

    static byte[] ThreePages(string first = "First page", string catalog = "", string page = "")
    {
        string Page(int contents, string more) =>
            $"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {contents} 0 R {more} /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>";
        string Text(string text) => Stream($"BT /F 36 Tf 72 700 Td ({text}) Tj ET");
        return Pdf(
            $"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
            "<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>",
            Page(6, page), Page(7, ""), Page(8, ""), Text(first), Text("Second page"), Text("Third page"));
    }

    static string Stream(string content, string more = "") => $"<< {more}/Length {content.Length} >>\nstream\n{content}\nendstream";

    /// <summary>A classic PDF of these objects, the first being the catalog; one character is one byte.</summary>
    static byte[] Pdf(params string[] objects)
    {
        var body = new StringBuilder("%PDF-1.7\n");
        var entries = new StringBuilder();
        for (var i = 0; i < objects.Length; i++)
        {
            entries.Append(CultureInfo.InvariantCulture, $"{body.Length:D10} 00000 n \n");
            body.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }
        var crossReferences = body.Length;
        body.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n").Append(entries);
        body.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{crossReferences}\n%%EOF\n");
        return Encoding.Latin1.GetBytes(body.ToString());
    }
}
