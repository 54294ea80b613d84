namespace Identity.TestKit.Pdf;

/// <summary>PDFBox with BouncyCastle on Debian's Java, driven by BeanShell because a runtime has no compiler.</summary>
public static class PdfBox
{
    private static readonly string[] Jars = ["pdfbox2", "fontbox2", "commons-logging", "bcpkix", "bcprov", "bcutil", "bsh"];

    private const string VerifyScript = """
        import java.io.*;
        import java.util.*;
        import org.apache.pdfbox.pdmodel.PDDocument;
        import org.bouncycastle.cms.*;
        import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
        import org.bouncycastle.tsp.TimeStampToken;
        java.security.Security.addProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider());
        file = java.nio.file.Files.readAllBytes(new File(bsh.args[0]).toPath());
        for (sig : PDDocument.load(file).getSignatureDictionaries()) {
            contents = sig.getContents(file);
            covered = sig.getSignedContent(file);
            stamp = "ETSI.RFC3161".equals(sig.getSubFilter());
            cms = stamp ? new CMSSignedData(contents) : new CMSSignedData(new CMSProcessableByteArray(covered), contents);
            signer = cms.getSignerInfos().getSigners().iterator().next();
            holder = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
            try {
                ok = signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder));
            } catch (CMSSignerDigestMismatchException differs) {
                ok = false;
            }
            if (stamp)
                ok = ok && Arrays.equals(java.security.MessageDigest.getInstance("SHA-256").digest(covered), new TimeStampToken(cms).getTimeStampInfo().getMessageImprintDigest());
            range = sig.getByteRange();
            print(sig.getSubFilter() + (ok ? " verifies " : " DOES NOT VERIFY ") + (range[2] + range[3] == file.length ? "whole" : "part"));
        }
        """;

    private const string CreateScript = """
        import org.apache.pdfbox.pdmodel.*;
        document = new PDDocument();
        page = new PDPage();
        document.addPage(page);
        content = new PDPageContentStream(document, page);
        content.beginText();
        content.setFont(org.apache.pdfbox.pdmodel.font.PDType1Font.HELVETICA, 12);
        content.newLineAtOffset(72, 700);
        content.showText("Made by PDFBox");
        content.endText();
        content.close();
        document.save(bsh.args[0]);
        """;

    /// <summary>One line a signature or document time-stamp, in file order: SubFilter, whether digest and value verify, whether it covers the whole file.</summary>
    public static string[] Verify(byte[] pdf) => In(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "signed.pdf"), pdf);
        return Run(VerifyScript, folder, Path.Combine(folder, "signed.pdf")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    });

    /// <summary>A page of text.</summary>
    public static byte[] Create() => In(folder =>
    {
        Run(CreateScript, folder, Path.Combine(folder, "made.pdf"));
        return File.ReadAllBytes(Path.Combine(folder, "made.pdf"));
    });

    private static ToolResult Run(string script, string folder, string argument)
    {
        Tool.Require("java");
        var jars = Jars.Select(jar => $"/usr/share/java/{jar}.jar").ToArray();
        if (Array.Find(jars, jar => !File.Exists(jar)) is { } absent)
            Tool.Missing(absent + " is missing (Debian: libpdfbox2-java, libbcpkix-java, bsh)");
        File.WriteAllText(Path.Combine(folder, "script.bsh"), script);
        var result = Tool.RunWith("java", ["-cp", string.Join(':', jars), "bsh.Interpreter", Path.Combine(folder, "script.bsh"), argument], workingDirectory: folder);
        Assert.True(result.ExitCode == 0, result.Text);
        return result;
    }

    private static T In<T>(Func<string, T> work)
    {
        var folder = Directory.CreateTempSubdirectory("identity-pdfbox-").FullName;
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
