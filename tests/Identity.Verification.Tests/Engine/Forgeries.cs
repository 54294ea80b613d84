using System.Text;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Engine;

/// <summary>Files that look signed and are not: universal forgery, wrapping, flipped bytes.</summary>
public sealed class Forgeries(Hierarchy hierarchy)
{
    [Fact]
    public async Task A_flipped_byte_of_the_page_is_a_hash_failure()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        var report = await Validating.Report(HandMadePdf.Flip(file, HandMadePdf.Find(file, "100 EUR")), hierarchy);
        Assert.Equal(("TOTAL-FAILED/HASH_FAILURE", "broken", "TOTAL-FAILED"), (report.Only().Verdict(), report.Integrity, report.Conclusion));
        Assert.False(report.Only().CryptographicallyIntact);
    }

    [Fact]
    public async Task A_flipped_byte_anywhere_never_passes()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"));
        var network = hierarchy.Network(Hierarchy.Now);
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy.Anchors, network)).Conclusion);
        var start = HandMadePdf.Find(file, "/Contents<") + "/Contents<".Length;
        var end = start + Encoding.Latin1.GetString(file)[start..].IndexOf('>', StringComparison.Ordinal);
        var padding = end - Encoding.Latin1.GetString(file)[start..end].Reverse().TakeWhile(digit => digit == '0').Count() + 1;
        // Every byte of the file is tried over many runs of the seed; a run takes each 23rd, shifted.
        for (var offset = Random.Next(23); offset < file.Length; offset += 23)
        {
            // A digit of the CMS in other case is the same CMS; time-stamp and certificates in it are not under the signature.
            if (offset >= start && offset <= padding)
                continue;
            var report = await Validating.Report(HandMadePdf.Flip(file, offset), hierarchy.Anchors, network);
            Assert.False(report.HasPassed, $"a flipped bit at {offset} passed");
        }
    }

    [Fact]
    public async Task A_flipped_byte_of_the_signature_value_is_a_crypto_failure()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain());
        var value = Convert.ToHexString(ValueOf(file));
        var at = Encoding.Latin1.GetString(file).IndexOf(value, StringComparison.Ordinal) + value.Length - 2;
        file[at] = file[at] == (byte)'1' ? (byte)'2' : (byte)'1';
        Assert.Equal("TOTAL-FAILED/SIG_CRYPTO_FAILURE", (await Validating.Report(file, hierarchy)).Only().Verdict());
    }

    [Theory]
    [InlineData("wider gap", "byte-range-gap-is-not-contents")]
    [InlineData("narrower gap", "byte-range-gap-is-not-contents")]
    [InlineData("starts at one", "byte-range-does-not-start-at-zero")]
    [InlineData("negative", "byte-range-negative")]
    [InlineData("overlapping", "byte-range-overlapping")]
    [InlineData("beyond the end", "byte-range-beyond-end-of-file")]
    [InlineData("three numbers", "byte-range-not-four-integers")]
    [InlineData("six numbers", "byte-range-not-four-integers")]
    [InlineData("ends early", "byte-range-not-a-revision")]
    public async Task A_ByteRange_that_proves_nothing_is_a_format_failure(string forgery, string key)
    {
        var shape = new SignatureShape
        {
            ByteRange = (start, end, length) => forgery switch
            {
                "wider gap" => $"0 {start - 1} {end} {length - end}",
                "narrower gap" => $"0 {start + 1} {end} {length - end}",
                "starts at one" => $"1 {start - 1} {end} {length - end}",
                "negative" => $"0 {start} {end} -1",
                "overlapping" => $"0 {end} {start} {length - start}",
                "beyond the end" => $"0 {start} {end} {length}",
                "three numbers" => $"0 {start} {end}",
                "six numbers" => $"0 {start} {end} 9 {end + 9} 9",
                _ => $"0 {start} {end} {length - end - 30}",
            },
        };
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), null, shape), hierarchy)).Only();
        Assert.Equal(("TOTAL-FAILED/FORMAT_FAILURE", "broken"), (signature.Verdict(), signature.Integrity));
        signature.Says(key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/Contents null")]
    [InlineData("/Contents<>")]
    [InlineData("/Contents<00000000>")]
    [InlineData("/Contents(text)")]
    [InlineData("/ByteRange[0 10 20 30]")]
    [InlineData("/ByteRange[]/Contents<00>")]
    [InlineData("/ByteRange null/Contents<00>")]
    [InlineData("/ByteRange[0 10 20 30]/ByteRange[0 11 20 30]/Contents<00>")]
    public async Task A_signature_without_substance_is_never_a_valid_one(string entries)
    {
        var file = HandMadePdf.Append(HandMadePdf.Plain(),
            (1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>>>"),
            (6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 7 0 R/Rect[0 0 0 0]>>"),
            (7, $"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached{entries}>>"));
        var report = await Validating.Report(file, hierarchy);
        Assert.False(report.HasPassed);
        if (report.Error is null)
            Assert.Equal(("TOTAL-FAILED/FORMAT_FAILURE", "broken"), (report.Only().Verdict(), report.Only().Integrity));
    }

    [Fact]
    public async Task Bytes_hidden_behind_the_signature_value_are_a_format_failure()
    {
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => [.. hierarchy.Cms(content), 0, 0, .. "hidden"u8]);
        var signature = (await Validating.Report(file, hierarchy)).Only();
        Assert.Equal("TOTAL-FAILED/FORMAT_FAILURE", signature.Verdict());
        signature.Says("signature-trailing-bytes");
    }

    [Fact]
    public async Task Content_enclosed_beside_the_document_is_a_format_failure()
    {
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), new CmsShape { Enclosed = "another contract"u8.ToArray() }), hierarchy)).Only();
        Assert.Equal("TOTAL-FAILED/FORMAT_FAILURE", signature.Verdict());
        signature.Says("signature-content-enclosed");
    }

    [Fact]
    public async Task A_signature_that_a_later_signer_covers_up_is_still_reported()
    {
        var stripped = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT /F1 24 Tf 72 720 Td (Sold for 1 EUR) Tj ET")),
            (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/SigFlags 3>>>>"));
        var report = await Validating.Report(hierarchy.Sign(stripped, CmsShape.By("wei"), new SignatureShape { FirstObject = 20, Name = "Signature2" }), hierarchy);
        Assert.Equal(("INDETERMINATE", "changed"), (report.Conclusion, report.Integrity));
        Assert.Equal(["INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "TOTAL-PASSED"], report.Signatures.Select(signature => signature.Verdict()));
        Assert.Equal("suspicious", report.Signatures[0].ChangesAfter);
    }

    [Fact]
    public async Task A_signature_of_another_document_is_a_hash_failure()
    {
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), _ => hierarchy.Cms("another document"u8.ToArray()));
        Assert.Equal("TOTAL-FAILED/HASH_FAILURE", (await Validating.Report(file, hierarchy)).Only().Verdict());
    }

    [Fact]
    public async Task A_certificate_with_the_subject_of_another_gains_nothing()
    {
        // The stranger calls itself Liis; its certificate is not hers.
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger") with { Chain = ["people-ca", "liis"] });
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", (await Validating.Report(file, hierarchy)).Only().Verdict());
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("%PDF-1.7\n")]
    public async Task What_is_no_pdf_is_refused_with_a_message(string content)
    {
        var report = await Validating.Report(Encoding.Latin1.GetBytes(content), hierarchy);
        Assert.Equal(("malformed", "INDETERMINATE", "none"), (report.Error!.Code, report.Conclusion, report.Integrity));
        Assert.NotEmpty(report.Error.Message);
        Assert.False(report.HasPassed);
    }

    [Fact]
    public async Task A_truncated_file_never_passes()
    {
        var file = hierarchy.Sign(HandMadePdf.Plain());
        for (var length = 0; length < file.Length - 1; length += 997)
            Assert.False((await Validating.Report(file[..length], hierarchy.Anchors)).HasPassed);
    }

    // CMS of openssl and of hand: the last OCTET STRING of the container is the signature value.
    private static byte[] ValueOf(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        var start = text.IndexOf("/Contents<", StringComparison.Ordinal) + "/Contents<".Length;
        return Pkix.Cms.SignedData.Parse(Convert.FromHexString(text[start..text.IndexOf('>', start)])).Signers[0].SignatureValue.ToArray();
    }

    private static class Random
    {
        public static int Next(int below) => System.Security.Cryptography.RandomNumberGenerator.GetInt32(below);
    }
}
