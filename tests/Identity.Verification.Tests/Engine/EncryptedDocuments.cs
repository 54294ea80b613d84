using System.Globalization;
using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Engine;

/// <summary>Documents that qpdf encrypted, signed by PDFBox with openssl and by this project, read with their password, and altered.</summary>
public sealed class EncryptedDocuments(Hierarchy hierarchy)
{
    private const string Password = "saladus";

    // In the comment behind the version, which says nothing.
    private const int InHeader = 11;

    public static TheoryData<string> Variants =>
    [
        "40", "128 --use-aes=n", "128 --use-aes=y", "128 --use-aes=y --cleartext-metadata", "128 --force-V4 --use-aes=n", "256", "256 --cleartext-metadata", "256 --force-R5",
    ];

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task What_others_signed_passes_with_its_password_in_each_way_of_encrypting(string variant)
    {
        var signed = SignedByOthers(EncryptedPdf.By(variant, Password), Password);

        var signature = (await Report(signed, Password)).Only();
        Assert.Equal(("TOTAL-PASSED", "Person liis", "signed by PDFBox"), (signature.Verdict(), signature.SignedBy, signature.Reason));
        Assert.True(signature.CoversWholeDocument);
        // The owner's opens too.
        Assert.Equal("TOTAL-PASSED", (await Report(signed, "owner")).Only().Verdict());
        Assert.Equal("TOTAL-FAILED/HASH_FAILURE", (await Report(HandMadePdf.Flip(signed, InHeader), Password)).Only().Verdict());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task What_was_signed_here_passes_and_a_changed_byte_of_it_does_not(string variant)
    {
        foreach (var objectStreams in new[] { "disable", "generate" })
        {
            var signed = Sign(EncryptedPdf.By(variant, Password, "--object-streams=" + objectStreams), Password);
            Assert.Equal("TOTAL-PASSED", (await Report(signed, Password)).Only().Verdict());
            Assert.Equal("TOTAL-FAILED/HASH_FAILURE", (await Report(HandMadePdf.Flip(signed, InHeader), Password)).Only().Verdict());
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Opens_by_itself_when_there_is_no_password_for_users_whatever_password_is_given(string variant)
    {
        var signed = Sign(EncryptedPdf.By(variant, ""), "");
        Assert.Equal("TOTAL-PASSED", (await Report(signed, "")).Only().Verdict());
        Assert.Equal("TOTAL-PASSED", (await Report(signed, "some other")).Only().Verdict());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Without_its_password_it_says_so_and_nothing_else(string variant)
    {
        var signed = Sign(EncryptedPdf.By(variant, Password), Password);
        foreach (var (password, why, message) in new[] { ("", "needed", "the document is encrypted and opens with a password"), ("Saladus", "wrong", "the document is encrypted and opens with another password") })
        {
            var report = await Report(signed, password);
            Assert.Equal(new ReportError("encrypted", message) { Password = why }, report.Error);
            Assert.Equal(("INDETERMINATE", "none"), (report.Conclusion, report.Integrity));
            Assert.Empty(report.Signatures);
            Assert.Equal("advice-give-password", Assert.Single(report.Advice).Key);
        }
    }

    [Theory]
    [InlineData("128 --use-aes=n")]
    [InlineData("128 --use-aes=y")]
    [InlineData("256")]
    public async Task What_is_changed_after_signing_is_named_and_what_is_only_encrypted_anew_is_not(string variant)
    {
        var signed = SignedByOthers(EncryptedPdf.By(variant, Password), Password);

        var changed = (await Report(PdfBox.ReplaceContent(signed, Password, "100 EUR", "900 EUR"), Password)).Only();
        Assert.Equal(("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "content"), (changed.Verdict(), changed.ChangesAfter));
        changed.Says("page-content-changed");

        var again = PdfBox.ReplaceContent(signed, Password, "100 EUR", "100 EUR");
        Assert.NotEqual(signed.Length, again.Length);
        Assert.Equal("TOTAL-PASSED", (await Report(again, Password)).Only().Verdict());
    }

    [Theory]
    [InlineData("128 --use-aes=n")]
    [InlineData("128 --use-aes=y")]
    public async Task The_same_bytes_under_another_number_are_another_content(string variant)
    {
        // The key of an object comes from its number: what reads "Sold for 100 EUR" as one object is noise as another.
        var signed = Sign(EncryptedPdf.By(variant, Password), Password);
        var document = Open(signed, Password);
        var page = document.Latest.Pages.Pages[0];
        var content = (PdfReference)page.Dictionary["Contents"]!;
        var stream = (PdfStream)document.Latest.Resolve(content.Target);
        const int copy = 900;
        var text = Encoding.Latin1.GetString(page.Dictionary.Raw.Span).Replace($"/Contents {content.Target}", $"/Contents {copy} 0 R", StringComparison.Ordinal);
        Assert.Contains("900 0 R", text, StringComparison.Ordinal);

        var moved = Append(signed, document, (page.Id!.Value.Number, text), (copy, Encoding.Latin1.GetString(stream.Raw.Span)));

        var signature = (await Report(moved, Password)).Only();
        Assert.Equal(("INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "content"), (signature.Verdict(), signature.ChangesAfter));
        signature.Says("page-content-changed");
    }

    [Fact]
    public async Task Encryption_put_on_a_signed_document_is_refused()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var dictionary = "<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + new string('0', 64) + ">/U<" + new string('0', 64) + ">>>";
        var text = Encoding.Latin1.GetString(HandMadePdf.Append(signed, (90, dictionary)));
        var encrypted = Encoding.Latin1.GetBytes(text[..text.LastIndexOf("/Prev", StringComparison.Ordinal)] + "/Encrypt 90 0 R/ID[<31><32>]" + text[text.LastIndexOf("/Prev", StringComparison.Ordinal)..]);

        var report = await Report(encrypted, "");
        Assert.Equal(new ReportError("encrypted", "only a part of the document is encrypted, or by two dictionaries"), report.Error);
        Assert.Equal("advice-ask-unencrypted", Assert.Single(report.Advice).Key);
    }

    private async Task<ValidationReport> Report(byte[] file, string password)
    {
        var now = Hierarchy.Now.AddMinutes(1);
        using var online = new OnlineRevocation(AllowedRevocationSources.From([Hierarchy.Source]), hierarchy.Network(now.AddSeconds(-30)));
        var validation = new ValidateDocument(hierarchy.Anchors, online, ValidationPolicy.Default, PdfLimits.Default, new StandingClock(now));
        return BuildReport.From(await validation.Run(file, TestContext.Current.CancellationToken, password), "test.pdf", file, now, ValidationPolicy.Default);
    }

    private byte[] SignedByOthers(byte[] file, string password) =>
        PdfBox.Sign(file, password, hierarchy.Pki.CertificatePath("liis"), hierarchy.Pki.KeyPath("liis"), hierarchy.Pki.CertificatePath("people-ca"));

    private byte[] Sign(byte[] file, string password)
    {
        var request = new SignatureRequest { ContentsBytes = 12_000, SigningTime = Hierarchy.Now, Reason = "why it was signed" };
        var prepared = Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(Open(file, password), request)).Signature;
        var covered = new byte[prepared.ByteRange.End - prepared.ReservedBytes * 2 - 2];
        prepared.Original.Read(0, covered.AsSpan(0, (int)prepared.Original.Length));
        var gap = (int)(prepared.ByteRange.SecondStart - prepared.ByteRange.FirstLength);
        var before = (int)(prepared.ByteRange.FirstLength - prepared.Original.Length);
        prepared.Tail.Span[..before].CopyTo(covered.AsSpan((int)prepared.Original.Length));
        prepared.Tail.Span[(before + gap)..].CopyTo(covered.AsSpan((int)prepared.Original.Length + before));
        return Assert.IsType<SignedPdf.Written>(prepared.WriteSigned(hierarchy.Cms(covered))).File.ToArray();
    }

    private static PdfDocument Open(byte[] file, string password) => Assert.IsType<PdfRead.Document>(PdfDocument.Read(DocumentBytes.OfMemory(file, password))).Value;

    /// <summary>An update written by hand, its objects as they are given: nothing in it is encrypted that was not.</summary>
    private static byte[] Append(byte[] file, PdfDocument document, params IReadOnlyList<(int Number, string Value)> objects)
    {
        var text = new StringBuilder();
        var rows = new StringBuilder();
        foreach (var (number, value) in objects)
        {
            rows.Append(CultureInfo.InvariantCulture, $"{number} 1\n{file.Length + text.Length:D10} 00000 n \n");
            text.Append(CultureInfo.InvariantCulture, $"{number} 0 obj\n{value}\nendobj\n");
        }
        var trailer = document.Latest.Revision.Trailer;
        string Entry(string key) => "/" + key + " " + Encoding.Latin1.GetString(trailer[key]!.Raw.Span);
        var section = file.Length + text.Length;
        text.Append("xref\n").Append(rows).Append(CultureInfo.InvariantCulture, $"trailer\n<</Size 1000{Entry("Root")}{Entry("Encrypt")}{Entry("ID")}/Prev {LastSection(file)}>>\nstartxref\n{section}\n%%EOF\n");
        return [.. file, .. Encoding.Latin1.GetBytes(text.ToString())];
    }

    private static string LastSection(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        return text[(text.LastIndexOf("startxref", StringComparison.Ordinal) + 10)..].Split('\n')[0].Trim();
    }
}
