using System.Text.RegularExpressions;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using PigDocument = UglyToad.PdfPig.PdfDocument;

namespace Identity.Pdf.Tests.Signatures;

/// <summary>Files that other programs made are signed, and other programs find nothing new to complain about.</summary>
public sealed partial class SigningOtherFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-pdf-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_readable_corpus_file_is_signed_without_a_new_complaint_of_qpdf_or_refused_for_its_reason()
    {
        Tool.Require("qpdf");
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        var signed = 0;
        Parallel.ForEach(CorpusFile.All(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, file =>
        {
            if (PdfDocument.Read(file.Bytes()) is not PdfRead.Document { Value: var document })
                return;
            if (TrySign(document, Path.GetFileName(file.Path), out var path) is { } refusal)
            {
                if (!MayRefuse(file, refusal))
                    wrong.Add($"{file.Name}: {refusal}");
                return;
            }
            Interlocked.Increment(ref signed);
            var added = Complaints(path).Except(Complaints(file.Path)).ToList();
            if (added.Count > 0)
                wrong.Add($"{file.Name}: {string.Join(" | ", added)}");
        });
        Assert.Empty(wrong);
        Assert.True(signed > 180, $"only {signed} files were signed");
    }

    [Fact]
    public void Signs_what_a_browser_prints()
    {
        var page = Path.Combine(folder, "page.html");
        var output = Path.Combine(folder, "chromium.pdf");
        File.WriteAllText(page, "<h1>Deed of sale</h1><p>Õnne 5, Tartu 陈</p><div style='break-before:page'>Page two</div>");
        Tool.Run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", $"--user-data-dir={Path.Combine(folder, "profile")}", "--no-pdf-header-footer", $"--print-to-pdf={output}", "file://" + page);

        SignAndCompare(output, pages: 2);
    }

    [Theory]
    [InlineData("--object-streams=generate")]
    [InlineData("--object-streams=disable")]
    [InlineData("--linearize")]
    [InlineData("--linearize", "--object-streams=generate")]
    [InlineData("--qdf")]
    [InlineData("--newline-before-endstream", "--compress-streams=n")]
    public void Signs_what_qpdf_writes(params string[] options)
    {
        var source = Path.Combine(folder, "source.pdf");
        File.WriteAllBytes(source, PdfBytes.OnePage("/AcroForm<</Fields[]>>", "/Contents 4 0 R").Stream(4, "", "BT ET"u8.ToArray()).Table("/ID[<AA><BB>]").ToArray());
        var output = Path.Combine(folder, "qpdf.pdf");
        Tool.Run("qpdf", [.. options, source, output]);

        SignAndCompare(output, pages: 1);
    }

    [Fact]
    public void Signs_what_cairo_writes()
    {
        var source = Path.Combine(folder, "source.pdf");
        File.WriteAllBytes(source, PdfBytes.OnePage().Table().ToArray());
        var output = Path.Combine(folder, "cairo.pdf");
        Tool.Run("pdftocairo", "-pdf", source, output);

        SignAndCompare(output, pages: 1);
    }

    [Fact]
    public void Signs_what_mutool_writes()
    {
        var source = Path.Combine(folder, "source.pdf");
        File.WriteAllBytes(source, PdfBytes.OnePage().Table().ToArray());
        var output = Path.Combine(folder, "mutool.pdf");
        Tool.Run("mutool", "clean", "-gggz", source, output);

        SignAndCompare(output, pages: 1, "free-entry-generation");
    }

    [Fact]
    public void Signs_what_an_office_writes()
    {
        var source = Path.Combine(folder, "letter.txt");
        File.WriteAllText(source, "Letter\n\nText with Õ and ž");
        Tool.RunWith("soffice", ["--headless", "-env:UserInstallation=file://" + Path.Combine(folder, "office"), "--convert-to", "pdf",
            "--outdir", folder, source], timeout: TimeSpan.FromMinutes(2));

        SignAndCompare(Path.Combine(folder, "letter.pdf"), pages: 1);
    }

    private void SignAndCompare(string path, int pages, params string[] deviations)
    {
        var document = Read.Document(File.ReadAllBytes(path));
        Assert.Equal(deviations, document.Deviations.Select(deviation => deviation.Kind));
        Assert.Empty(document.Revisions.SelectMany(revision => revision.Unaccounted));
        Assert.Equal(pages, document.Latest.Pages.Pages.Count);
        Assert.Null(TrySign(document, "signed.pdf", out var signed));

        Assert.Empty(Complaints(signed).Except(Complaints(path)));
        Assert.Contains("Signature Field Name: Signature1", Tool.Run("pdfsig", "-nocert", signed).Text, StringComparison.Ordinal);
        Assert.Contains("Total document signed", Tool.Run("pdfsig", "-nocert", signed).Text, StringComparison.Ordinal);
        using var before = PigDocument.Open(File.ReadAllBytes(path));
        using var after = PigDocument.Open(File.ReadAllBytes(signed));
        Assert.Equal(pages, after.NumberOfPages);
        Assert.Equal(before.GetPages().Select(page => page.Text), after.GetPages().Select(page => page.Text));
    }

    /// <summary>Signs with a few bytes for a CMS; gives the refusal, or null and the path of the result.</summary>
    private string? TrySign(PdfDocument document, string name, out string path)
    {
        path = Path.Combine(folder, Unique(name));
        var request = new SignatureRequest { ContentsBytes = 2000, SigningTime = DateTimeOffset.UnixEpoch, Name = "Ülo (Tamm) 陈" };
        var preparation = SignatureUpdate.Prepare(document, request);
        if (preparation is SignaturePreparation.Refused refused)
            return refused.Reason.ToString();
        var prepared = ((SignaturePreparation.Prepared)preparation).Signature;
        var file = ((SignedPdf.Written)prepared.WriteSigned([0x30, 0x03, 0x02, 0x01, 0x01])).File;
        Assert.True(file.Span.StartsWith(document.File.Span));
        var again = Read.Document(file.ToArray());
        Assert.Equal(document.Revisions.Count + 1, again.Revisions.Count);
        Assert.Empty(again.Latest.Revision.Unaccounted);
        var signature = Assert.Single(again.Signatures, signature => signature.FieldName == prepared.FieldName);
        Assert.True(Assert.IsType<ByteRangeCheck.Sound>(signature.ByteRange) is { CoversWholeDocument: true, CoversWholeRevision: true });
        File.WriteAllBytes(path, file.Span);
        return null;
    }

    private int files;

    private string Unique(string name) => $"{Interlocked.Increment(ref files)}-{name}";

    private static bool MayRefuse(CorpusFile file, string refusal) => refusal switch
    {
        nameof(SignatureRefusal.CertifiedNoChanges) => true,
        nameof(SignatureRefusal.XfaForm) => file.Name is "dss/DSS-2601.pdf" or "itext/simpleSignatureWithXfa.pdf",
        // Attacks and files that are damaged on purpose; nothing else in the corpus is.
        _ => file.Has("must_not_pass") || file.Category is "malformed" or "dos" or "byte-range",
    };

    /// <summary>What qpdf says, with numbers and names taken out.</summary>
    private static HashSet<string> Complaints(string path) => [.. Tool.Run("qpdf", "--check", path).Text.Split('\n')
        .Where(line => line.Contains("WARNING", StringComparison.Ordinal) || line.Contains("ERROR", StringComparison.Ordinal) || line.Contains("damaged", StringComparison.Ordinal))
        .Select(line => Digits().Replace(line.Replace(path, "", StringComparison.Ordinal), "N"))];

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
