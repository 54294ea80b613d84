using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;

namespace Identity.Web.Tests;

public sealed partial class AssetsTests
{
    const int LargestPage = 100_000;

    [Fact]
    public async Task With_its_hash_in_the_address_an_asset_is_cached_for_ever_and_without_asked_for_again()
    {
        await using var service = await SampleService.Start();
        var versioned = await service.Get(Assets.Url("identity.css"));
        Assert.Equal("public, max-age=31536000, immutable", versioned.Headers.NonValidated["Cache-Control"].ToString());
        Assert.Equal("public, no-cache", (await service.Get("/assets/identity.css")).Headers.NonValidated["Cache-Control"].ToString());
        Assert.Equal("public, no-cache", (await service.Get("/assets/identity.css?v=0000000000000000")).Headers.NonValidated["Cache-Control"].ToString());
    }

    [Fact]
    public async Task A_known_entity_tag_is_304_without_body_and_another_is_not()
    {
        await using var service = await SampleService.Start();
        var tag = (await service.Get("/assets/identity.css")).Headers.ETag!.ToString();
        Assert.Matches("^\"[0-9a-f]{16}\"$", tag);
        var known = await service.Get("/assets/identity.css", ("If-None-Match", $"\"other\", {tag}"));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Equal(tag, known.Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await service.Get("/assets/identity.css", ("If-None-Match", "\"other\""))).StatusCode);
    }

    [Fact]
    public async Task Is_compressed_for_those_who_accept_it_and_the_same_when_unpacked()
    {
        await using var service = await SampleService.Start();
        var plain = await (await service.Get("/assets/uswds.css")).Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var answer = await service.Get("/assets/uswds.css", ("Accept-Encoding", "br, gzip;q=0.8"));
        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Contains("Accept-Encoding", answer.Headers.Vary);
        await using var zipped = new GZipStream(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        await zipped.CopyToAsync(unpacked, TestContext.Current.CancellationToken);
        Assert.Equal(plain, unpacked.ToArray());
        Assert.Empty((await service.Get("/assets/uswds.css", ("Accept-Encoding", "gzip;q=0"))).Content.Headers.ContentEncoding);
    }

    [Theory]
    [InlineData("identity.css", "text/css; charset=utf-8")]
    [InlineData("mark.svg", "image/svg+xml")]
    [InlineData("pdf-viewer.mjs", "text/javascript; charset=utf-8")]
    [InlineData("fonts/public-sans-regular.woff2", "font/woff2")]
    [InlineData("pdfjs/wasm/openjpeg.wasm", "application/wasm")]
    [InlineData("pdfjs/cmaps/UniGB-UTF16-H.bcmap", "application/octet-stream")]
    [InlineData("sample/extra.mjs", "text/javascript; charset=utf-8")]
    public async Task Has_its_content_type(string path, string type)
    {
        await using var service = await SampleService.Start();
        var answer = await service.Get("/assets/" + path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData("/assets")]
    [InlineData("/assets/")]
    [InlineData("/assets/missing.css")]
    [InlineData("/assets/Identity.css")]
    [InlineData("/assets/../identity.css")]
    [InlineData("/assets/%2e%2e/Identity.Web.dll")]
    [InlineData("/assets//identity.css")]
    [InlineData("/assets/fonts")]
    [InlineData("/assets/README.md")]
    [InlineData("/assets/build/refresh.sh")]
    [InlineData("/assets/identity.css%00")]
    public async Task What_does_not_exist_is_404(string target)
    {
        await using var service = await SampleService.Start();
        var answer = await Wire.Get(service.Address, target);
        Assert.True(answer.StartsWith("HTTP/1.1 404", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer.Split('\r')[0]);
    }

    [Fact]
    public async Task Only_reading_is_allowed()
    {
        await using var service = await SampleService.Start();
        var answer = await service.Client.PostAsync("/assets/identity.css", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
        using var head = new HttpRequestMessage(HttpMethod.Head, "/assets/identity.css");
        Assert.Equal(HttpStatusCode.OK, (await service.Client.SendAsync(head, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Web_assembly_is_allowed_to_the_worker_of_the_viewer_alone()
    {
        await using var service = await SampleService.Start();
        Assert.Contains("script-src 'self' 'wasm-unsafe-eval'", (await service.Get("/assets/pdfjs/pdf.worker.min.mjs")).Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (var path in new[] { "/components", "/document?sha256=x&source=/x", "/assets/pdf-viewer.mjs", "/assets/pdfjs/../pdf-viewer.mjs" })
            Assert.DoesNotContain("wasm", (await service.Navigate(path)).Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_a_missing_asset_is_a_mistake_in_a_page()
    {
        Assert.Throws<ArgumentException>(() => Assets.Url("missing.css"));
        Assert.Throws<ArgumentException>(() => Assets.Url<SampleService>("missing.css"));
        Assert.Matches(@"^/assets/sample/extra\.mjs\?v=[0-9a-f]{16}$", Assets.Url<SampleService>("sample/extra.mjs"));
    }

    [Fact]
    public async Task A_page_with_style_sheets_fonts_and_mark_is_under_100_kB_compressed()
    {
        await using var service = await SampleService.Start();
        var page = await (await service.Navigate("/components")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var total = page.Length;
        var css = "";
        foreach (Match link in AssetAddress().Matches(page))
            total += await Size(link.Value);
        foreach (var sheet in new[] { "/assets/uswds.css", "/assets/identity.css" })
            css += await (await service.Get(sheet)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var fonts = AssetAddress().Matches(css);
        Assert.Equal(2, fonts.Count);
        foreach (Match font in fonts)
            total += await Size(font.Value);
        Assert.True(total < LargestPage, $"{total} bytes");
        Assert.DoesNotMatch(@"url\((?!""(data:|/assets/|""\)))", css);

        async Task<int> Size(string address)
        {
            var answer = await service.Get(address, ("Accept-Encoding", "gzip"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length;
        }
    }

    [Fact]
    public void No_asset_names_another_host_to_load_from()
    {
        foreach (var name in typeof(Assets).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".css", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(typeof(Assets).Assembly.GetManifestResourceStream(name)!);
            Assert.DoesNotMatch(@"url\(""?(https?:)?//|@import", reader.ReadToEnd());
        }
    }

    [GeneratedRegex(@"/assets/[A-Za-z0-9./_-]+\?v=[0-9a-f]{16}")]
    private static partial Regex AssetAddress();
}
