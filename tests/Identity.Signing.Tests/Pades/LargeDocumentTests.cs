using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Pades;

/// <summary>What it takes to sign is bounded whatever the size. Nothing else runs beside it, so that what is allocated is its own.</summary>
[CollectionDefinition(nameof(LargeDocumentTests), DisableParallelization = true)]
public sealed class WithNothingBeside;

[Collection(nameof(LargeDocumentTests))]
public sealed class LargeDocumentTests(SigningSystem system) : IClassFixture<SigningSystem>, IDisposable
{
    /// <summary>Bytes above what the process had when it had signed a small document.</summary>
    private const long MostMemory = 64L * 1024 * 1024;

    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public async Task Five_hundred_megabytes_are_signed_for_archiving_with_bounded_memory()
    {
        system.Reset();
        LargePdf.Write(path, 500L * 1024 * 1024);
        using var file = DocumentBytes.OfFile(path, "");
        // Once before, so that what is loaded and compiled only once is not counted.
        await Archive(Pdfs.Page());
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var archived = await Archive(file);

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 32L * 1024 * 1024);
        Assert.Null(archived.InMemory);
        Append(archived, file.Length);
        Whole();
    }

    [Fact]
    public async Task Five_hundred_megabytes_go_through_the_service_with_bounded_memory()
    {
        const long length = 500L * 1024 * 1024;
        system.Reset();
        LargePdf.Write(path, length - 64 * 1024);
        await using var service = await system.StartProcessOn(system.Pki.PathOf("large"), $"--Signing:MaxDocumentBytes={length}");
        await service.Sign(Pdfs.Page());
        var before = service.PeakMemory;

        using var client = service.AgencyClient();
        client.Timeout = TimeSpan.FromMinutes(5);
        string id;
        using (var form = new MultipartFormDataContent { { new StringContent("Sign the plans"), "purpose" }, { new StringContent(SigningSystem.AgencyReturn), "return_url" }, { new StringContent("B-LTA"), "level" } })
        {
            form.Add(new StreamContent(File.OpenRead(path)), "document", "plans.pdf");
            using var message = new HttpRequestMessage(HttpMethod.Post, "requests") { Content = form };
            message.Headers.TryAddWithoutValidation("Idempotency-Key", "large");
            using var posted = await client.SendAsync(message, SigningSystem.Cancellation);
            id = (await SigningSystem.Json(posted))["id"]!.GetValue<string>();
        }

        await SigningSystem.Approve(service.NewBrowser(), id);
        for (var i = 0; i < 600 && (await service.Status(id))["status"]!.GetValue<string>() is not ("signed" or "failed"); i++)
            await Task.Delay(200, SigningSystem.Cancellation);
        Assert.Equal("signed", (await service.Ended(id))["status"]!.GetValue<string>());
        await using (var signed = await client.GetStreamAsync($"requests/{id}/document", SigningSystem.Cancellation))
        await using (var file = File.Create(path))
            await signed.CopyToAsync(file, SigningSystem.Cancellation);
        // An eighth of the document, which passes through the service several times.
        Assert.InRange(service.PeakMemory - before, 0, MostMemory);
        Whole();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_document_of_ten_thousand_pages_is_signed_for_archiving(bool flat)
    {
        system.Reset();
        await File.WriteAllBytesAsync(path, Pages(10_000, flat), SigningSystem.Cancellation);
        using var file = DocumentBytes.OfFile(path, "");
        await Archive(Pdfs.Page());
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var archived = await Archive(file);

        // Read three times, once for each revision.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 160L * 1024 * 1024);
        Assert.Equal(10_000, Assert.IsType<PdfRead.Document>(PdfDocument.Read(archived)).Value.Latest.Pages.Pages.Count);
        Append(archived, file.Length);
        Whole();
    }

    /// <summary>Kinds of input that a reader meets; each is made by qpdf, or by hand.</summary>
    [Theory]
    [InlineData("linearized")]
    [InlineData("object streams")]
    [InlineData("hybrid")]
    public async Task Each_kind_of_structure_is_signed_for_archiving_from_disk(string kind)
    {
        system.Reset();
        await File.WriteAllBytesAsync(path, kind switch
        {
            "linearized" => Pdfs.Qpdf("--linearize"),
            "object streams" => Pdfs.Qpdf("--object-streams=generate"),
            _ => Hybrid(),
        }, SigningSystem.Cancellation);
        using var file = DocumentBytes.OfFile(path, "");
        Append(await Archive(file), file.Length);
        Whole();
        using var again = DocumentBytes.OfFile(path, "");
        Assert.IsType<Opening.Done>(OpenedDocument.Open(again, Pdf.Signatures.ValidationData.None, despiteCertification: false));
    }

    private async Task<DocumentBytes> Archive(DocumentBytes file)
    {
        var timestamps = system.App.Services.GetRequiredService<TimestampClient>();
        if (!File.Exists(system.Pki.CertificatePath("signer-large")))
            system.Pki.CertifyPerson("signer-large", OpensslKey.P256);
        var certificate = new PersonCertificate(Certificate.Parse(system.Pki.Certificate("signer-large")), [Certificate.Parse(system.Pki.Certificate("issuing-ca"))]);
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(file, new PdfLimits { FileBytes = file.Length })).Value;
        var prepared = Assert.IsType<Preparation.Done>(
            PreparedDocument.Prepare(document, certificate, SignatureForm.Approval, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime())).Document;
        var signed = SignedDocument.Sign(prepared, KeyRing.Open(system.Pki.Folder, production: false).Get("signer-large", KeyPurpose.PersonSignature));
        var timestamped = Assert.IsType<Timestamping.Done>(await TimestampedDocument.Timestamp(signed, timestamps, SigningSystem.Cancellation)).Document;
        var collect = system.App.Services.GetRequiredService<CollectValidationData>();
        var longTerm = Assert.IsType<Proving.Done>(await LongTermDocument.Prove(timestamped, collect, SigningSystem.Cancellation)).Document;
        return Assert.IsType<Archiving.Done>(await ArchivedDocument.Archive(longTerm, timestamps, SigningSystem.Cancellation)).Document.Bytes;
    }

    private void Append(DocumentBytes signed, long from)
    {
        using (var target = new FileStream(path, FileMode.Append))
            signed.CopyTo(target, from);
        using var written = File.OpenRead(path);
        Assert.Equal(SHA256.HashData(written), signed.Digest(HashAlgorithmName.SHA256));
    }

    private void Whole()
    {
        var pdfsig = Tool.RunWith("pdfsig", ["-nocert", path]);
        Assert.True(pdfsig.Text.Split("Signature is Valid.").Length == 2, pdfsig.Text);
        Assert.Contains("Total document signed", pdfsig.Text, StringComparison.Ordinal);
        var qpdf = Tool.RunWith("qpdf", ["--check", path]);
        Assert.True(qpdf.ExitCode == 0 && !qpdf.Text.Contains("WARNING", StringComparison.Ordinal), qpdf.Text);
    }

    /// <summary>What the table hides as free stands in an object stream that the cross-reference stream knows (7.5.8.4).</summary>
    internal static byte[] Hybrid()
    {
        var file = PdfBytes.OnePage("/PieceInfo 6 0 R").ObjectStream(5, [(6, "<</Here<</LastModified(D:20260101)>>>>")]);
        var text = Encoding.Latin1.GetString(file.ToArray());
        var mixed = new PdfBytes().Bytes(file.ToArray()).SectionStream(7, new Dictionary<int, (int, int)> { [6] = (5, 0) }, "/ID[<31><32>]", end: false);
        var stream = mixed.LastSection;
        foreach (var number in new[] { 1, 2, 3, 5 })
            mixed.Pretend(number, text.IndexOf(FormattableString.Invariant($"\n{number} 0 obj"), StringComparison.Ordinal) + 1);
        return mixed.Table($"/ID[<31><32>]/XRefStm {stream}", size: 8, freed: [(0, 65535), (6, 65535), (7, 65535)], previous: false).ToArray();
    }

    /// <summary>Flat: one array of all pages. Otherwise a balanced tree with ten kids a node.</summary>
    private static byte[] Pages(int count, bool flat)
    {
        var file = new PdfBytes().Text("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n").Indirect(1, "<</Type/Catalog/Pages 2 0 R>>");
        var next = 3;
        var level = new List<(int Number, int Leaves)>();
        var parents = new Dictionary<int, int>();
        var tree = new List<(int Number, List<(int Number, int Leaves)> Kids)>();
        for (var page = 0; page < count; page++)
            level.Add((next++, 1));
        var leaves = level.Select(leaf => leaf.Number).ToList();
        var width = flat ? count : 10;
        while (level.Count > 1)
        {
            var above = new List<(int, int)>();
            foreach (var kids in level.Chunk(width))
            {
                var number = level.Count <= width ? 2 : next++;
                tree.Add((number, [.. kids]));
                foreach (var kid in kids)
                    parents[kid.Number] = number;
                above.Add((number, kids.Sum(kid => kid.Leaves)));
            }
            level = above;
        }
        foreach (var leaf in leaves)
            file.Indirect(leaf, string.Create(CultureInfo.InvariantCulture, $"<</Type/Page/Parent {parents[leaf]} 0 R/MediaBox[0 0 595 842]/Resources<<>>>>"));
        foreach (var (number, kids) in tree)
        {
            var parent = parents.TryGetValue(number, out var above) ? string.Create(CultureInfo.InvariantCulture, $"/Parent {above} 0 R") : "";
            file.Indirect(number, string.Create(CultureInfo.InvariantCulture,
                $"<</Type/Pages{parent}/Count {kids.Sum(kid => kid.Leaves)}/Kids[{string.Join(' ', kids.Select(kid => kid.Number + " 0 R"))}]>>"));
        }
        return file.Table("/ID[<31><32>]").ToArray();
    }
}
