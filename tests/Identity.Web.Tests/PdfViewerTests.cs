using System.Security.Cryptography;
using System.Text;
using Identity.TestKit;
using Microsoft.Playwright;

namespace Identity.Web.Tests;

public sealed class PdfViewerTests(Browser browser) : IClassFixture<Browser>
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
        await page.WaitForFunctionAsync("document.querySelector('.id-pdf__place').textContent === 'Page 2 of 3'");
        await page.ClickAsync("button[aria-label='Next page']");
        await page.Locator(".id-pdf__page >> nth=2 >> .textLayer").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        Assert.Equal("Third page", await page.InnerTextAsync(".id-pdf__page >> nth=2 >> .textLayer"));

        var before = await page.EvaluateAsync<double>("document.querySelector('.id-pdf__page').offsetWidth");
        await page.FocusAsync(".id-pdf__pages");
        await page.Keyboard.PressAsync("+");
        await page.WaitForFunctionAsync("document.querySelector('.id-pdf__zoom').textContent === '125 %'");
        Assert.True(await page.EvaluateAsync<double>("document.querySelector('.id-pdf__page').offsetWidth") > before);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Pictures, "document-360.png") });
        Assert.Empty(problems);
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

    [Theory]
    [InlineData("real/*jpx*.pdf")]
    [InlineData("real/*cjk*.pdf")]
    public async Task Draws_documents_as_they_are(string pattern)
    {
        var corpus = Path.Combine(Repository.Root, "..", "shared", "corpus");
        var file = Directory.Exists(corpus) ? Directory.EnumerateFiles(corpus, Path.GetFileName(pattern), SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault() : null;
        if (file is null)
            Assert.Skip($"no {pattern} in the corpus");
        var (page, problems) = await Open(Path.GetFileNameWithoutExtension(file), await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        await Expect(page, "shown");
        Assert.Empty(problems);
    }

    readonly List<SampleService> services = [];

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

    /// <summary>A classic PDF written by hand.</summary>
    static byte[] ThreePages(string first = "First page", string catalog = "", string page = "")
    {
        var body = new StringBuilder("%PDF-1.7\n");
        var offsets = new List<int>();
        void Add(string content)
        {
            offsets.Add(body.Length);
            body.Append(System.Globalization.CultureInfo.InvariantCulture, $"{offsets.Count} 0 obj\n{content}\nendobj\n");
        }
        Add($"<< /Type /Catalog /Pages 2 0 R {catalog} >>");
        Add("<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>");
        for (var i = 0; i < 3; i++)
            Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + i} 0 R {(i == 0 ? page : "")} /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>");
        foreach (var text in new[] { first, "Second page", "Third page" })
        {
            var stream = $"BT /F 36 Tf 72 700 Td ({text}) Tj ET";
            Add($"<< /Length {stream.Length} >>\nstream\n{stream}\nendstream");
        }
        var xref = body.Length;
        body.Append(System.Globalization.CultureInfo.InvariantCulture, $"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            body.Append(System.Globalization.CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        body.Append(System.Globalization.CultureInfo.InvariantCulture, $"trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(body.ToString());
    }
}
