using System.Globalization;
using System.Security.Cryptography;
using Identity.Keys;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Verification.Reports;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Pades;

/// <summary>The stages with other keys than people have here, and signatures that are more than an approval.</summary>
public sealed class FormTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData(OpensslKey.P256, "ECDSA 256", "SHA-256")]
    [InlineData(OpensslKey.P384, "ECDSA 384", "SHA-384")]
    [InlineData(OpensslKey.Rsa3072, "RSA-PSS 3072", "SHA-256")]
    public async Task Each_kind_of_key_signs_for_archiving_in_room_that_was_measured_for_it(OpensslKey key, string algorithm, string digest)
    {
        system.Reset();
        var (prepared, signed) = Sign(Pdfs.Page(algorithm), key);
        Assert.InRange(prepared.Update.ReservedBytes - signed.Cms.Length, 0, Timestamps.ExpectedTokenBytes + 600);
        var file = await Archive(signed);

        var report = await Passed(file, 1);
        Assert.Equal((algorithm, digest), (report.Signatures[0].SignatureAlgorithm, report.Signatures[0].DigestAlgorithm));
        using var examined = Examined(file, 0);
        Assert.Contains("Signature is Valid.", examined.Pdfsig().Text, StringComparison.Ordinal);
        var cms = examined.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
    }

    [Theory]
    [InlineData(OpensslKey.P521)]
    [InlineData(OpensslKey.Rsa2048)]
    public void Other_keys_sign_nothing(OpensslKey key) => Assert.Equal("key_of_certificate", Unsuitable(Pdfs.Page(), key).Detail);

    [Fact]
    public async Task A_commitment_and_a_policy_are_signed_and_read_by_openssl()
    {
        system.Reset();
        var form = new SignatureForm
        {
            CommitmentType = CommitmentTypes.ProofOfApproval,
            Policy = new SignaturePolicy("1.3.6.1.4.1.99999.7", HashAlgorithmName.SHA256, SHA256.HashData("policy"u8), "https://example.org/policy.pdf"),
        };
        var file = await Archive(Sign(Pdfs.Page("Committed"), form: form).Signed);
        var report = await Passed(file, 1);
        Assert.Null(report.Signatures[0].Reason);
        using var examined = Examined(file, 0);
        Assert.Equal(0, examined.OpensslCms().ExitCode);
        system.Pki.Write("committed.der", examined.Cms());
        var printed = system.Pki.Openssl("asn1parse", "-inform", "DER", "-in", system.Pki.PathOf("committed.der")).Output;
        Assert.Contains("id-smime-aa-ets-commitmentType", printed, StringComparison.Ordinal);
        Assert.Contains("id-smime-cti-ets-proofOfApproval", printed, StringComparison.Ordinal);
        Assert.Contains("id-smime-aa-ets-sigPolicyId", printed, StringComparison.Ordinal);
        Assert.Contains("IA5STRING         :https://example.org/policy.pdf", printed, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Sign(Pdfs.Page(), form: form with { Reason = "And because" }));
    }

    [Theory]
    [InlineData(CertificationPermission.FormFilling)]
    [InlineData(CertificationPermission.Annotations)]
    public async Task A_certified_document_takes_further_signatures_and_an_archive_for_all(CertificationPermission permission)
    {
        system.Reset();
        var certified = Sign(Pdfs.Page("Certified"), form: new SignatureForm { Certification = permission }).Signed;
        var second = Sign((await Timestamp(certified)).ToArray(), OpensslKey.P384).Signed;
        var file = await ArchiveAll(second);
        var report = await Passed(file, 2);
        Assert.Equal(("signature", "archival"), (report.Signatures[0].ChangesAfter, report.Signatures[1].ChangesAfter));
        Assert.Equal(2, Examined(file).PdfsigWithoutCertificates().Text.Split("Signature is Valid.").Length - 1);
        Assert.Equal(SignatureRefusal.AlreadySigned, Unsuitable(file, form: new SignatureForm { Certification = permission }).Refusal);
    }

    [Fact]
    public async Task A_certification_that_permits_nothing_is_made_and_archived_only_with_consent()
    {
        system.Reset();
        var form = new SignatureForm { Certification = CertificationPermission.NoChanges };
        Assert.Throws<ArgumentException>(() => Sign(Pdfs.Page(), form: form));
        var file = await Archive(Sign(Pdfs.Page("Final"), form: form with { AcceptsNoChangesBehind = true }).Signed);
        await Passed(file, 1);
        Assert.Equal(SignatureRefusal.CertifiedNoChanges, Unsuitable(file).Refusal);
    }

    [Fact]
    public async Task Fields_of_a_form_are_signed_one_after_another_and_what_one_locks_no_other_takes()
    {
        system.Reset();
        var form = Pdfs.Page("Deed", "/AcroForm << /Fields [<< /FT /Tx /T (price) >>] >>");
        Assert.Equal(SignatureRefusal.FieldMissing, Unsuitable(form, form: new SignatureForm { ExistingField = "price" }).Refusal);

        var deed = HandMadePdf.Append(HandMadePdf.Plain(),
            (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 7 0 R 8 0 R]>>>>"),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R]>>"),
            (6, Field("buyer", "/SV<</Ff 66/SubFilter[/ETSI.CAdES.detached]/DigestMethod[(SHA256)]>>")),
            (7, Field("seller", "/Lock 9 0 R")), (8, Field("notary", "/SV<</Ff 2/SubFilter[/adbe.pkcs7.detached]>>")),
            (9, "<</Type/SigFieldLock/Action/Include/Fields[(notary)]>>"));
        Assert.Equal(SeedConstraint.SubFilter, Unsuitable(deed, form: new SignatureForm { ExistingField = "notary" }).Seed);
        Assert.Equal(SeedConstraint.DigestMethod, Unsuitable(deed, OpensslKey.P384, new SignatureForm { ExistingField = "buyer" }).Seed);

        var buyer = await Timestamp(Sign(deed, form: new SignatureForm { ExistingField = "buyer" }).Signed);
        var seller = await ArchiveAll(Sign(buyer.ToArray(), OpensslKey.P384, new SignatureForm { ExistingField = "seller" }).Signed);
        var report = await Passed(seller, 2);
        Assert.Equal(["buyer", "seller"], report.Signatures.Where(one => one.Kind == "signature").Select(one => one.Field));
        Assert.Equal(SignatureRefusal.FieldSigned, Unsuitable(seller, form: new SignatureForm { ExistingField = "buyer" }).Refusal);
        Assert.Equal(SignatureRefusal.FieldLocked, Unsuitable(seller, form: new SignatureForm { ExistingField = "notary" }).Refusal);
        Assert.Equal(2, Examined(seller).PdfsigWithoutCertificates().Text.Split("Signature is Valid.").Length - 1);
    }

    private TimestampClient Timestamps => system.App.Services.GetRequiredService<TimestampClient>();

    private static string Field(string name, string more) =>
        string.Create(CultureInfo.InvariantCulture, $"<</Type/Annot/Subtype/Widget/FT/Sig/T({name})/P 3 0 R/F 132/Rect[0 0 0 0]{more}>>");

    private (PreparedDocument Prepared, SignedDocument Signed) Sign(byte[] file, OpensslKey key = OpensslKey.P256, SignatureForm? form = null)
    {
        var prepared = Assert.IsType<Preparation.Done>(Prepare(file, key, form)).Document;
        return (prepared, SignedDocument.Sign(prepared, KeyRing.Open(system.Pki.Folder, production: false).Get(Name(key), KeyPurpose.PersonSignature)));
    }

    private Preparation.Unsuitable Unsuitable(byte[] file, OpensslKey key = OpensslKey.P256, SignatureForm? form = null) => Assert.IsType<Preparation.Unsuitable>(Prepare(file, key, form));

    private Preparation Prepare(byte[] file, OpensslKey key, SignatureForm? form)
    {
        if (!File.Exists(system.Pki.CertificatePath(Name(key))))
            system.Pki.CertifyPerson(Name(key), key);
        var certificate = new PersonCertificate(Certificate.Parse(system.Pki.Certificate(Name(key))), [Certificate.Parse(system.Pki.Certificate("issuing-ca"))]);
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(file)).Value;
        return PreparedDocument.Prepare(document, certificate, form ?? SignatureForm.Approval, Timestamps.ExpectedTokenBytes, Timestamps.ClaimedSigningTime());
    }

    private static string Name(OpensslKey key) => "signer-" + key.ToString().ToLowerInvariant();

    private async Task<ReadOnlyMemory<byte>> Timestamp(SignedDocument signed) =>
        Assert.IsType<Timestamping.Done>(await TimestampedDocument.Timestamp(signed, Timestamps, SigningSystem.Cancellation)).Document.Bytes.ToArray();

    private async Task<byte[]> Archive(SignedDocument signed)
    {
        var timestamped = Assert.IsType<Timestamping.Done>(await TimestampedDocument.Timestamp(signed, Timestamps, SigningSystem.Cancellation)).Document;
        var collect = system.App.Services.GetRequiredService<CollectValidationData>();
        var longTerm = Assert.IsType<Proving.Done>(await LongTermDocument.Prove(timestamped, collect, SigningSystem.Cancellation)).Document;
        return Assert.IsType<Archiving.Done>(await ArchivedDocument.Archive(longTerm, Timestamps, SigningSystem.Cancellation)).Document.Bytes.ToArray();
    }

    /// <summary>One pass at the end for everybody's signature.</summary>
    private async Task<byte[]> ArchiveAll(SignedDocument last)
    {
        var opened = Assert.IsType<Opening.Done>(OpenedDocument.Open(await Timestamp(last), ValidationData.None, despiteCertification: false)).Document;
        return Assert.IsType<Extended.Done>(await system.App.Services.GetRequiredService<ExtendDocument>().Run(opened, PadesLevel.LTA, SigningSystem.Cancellation)).Document.ToArray();
    }

    private async Task<ValidationReport> Passed(byte[] file, int signatures)
    {
        var report = await system.Verify(file);
        Assert.True(report.Conclusion == "TOTAL-PASSED", string.Join('\n', report.Signatures.SelectMany(one => one.Messages.Select(message => $"{one.Field}: {message.Text}"))));
        Assert.Equal("intact", report.Integrity);
        var found = report.Signatures.Where(one => one.Kind == "signature").ToList();
        Assert.Equal(signatures, found.Count);
        Assert.Equal("PAdES-BASELINE-LTA", found[^1].Level);
        var lines = PdfBox.Verify(file);
        Assert.All(lines, line => Assert.Contains(" verifies ", line, StringComparison.Ordinal));
        Assert.Equal((report.Signatures.Count, "ETSI.RFC3161 verifies whole"), (lines.Length, lines[^1]));
        return report;
    }

    private ExaminedPdf Examined(byte[] file, int? at = null) => new(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca")) { At = at };
}
