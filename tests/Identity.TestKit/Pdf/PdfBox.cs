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
        folder = new File(bsh.args[0]);
        for (number = 0; new File(folder, number + ".pdf").exists(); number++) {
            file = java.nio.file.Files.readAllBytes(new File(folder, number + ".pdf").toPath());
            password = new String(java.nio.file.Files.readAllBytes(new File(folder, number + ".password").toPath()), "UTF-8");
            for (sig : PDDocument.load(file, password).getSignatureDictionaries()) {
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
                print(number + ":" + sig.getSubFilter() + (ok ? " verifies " : " DOES NOT VERIFY ") + (range[2] + range[3] == file.length ? "whole" : "part"));
            }
        }
        """;

    private const string JudgeScript = """
        import java.io.*;
        import java.util.*;
        import org.apache.pdfbox.pdmodel.PDDocument;
        import org.bouncycastle.cms.*;
        import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
        java.security.Security.addProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider());
        judge(path, password) {
            file = java.nio.file.Files.readAllBytes(new File(path).toPath());
            try {
                document = PDDocument.load(file, password);
            } catch (Throwable refused) {
                return "not opened";
            }
            words = new TreeSet();
            try {
                signatures = document.getSignatureDictionaries();
            } catch (Throwable unreadable) {
                return "not judged";
            }
            for (sig : signatures) {
                if ("ETSI.RFC3161".equals(sig.getSubFilter()))
                    continue;
                try {
                    cms = new CMSSignedData(new CMSProcessableByteArray(sig.getSignedContent(file)), sig.getContents(file));
                    signer = cms.getSignerInfos().getSigners().iterator().next();
                    holder = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
                    words.add(signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder)) ? "valid" : "invalid");
                } catch (CMSSignerDigestMismatchException differs) {
                    words.add("digest mismatch");
                } catch (Throwable other) {
                    words.add("not judged");
                }
            }
            document.close();
            return words.isEmpty() ? "no signature" : String.join(", ", words);
        }
        list = new BufferedReader(new FileReader("list"));
        while ((path = list.readLine()) != null)
            print(judge(path, list.readLine()));
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

    private const string SignScript = """
        import java.io.*;
        import java.util.Calendar;
        import org.apache.pdfbox.pdmodel.PDDocument;
        import org.apache.pdfbox.pdmodel.interactive.digitalsignature.*;
        document = PDDocument.load(new File("in.pdf"), bsh.args[0]);
        signature = new PDSignature();
        signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
        signature.setSubFilter(org.apache.pdfbox.cos.COSName.getPDFName("ETSI.CAdES.detached"));
        signature.setReason("signed by PDFBox");
        signature.setSignDate(Calendar.getInstance());
        document.addSignature(signature);
        out = new FileOutputStream("out.pdf");
        external = document.saveIncrementalForExternalSigning(out);
        content = external.getContent();
        java.nio.file.Files.copy(content, new File("content").toPath(), new java.nio.file.CopyOption[0]);
        openssl = Runtime.getRuntime().exec(new String[] { "openssl", "cms", "-sign", "-binary", "-cades", "-outform", "DER", "-md", "sha256", "-nosmimecap",
            "-in", "content", "-out", "cms", "-signer", bsh.args[1], "-inkey", bsh.args[2], "-certfile", bsh.args[3] });
        if (openssl.waitFor() != 0)
            throw new IllegalStateException(new BufferedReader(new InputStreamReader(openssl.getErrorStream())).readLine());
        // All of the room, or what PDFBox encrypted there by mistake would stay behind the CMS.
        range = signature.getByteRange();
        external.setSignature(java.util.Arrays.copyOf(java.nio.file.Files.readAllBytes(new File("cms").toPath()), (range[2] - range[1] - 2) / 2));
        out.close();
        document.close();
        """;

    private const string ReplaceContentScript = """
        import java.io.*;
        import org.apache.pdfbox.pdmodel.PDDocument;
        document = PDDocument.load(new File("in.pdf"), bsh.args[0]);
        stream = document.getPage(0).getCOSObject().getDictionaryObject(org.apache.pdfbox.cos.COSName.CONTENTS);
        data = org.apache.pdfbox.io.IOUtils.toByteArray(stream.createInputStream());
        text = new String(data, "ISO-8859-1").replace(bsh.args[1], bsh.args[2]);
        raw = stream.createRawOutputStream();
        raw.write(text.getBytes("ISO-8859-1"));
        raw.close();
        // What is to be written is found by way of what is to be written.
        stream.setNeedToBeUpdated(true);
        document.getPage(0).getCOSObject().setNeedToBeUpdated(true);
        document.getPages().getCOSObject().setNeedToBeUpdated(true);
        document.getDocumentCatalog().getCOSObject().setNeedToBeUpdated(true);
        out = new FileOutputStream("out.pdf");
        document.saveIncremental(out);
        out.close();
        document.close();
        """;

    /// <summary>An invisible signature in a revision of its own; the CMS is made by `openssl cms -cades`. An encrypted document stays so.</summary>
    /// <param name="password">Opens the document; empty for one that opens without being asked.</param>
    /// <param name="chain">A file of further certificates.</param>
    public static byte[] Sign(byte[] pdf, string password, string certificate, string key, string chain) => Update(SignScript, pdf, password, certificate, key, chain);

    /// <summary>A revision in which the first page's content, one stream without filters, is written again with a text replaced.</summary>
    public static byte[] ReplaceContent(byte[] pdf, string password, string text, string instead) => Update(ReplaceContentScript, pdf, password, text, instead);

    private static byte[] Update(string script, byte[] pdf, params string[] arguments) => In(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "in.pdf"), pdf);
        Run(script, folder, arguments);
        return File.ReadAllBytes(Path.Combine(folder, "out.pdf"));
    });

    /// <summary>One line a signature or document time-stamp, in file order: SubFilter, whether digest and value verify, whether it covers the whole file.</summary>
    public static string[] Verify(byte[] pdf) => VerifyAll([(pdf, "")])[0];

    /// <summary>The lines of each file, in one run of the program.</summary>
    public static IReadOnlyList<string[]> VerifyAll(IReadOnlyList<(byte[] Pdf, string Password)> files) => In(folder =>
    {
        for (var number = 0; number < files.Count; number++)
        {
            File.WriteAllBytes(Path.Combine(folder, FormattableString.Invariant($"{number}.pdf")), files[number].Pdf);
            File.WriteAllText(Path.Combine(folder, FormattableString.Invariant($"{number}.password")), files[number].Password);
        }
        var lines = Run(VerifyScript, folder, folder).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToLookup(line => line.Split(':')[0], line => line.Split(':', 2)[1]);
        return files.Select((_, number) => lines[number.ToString(System.Globalization.CultureInfo.InvariantCulture)].ToArray()).ToList();
    });

    /// <summary>
    /// For each file what is said of its signatures, time-stamps left out: valid, invalid, digest mismatch, not judged, several of them, no signature,
    /// or not opened.
    /// </summary>
    public static string[] Judge(IEnumerable<(string Path, string Password)> files) => In(folder =>
    {
        File.WriteAllLines(Path.Combine(folder, "list"), files.SelectMany(file => new[] { file.Path, file.Password }));
        return Run(JudgeScript, folder).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    });

    /// <summary>A page of text.</summary>
    public static byte[] Create() => In(folder =>
    {
        Run(CreateScript, folder, Path.Combine(folder, "made.pdf"));
        return File.ReadAllBytes(Path.Combine(folder, "made.pdf"));
    });

    private static ToolResult Run(string script, string folder, params string[] arguments)
    {
        Tool.Require("java");
        var jars = Jars.Select(jar => $"/usr/share/java/{jar}.jar").ToArray();
        if (Array.Find(jars, jar => !File.Exists(jar)) is { } absent)
            Tool.Missing(absent + " is missing (Debian: libpdfbox2-java, libbcpkix-java, bsh)");
        File.WriteAllText(Path.Combine(folder, "script.bsh"), script);
        var result = Tool.RunWith("java", ["-cp", string.Join(':', jars), "bsh.Interpreter", Path.Combine(folder, "script.bsh"), .. arguments], workingDirectory: folder);
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
