using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Signing.Pades;
using Identity.TestKit;

namespace Identity.Signing.Tests.Documents;

/// <summary>What other programs, and ours, find in an encrypted document that was signed for archiving.</summary>
internal static class Encrypted
{
    public static void Whole(byte[] signed, string password, int signatures = 1)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, signed);
            // Old versions take a password in PDFDocEncoding, new ones in UTF-8; qpdf and poppler take it as it is typed.
            var check = Tool.RunWith("qpdf", ["--password=" + password, "--check", path]);
            Assert.True(check.ExitCode == 0 && check.Text.Contains("No syntax or stream encoding errors found", StringComparison.Ordinal), check.Text);
            var pdfsig = Tool.RunWith("pdfsig", ["-nocert", "-opw", "owner", path]);
            Assert.True(pdfsig.Text.Split("Signature is Valid.").Length == signatures + 1, pdfsig.Text);
            Assert.Contains("Total document signed", pdfsig.Text, StringComparison.Ordinal);
            // This poppler does not look into document time-stamps: that it holds is our own word.
            var opened = Assert.IsType<Opening.Done>(OpenedDocument.Open(DocumentBytes.OfMemory(signed, password), ValidationData.None, despiteCertification: false)).Document;
            Assert.Equal([.. Enumerable.Repeat(false, signatures), true], opened.Signatures.Select(signature => signature.IsTimestamp));
            Assert.Contains("A deed", Tool.RunWith("pdftotext", ["-opw", "owner", path, "-"]).Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
