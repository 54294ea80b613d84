using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Pades;

/// <summary>Each level of each form, before each program; and with one byte changed, which each program must see. Their words count, not their exit codes.</summary>
public sealed class EveryLevelAndFormTests(SignedForms forms) : IClassFixture<SignedForms>
{
    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var form in SignedForms.Forms)
        {
            foreach (var level in SignedForms.Levels)
                rows.Add(form, level);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Is_valid_for_every_program(string form, string level)
    {
        var signed = await forms.Get(form, level);
        using var whole = Examined(signed.File);
        // pdfsig 22.12 knows no document time-stamps, and says so.
        var pdfsig = whole.Pdfsig(forms.Roots, signed.Password).Text;
        Assert.Equal((signed.Signatures, signed.Signatures, signed.DocumentTimestamps),
            (Count(pdfsig, "Signature is Valid."), Count(pdfsig, "Certificate is Trusted."), Count(pdfsig, "Signature has not yet been verified.")));
        Assert.Equal(level == "B-LT" ? 0 : 1, Count(pdfsig, "  - Total document signed"));
        var qpdf = whole.Qpdf(signed.Password);
        Assert.True(qpdf.ExitCode == 0 && qpdf.Text.Contains("No syntax or stream encoding errors found", StringComparison.Ordinal) && !qpdf.Text.Contains("WARNING", StringComparison.Ordinal), qpdf.Text);
        // mutool 1.21 neither; for it a time-stamp behind a signature is an edit.
        var mutool = whole.Mutool(signed.Password).Text;
        // Nor PSS, of anybody; a changed byte it sees in spite of it (below).
        var unread = form == "RSA-3072 with PSS" ? signed.Signatures : 0;
        var untouched = level is "B-B" or "B-T" ? 1 : 0;
        Assert.Equal((unread > 0 ? 0 : untouched, unread > 0 ? 0 : signed.Signatures - untouched, unread, signed.DocumentTimestamps),
            (Count(mutool, "The document is unchanged since signing."), Count(mutool, "The signature is valid but there have been edits since signing."),
            Count(mutool, "Digest error: Unknown error."), Count(mutool, "Signature is not signed.")));
        for (var at = 0; at < signed.Signatures + signed.DocumentTimestamps; at++)
        {
            using var one = Examined(signed.File, at);
            if (at >= signed.Signatures)
            {
                Assert.Contains("Verification: OK", one.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);
                continue;
            }
            Assert.Contains("CAdES Verification successful", one.OpensslCms().Text, StringComparison.Ordinal);
            if (at < signed.Stamped)
                Assert.Contains("Verification: OK", one.OpensslTs().Text, StringComparison.Ordinal);
        }
        var (lines, _) = await forms.PdfBoxOf(form, level);
        Assert.Equal(Enumerable.Repeat("ETSI.CAdES.detached", signed.Signatures).Concat(Enumerable.Repeat("ETSI.RFC3161", signed.DocumentTimestamps)), lines.Select(line => line.Split(' ')[0]));
        Assert.All(lines, line => Assert.Contains(" verifies ", line, StringComparison.Ordinal));
        Assert.EndsWith(level == "B-LT" ? "part" : "whole", lines[^1], StringComparison.Ordinal);
    }

    /// <summary>Nobody is asked: below B-LT the status of certificates is not known, and the conclusion is open.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Has_its_level_for_our_verification(string form, string level)
    {
        var signed = await forms.Get(form, level);
        var report = await forms.System.Verify(signed.File, password: signed.Password);
        Assert.Equal("intact", report.Integrity);
        var last = report.Signatures.Last(one => one.Kind == "signature");
        Assert.Equal(level is "B-B" or "B-T" ? "INDETERMINATE" : "TOTAL-PASSED", last.Indication);
        Assert.Equal("PAdES-BASELINE-" + (level is "extended" or "renewed" ? "LTA" : level[2..]), last.Level);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task One_changed_byte_is_seen_by_every_program(string form, string level)
    {
        var signed = await forms.Get(form, level);
        using var changed = Examined(signed.Changed());
        var pdfsig = changed.Pdfsig(forms.Roots, signed.Password).Text;
        Assert.Equal((0, signed.Signatures), (Count(pdfsig, "Signature is Valid."), Count(pdfsig, "Digest Mismatch.")));
        var mutool = changed.Mutool(signed.Password).Text;
        Assert.Equal((0, 0, signed.Signatures), (Count(mutool, "unchanged"), Count(mutool, "is valid"), Count(mutool, "Digest error: Signature invalidated by change to document.")));
        for (var at = 0; at < signed.Signatures + signed.DocumentTimestamps; at++)
        {
            using var one = Examined(changed.File, at);
            if (at < signed.Signatures)
                Assert.Contains("CAdES Verification failure", one.OpensslCms().Text, StringComparison.Ordinal);
            else
                Assert.Contains("message imprint mismatch", one.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);
        }
        Assert.All((await forms.PdfBoxOf(form, level)).Changed, line => Assert.Contains(" DOES NOT VERIFY ", line, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task What_the_security_store_holds_is_good_for_openssl(string form, string level)
    {
        var signed = await forms.Get(form, level);
        var store = Assert.IsType<PdfRead.Document>(PdfDocument.Read(DocumentBytes.OfMemory(signed.File, signed.Password), PdfLimits.Default)).Value.Latest.SecurityStore;
        if (level is "B-B" or "B-T")
        {
            Assert.Null(store);
            return;
        }

        Assert.NotEmpty(store!.OcspResponses);
        Assert.NotEmpty(store.Crls);
        var pki = forms.System.Pki;
        foreach (var answer in store.OcspResponses)
        {
            var said = pki.Openssl("ocsp", "-respin", pki.Write("stored.ocsp", answer.Bytes.Span), "-CAfile", pki.CertificatePath("root-ca"),
                "-verify_other", pki.CertificatePath("issuing-ca"), "-no_nonce", "-text").Text;
            Assert.Contains("Response verify OK", said, StringComparison.Ordinal);
            Assert.Contains("Cert Status: good", said, StringComparison.Ordinal);
        }

        foreach (var list in store.Crls)
            Assert.Contains("verify OK", pki.Openssl("crl", "-inform", "DER", "-in", pki.Write("stored.crl", list.Bytes.Span), "-noout", "-CAfile", pki.CertificatePath("root-ca")).Text, StringComparison.Ordinal);
    }

    /// <summary>qpdf looks at the structure and not at digests: where the last section is said to be, one digit is another.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_changed_offset_is_seen_by_qpdf(string form, string level)
    {
        var signed = await forms.Get(form, level);
        var text = Encoding.Latin1.GetString(signed.File);
        using var changed = Examined(HandMadePdf.Flip(signed.File, text.LastIndexOf("startxref", StringComparison.Ordinal) + "startxref".Length + 2));
        Assert.Contains("WARNING", changed.Qpdf(signed.Password).Text, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private ExaminedPdf Examined(byte[] file, int? at = null) => new(file, forms.System.Pki.CertificatePath("root-ca"), forms.System.Pki.CertificatePath("issuing-ca")) { At = at };
}
