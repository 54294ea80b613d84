using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Signing.Tests.Seals;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Pades;

/// <summary>PDFs of different producers, signed for archiving; each level for PDFBox; and what the security store holds, for openssl.</summary>
public sealed class ProducerTests(SealSystem system) : IClassFixture<SealSystem>
{
    private const string Text = "A deed of a page\n";

    public static TheoryData<string> Producers() => new("LibreOffice", "Skia in Chromium", "cairo", "Ghostscript", "MuPDF", "PDFBox");

    [Theory]
    [MemberData(nameof(Producers))]
    public async Task A_document_of_each_producer_is_archived_and_valid_for_every_program(string producer)
    {
        system.Service.Reset();
        var document = Make(producer);
        var file = await system.Service.Sign(document, level: "B-LTA");
        Assert.True(file.AsSpan().StartsWith(document));

        Assert.Equal(["ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole"], PdfBox.Verify(file));
        using var signed = new ExaminedPdf(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca")) { At = 0 };
        var pdfsig = signed.Pdfsig().Text;
        Assert.Contains("Signature is Valid.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Certificate is Trusted.", pdfsig, StringComparison.Ordinal);
        var qpdf = signed.Qpdf();
        Assert.True(qpdf.ExitCode == 0 && !qpdf.Text.Contains("WARNING", StringComparison.Ordinal), qpdf.Text);
        Assert.Equal(0, signed.OpensslCms().ExitCode);
        Assert.Contains("Verification: OK", signed.OpensslTs().Text, StringComparison.Ordinal);
        // mutool draws the page without a complaint; of archives it says only that something came behind.
        var drawn = Tool.RunWith("mutool", ["draw", "-F", "txt", system.Pki.Write("producer.pdf", file), "1"]);
        Assert.True(drawn.ExitCode == 0 && !drawn.Text.Contains("error", StringComparison.OrdinalIgnoreCase) && !drawn.Text.Contains("repair", StringComparison.OrdinalIgnoreCase), drawn.Text);
        Assert.Contains(producer == "PDFBox" ? "Made by PDFBox" : "A deed", drawn.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("has been changed", signed.Mutool().Text, StringComparison.OrdinalIgnoreCase);
        var report = await system.Service.Verify(file);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", "archival"), (report.Conclusion, report.Signatures[0].Level, report.Signatures[0].ChangesAfter));
    }

    [Theory]
    [InlineData("B-B", "ETSI.CAdES.detached verifies whole")]
    [InlineData("B-T", "ETSI.CAdES.detached verifies whole")]
    [InlineData("B-LT", "ETSI.CAdES.detached verifies part")]
    [InlineData("B-LTA", "ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole")]
    public async Task PDFBox_verifies_each_level_and_sees_a_changed_byte(string level, params string[] lines)
    {
        system.Service.Reset();
        var file = await SealSystem.Sealed(system.Service, Pdfs.Page("Level " + level), level: level);
        Assert.Equal(lines, PdfBox.Verify(file));
        file[System.Text.Encoding.Latin1.GetString(file).IndexOf("Level ", StringComparison.Ordinal)] ^= 1;
        Assert.All(PdfBox.Verify(file), line => Assert.Contains("DOES NOT VERIFY", line, StringComparison.Ordinal));
    }

    private static byte[] Make(string producer)
    {
        if (producer == "PDFBox")
            return PdfBox.Create();
        var folder = Directory.CreateTempSubdirectory("identity-producer-").FullName;
        try
        {
            string In(string name) => Path.Combine(folder, name);
            File.WriteAllText(In("deed.txt"), Text);
            File.WriteAllText(In("deed.html"), $"<!doctype html><p>{Text}</p>");
            File.WriteAllText(In("deed.ps"), "%!PS\n/Helvetica findfont 12 scalefont setfont 72 700 moveto (A deed of a page) show showpage\n");
            File.WriteAllText(In("deed.mu"), "%%MediaBox 0 0 595 842\n%%Font F1 Helvetica\nBT /F1 12 Tf 72 700 Td (A deed of a page) Tj ET\n");
            File.WriteAllBytes(In("deed.in.pdf"), Pdfs.Page());
            string[] run = producer switch
            {
                "LibreOffice" => ["soffice", "-env:UserInstallation=file://" + In("profile"), "--headless", "--convert-to", "pdf", "--outdir", folder, In("deed.txt")],
                "Skia in Chromium" => ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + In("profile"), "--print-to-pdf=" + In("deed.pdf"), In("deed.html")],
                "cairo" => ["pdftocairo", "-pdf", In("deed.in.pdf"), In("deed.pdf")],
                "Ghostscript" => ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-sOutputFile=" + In("deed.pdf"), In("deed.ps")],
                _ => ["mutool", "create", "-o", In("deed.pdf"), In("deed.mu")],
            };
            Tool.Require(run[0]);
            var made = Tool.RunWith(run[0], run[1..], workingDirectory: folder);
            Assert.True(File.Exists(In("deed.pdf")), made.Text);
            return File.ReadAllBytes(In("deed.pdf"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
