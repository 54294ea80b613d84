using System.Security.Cryptography;
using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Signatures;

public sealed class SignatureUpdateTests
{
    private static readonly byte[] Cms = [0x30, 0x03, 0x02, 0x01, 0x01];

    private static SignatureRequest Request => new() { ContentsBytes = 64, SigningTime = new DateTimeOffset(2026, 11, 23, 9, 8, 7, TimeSpan.FromHours(2)) };

    public static TheoryData<string, string, int[]> Forms => new()
    {
        // What the catalog and page hold, and the objects that are rewritten.
        { "", "", [1, 3] },
        { "/AcroForm null", "/Annots null", [1, 3] },
        { "/AcroForm<</Fields[]>>", "/Annots[]", [1, 3] },
        { "/AcroForm<</DA(/Helv 0 Tf)/Fields[7 0 R]/SigFlags 1>>", "/Annots[7 0 R]", [1, 3] },
        { "/AcroForm 4 0 R", "/Annots 5 0 R", [4, 5] },
        { "/AcroForm 8 0 R", "/Annots 5 0 R", [5, 6] },
        { "/AcroForm<</Fields 6 0 R/SigFlags 3>>", "/Annots 5 0 R", [5, 6] },
        { "/AcroForm<</Fields 6 0 R>>", "/Annots 5 0 R", [1, 5, 6] },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Adds_field_and_widget_and_rewrites_the_smallest_objects(string catalog, string page, int[] rewritten)
    {
        var original = PdfBytes.OnePage(catalog, page).Indirect(4, "<</Fields[7 0 R]>>").Indirect(5, "[7 0 R]").Indirect(6, "[7 0 R]")
            .Indirect(7, "<</FT/Tx/T(old)/Subtype/Widget/Rect[0 0 1 1]>>").Indirect(8, "<</Fields 6 0 R/SigFlags 3/DR<<>>>>").Table().ToArray();

        var document = Sign(original, Request);

        var changes = document.Latest.Revision.Changes;
        Assert.Equal(rewritten, changes.Where(change => change.Kind == ObjectChangeKind.Overridden).Select(change => change.Id.Number));
        Assert.DoesNotContain(changes, change => change.Kind == ObjectChangeKind.Freed);
        var field = Assert.Single(document.Latest.Form.Fields, field => field.FullName == "Signature1");
        Assert.Equal("Sig", field.FieldType);
        Assert.Equal(1, Assert.Single(field.Widgets).Page!.Number);
        Assert.Equal(3, document.Latest.Get<PdfInteger>(document.Latest.Form.Dictionary!, "SigFlags")!.Value);
        Assert.Equal("132", Read.Raw(field.Dictionary["F"]!));
        Assert.Empty(document.Latest.Form.Defects);
    }

    [Fact]
    public void Annotations_shared_by_two_pages_are_not_extended()
    {
        var original = PdfBytes.OnePage(pageExtra: "/Annots 5 0 R").Indirect(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>").Indirect(4, "<</Type/Page/Parent 2 0 R/Annots 5 0 R>>")
            .Indirect(5, "[]").Table().ToArray();

        Assert.DoesNotContain(Sign(original, Request).Latest.Revision.Changes, change => change.Id.Number == 5);
    }

    [Fact]
    public void Writes_the_dictionary_of_a_signature()
    {
        var document = Sign(PdfBytes.OnePage().Table().ToArray(), Request with { Name = "Ülo (Tamm) 陈", Reason = "I agree >> endobj", Location = "Tartu", ContactInfo = "a\\b" });

        var signature = Assert.Single(document.Signatures);
        Assert.Equal(("Sig", "Adobe.PPKLite", "ETSI.CAdES.detached"), (signature.Type, signature.Filter, signature.SubFilter));
        Assert.Equal(("Ülo (Tamm) 陈", "I agree >> endobj", "Tartu", "a\\b"), (signature.Name, signature.Reason, signature.Location, signature.ContactInfo));
        Assert.Equal("D:20261123090807+02'00'", signature.SigningTimeText);
        Assert.Equal(Request.SigningTime, signature.SigningTime);
        Assert.False(signature.HasCert);
        Assert.Empty(signature.References);
        var contents = Assert.IsType<SignatureContents.Present>(signature.Contents);
        Assert.Equal([.. Cms, .. new byte[59]], contents.Bytes.ToArray());
    }

    [Fact]
    public void A_document_timestamp_has_no_time_and_no_texts()
    {
        var signature = Assert.Single(Sign(PdfBytes.OnePage().Table().ToArray(), new SignatureRequest { Kind = SignatureKind.DocumentTimestamp, ContentsBytes = 8 }).Signatures);

        Assert.True(signature.IsDocumentTimestamp);
        Assert.Equal(("DocTimeStamp", "ETSI.RFC3161", "Timestamp1"), (signature.Type, signature.SubFilter, signature.FieldName));
        Assert.Null(signature.SigningTimeText);
    }

    [Fact]
    public void The_digest_is_that_of_the_covered_bytes_and_both_ways_of_writing_agree()
    {
        var prepared = Prepare(PdfBytes.OnePage().Table().ToArray(), Request);
        var file = Assert.IsType<SignedPdf.Written>(prepared.WriteSigned(Cms)).File;
        var stream = new MemoryStream();

        Assert.True(prepared.TryWriteSigned(stream, Cms));
        Assert.Equal(file.ToArray(), stream.ToArray());
        var text = Encoding.Latin1.GetString(file.Span);
        var open = (int)prepared.ContentsOffset;
        Assert.Equal("<3003020101", text.Substring(open, 11));
        var covered = Encoding.Latin1.GetBytes(text[..open] + text[(text.IndexOf('>', open) + 1)..]);
        Assert.Equal(SHA256.HashData(covered), prepared.ComputeDigest(HashAlgorithmName.SHA256));
        Assert.Equal(SHA512.HashData(covered), prepared.ComputeDigest(HashAlgorithmName.SHA512));
    }

    [Fact]
    public void A_cms_of_exactly_the_reserved_size_fits_and_one_byte_more_does_not()
    {
        var prepared = Prepare(PdfBytes.OnePage().Table().ToArray(), Request);

        Assert.IsType<SignedPdf.Written>(prepared.WriteSigned(new byte[64]));
        Assert.Equal(new SignedPdf.DoesNotFit(65, 64), prepared.WriteSigned(new byte[65]));
        var stream = new MemoryStream();
        Assert.False(prepared.TryWriteSigned(stream, new byte[65]));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void Signs_again_and_again()
    {
        var file = PdfBytes.OnePage().SectionStream(9).ToArray();
        for (var round = 1; round <= 4; round++)
            file = Assert.IsType<SignedPdf.Written>(Prepare(file, Request).WriteSigned(Cms)).File.ToArray();

        var document = Read.Document(file);

        Assert.Equal(["Signature1", "Signature2", "Signature3", "Signature4"], document.Signatures.Select(signature => signature.FieldName));
        Assert.All(document.Signatures, signature => Assert.True(Assert.IsType<ByteRangeCheck.Sound>(signature.ByteRange).CoversWholeRevision));
        Assert.Equal([2, 3, 4, 5], document.Signatures.Select(signature => ((ByteRangeCheck.Sound)signature.ByteRange).CoveredRevision!.Value));
    }

    [Fact]
    public void Refuses_with_its_reason()
    {
        Refused(SignatureRefusal.XfaForm, PdfBytes.OnePage("/AcroForm<</Fields[]/XFA 4 0 R>>").Indirect(4, "[]").Table());
        Refused(SignatureRefusal.CertifiedNoChanges, PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]>>").Indirect(4, "<</FT/Sig/T(s)/V 5 0 R>>")
            .Indirect(5, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>").Table());
        Refused(SignatureRefusal.NoPages, PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[]/Count 0>>").Table());
        Refused(SignatureRefusal.BrokenPagesOrForm, PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[3 0 R 3 0 R]>>").Table());
        Refused(SignatureRefusal.BrokenPagesOrForm, PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[<</Type/Page>>]>>").Table());
        Refused(SignatureRefusal.BrokenPagesOrForm, PdfBytes.OnePage("/AcroForm 5").Table());
        Refused(SignatureRefusal.BrokenPagesOrForm, PdfBytes.OnePage("/AcroForm<</Fields 5>>").Table());
        Refused(SignatureRefusal.BrokenPagesOrForm, PdfBytes.OnePage(pageExtra: "/Annots(x)").Table());
        Refused(SignatureRefusal.AmbiguousStructure, PdfBytes.OnePage().Table().Text("rest"));
        Refused(SignatureRefusal.HeaderNotAtStart, PdfBytes.OnePage(header: " %PDF-1.7\n").Table());
        Refused(SignatureRefusal.TooLarge, PdfBytes.OnePage().Table(size: 8_388_608));
    }

    [Theory]
    [InlineData("taken", SignatureRefusal.FieldNameTaken)]
    [InlineData("group", SignatureRefusal.FieldNameTaken)]
    [InlineData("", SignatureRefusal.FieldNameUnusable)]
    [InlineData("a.b", SignatureRefusal.FieldNameUnusable)]
    public void Refuses_a_field_name(string name, SignatureRefusal reason) => Refused(reason,
        PdfBytes.OnePage("/AcroForm<</Fields[4 0 R 5 0 R]>>").Indirect(4, "<</FT/Tx/T(taken)>>").Indirect(5, "<</T(group)/Kids[6 0 R]>>").Indirect(6, "<</FT/Tx/T(a)>>").Table(), name);

    [Fact]
    public void Keeps_to_the_limits_of_field_names_and_texts()
    {
        var file = PdfBytes.OnePage().Table();

        Sign(file.ToArray(), Request with { FieldName = new string('x', 255), Reason = new string('r', SignatureRequest.MaxTextLength) });
        Refused(SignatureRefusal.FieldNameUnusable, file, new string('x', 256));
        Assert.Throws<ArgumentException>(() => Prepare(file.ToArray(), Request with { Reason = new string('r', SignatureRequest.MaxTextLength + 1) }));
        Assert.Throws<ArgumentException>(() => Prepare(file.ToArray(), Request with { ContentsBytes = 0 }));
        Assert.Throws<ArgumentException>(() => Prepare(file.ToArray(), Request with { ContentsBytes = SignatureUpdate.MaxContentsBytes + 1 }));
        Assert.Throws<ArgumentException>(() => Prepare(file.ToArray(), Request with { SigningTime = null }));
        Assert.Throws<ArgumentException>(() => Prepare(file.ToArray(), Request with { Kind = SignatureKind.DocumentTimestamp }));
    }

    private static void Refused(SignatureRefusal reason, PdfBytes file, string? name = null) => Assert.Equal(reason,
        Assert.IsType<SignaturePreparation.Refused>(SignatureUpdate.Prepare(Read.Document(file), Request with { FieldName = name })).Reason);

    private static PreparedSignature Prepare(byte[] original, SignatureRequest request) =>
        Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(Read.Document(original), request)).Signature;

    private static PdfDocument Sign(byte[] original, SignatureRequest request)
    {
        var file = Assert.IsType<SignedPdf.Written>(Prepare(original, request).WriteSigned(Cms)).File;
        Assert.Equal(original, file[..original.Length].ToArray());
        var document = Read.Document(file.ToArray());
        Assert.True(Assert.IsType<ByteRangeCheck.Sound>(document.Signatures[^1].ByteRange).CoversWholeDocument);
        return document;
    }
}
