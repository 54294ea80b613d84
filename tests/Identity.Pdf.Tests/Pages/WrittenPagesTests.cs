using Identity.Pdf.Fonts;
using Identity.Pdf.Pages;
using Identity.Pdf.Structure;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Pages;

/// <summary>Documents of our own making, and PNG files that may stand in them.</summary>
public sealed class WrittenPagesTests : IDisposable
{
    private static readonly IReadOnlyList<TrueTypeFont> Fonts =
        [TrueTypeFont.Read(File.ReadAllBytes(Path.Combine(Repository.Root, "src/Identity.Signing/Appearances/Fonts/NotoSans-Regular.ttf")))];

    private readonly string folder = Directory.CreateTempSubdirectory("identity-pages-").FullName;

    private static int Pages(WrittenPages written) =>
        Assert.IsType<PdfRead.Document>(PdfDocument.Read(written.Write("Title", "en", DateTimeOffset.UnixEpoch))).Value.Latest.Pages.Pages.Count;

    /// <summary>A PNG of RGB without transparency, by poppler.</summary>
    private byte[] Png()
    {
        var pdf = Path.Combine(folder, "page.pdf");
        File.WriteAllBytes(pdf, HandMadePdf.Plain());
        Tool.Run("pdftocairo", "-png", "-singlefile", "-scale-to", "100", pdf, Path.Combine(folder, "page"));
        return File.ReadAllBytes(Path.Combine(folder, "page.png"));
    }

    [Fact]
    public void A_document_has_no_more_pages_than_the_cap()
    {
        var written = new WrittenPages(Fonts);
        for (var i = 0; i < WrittenPages.MostPages; i++)
            written.Paragraph("A page of its own.", 500);
        Assert.True(Pages(written) <= WrittenPages.MostPages);
        var more = new WrittenPages(Fonts);
        for (var i = 0; i < WrittenPages.MostPages * 2; i++)
            more.Paragraph("W", 500);
        Assert.Equal(WrittenPages.MostPages, Pages(more));
    }

    [Fact]
    public void Text_and_picture_are_read_by_other_programs()
    {
        var picture = PngPicture.Read(Png());
        Assert.Equal((71, 100), (picture!.Width, picture.Height));
        var path = Path.Combine(folder, "written.pdf");
        File.WriteAllBytes(path, new WrittenPages(Fonts).Paragraph("Õun, ärä – (1) \\ end").Row([picture, picture]).Write("A <title> & more", "et", DateTimeOffset.UnixEpoch));
        Assert.Contains("No syntax or stream encoding errors", Tool.Run("qpdf", "--check", path).Output, StringComparison.Ordinal);
        Assert.Contains("Õun, ärä – (1) \\ end", Tool.Run("pdftotext", path, "-").Output, StringComparison.Ordinal);
        Assert.Contains("A &lt;title&gt; &amp; more", Tool.Run("pdfinfo", "-meta", path).Output, StringComparison.Ordinal);
        // The rows are the PNG's own: taken out, they are the picture that was put in.
        Tool.Run("pdfimages", "-png", path, Path.Combine(folder, "out"));
        Assert.Equal(2, Directory.GetFiles(folder, "out-*.png").Length);
    }

    [Theory]
    [InlineData(24, 16)] // 16 bits
    [InlineData(25, 6)] // transparency
    [InlineData(25, 3)] // palette
    [InlineData(28, 1)] // interlaced
    [InlineData(0, 0)] // no PNG
    [InlineData(16, 0x80)] // negative width
    [InlineData(8, 0x7F)] // a chunk longer than the file
    public void A_picture_of_another_kind_is_refused(int offset, byte value)
    {
        var png = Png();
        png[offset] = value;
        Assert.Null(PngPicture.Read(png));
    }

    [Fact]
    public void A_picture_cut_short_anywhere_is_refused()
    {
        var png = Png();
        for (var length = 0; length < png.Length; length += 37)
            Assert.Null(PngPicture.Read(png.AsSpan(0, length)));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
