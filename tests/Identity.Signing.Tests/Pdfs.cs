using System.Globalization;
using System.Text;
using Identity.TestKit;

namespace Identity.Signing.Tests;

/// <summary>PDF files written by hand, or by qpdf.</summary>
internal static class Pdfs
{
    /// <summary>One page with a line of text; a table of cross-references.</summary>
    public static byte[] Page(string text = "A deed", string catalog = "", bool withPage = true)
    {
        var content = $"BT /F1 24 Tf 72 720 Td ({text}) Tj ET";
        string[] objects =
        [
            $"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
            withPage ? "<< /Type /Pages /Kids [3 0 R] /Count 1 >>" : "<< /Type /Pages /Kids [] /Count 0 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {content.Length} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var file = new StringBuilder("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Length; i++)
        {
            offsets.Add(file.Length);
            file.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var xref = file.Length;
        file.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            file.Append(CultureInfo.InvariantCulture, $"{offset:0000000000} 00000 n \n");
        file.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n");
        return Encoding.Latin1.GetBytes(file.ToString());
    }

    public static byte[] Xfa() => Page(catalog: "/AcroForm << /Fields [] /XFA (<xdp/>) >>");

    public static byte[] WithoutPages() => Page(withPage: false);

    public static byte[] Encrypted(string password = "secret", params string[] options) => Qpdf(["--allow-weak-crypto", "--encrypt", password, "owner", .. options is [] ? ["256"] : options, "--"]);

    public static byte[] Qpdf(params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("identity-pdf-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "in.pdf"), Page());
            var made = Tool.RunWith("qpdf", [.. options, Path.Combine(folder, "in.pdf"), Path.Combine(folder, "out.pdf")]);
            Assert.True(made.ExitCode == 0, made.Text);
            return File.ReadAllBytes(Path.Combine(folder, "out.pdf"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
