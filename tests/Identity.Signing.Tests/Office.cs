using Identity.TestKit;

namespace Identity.Signing.Tests;

/// <summary>PDF files as LibreOffice writes them.</summary>
internal static class Office
{
    /// <param name="options">JSON of the export filter, such as {"SelectPdfVersion":{"type":"long","value":"1"}}.</param>
    public static byte[] Pdf(string options = "{}", string text = "<h1>Müügileping</h1><p>Kinnisvara 房地产 müüakse.</p>")
    {
        var folder = Directory.CreateTempSubdirectory("identity-office-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "deed.html"), $"<html><head><meta charset=\"utf-8\"><title>Deed</title></head><body lang=\"et\">{text}</body></html>");
            var made = Tool.RunWith("soffice", [$"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "odt:writer8", "--outdir", folder, Path.Combine(folder, "deed.html")], timeout: TimeSpan.FromMinutes(2));
            Assert.True(File.Exists(Path.Combine(folder, "deed.odt")), made.Text);
            made = Tool.RunWith("soffice", [$"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf:writer_pdf_Export:" + options, "--outdir", folder, Path.Combine(folder, "deed.odt")], timeout: TimeSpan.FromMinutes(2));
            Assert.True(File.Exists(Path.Combine(folder, "deed.pdf")), made.Text);
            return File.ReadAllBytes(Path.Combine(folder, "deed.pdf"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
