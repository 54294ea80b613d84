using System.Net;
using System.Security.Cryptography;
using Identity.Pkix.Cms;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Verification.Policy;

namespace Identity.Signing.Tests.Requests;

/// <summary>People's keys of Ed25519, when the operator chose it: from the agency's request to an archived document that others verify.</summary>
public sealed class EdwardsPersonKeyTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const string Setting = "--Signing:PersonKeyAlgorithm=Ed25519";

    [Theory]
    [InlineData("software")]
    [InlineData("hsm")]
    public async Task A_person_signs_with_Ed25519_for_archiving_and_others_verify_it(string place)
    {
        system.Reset();
        var pki = system.Pki;
        using var hsm = place == "hsm" ? new SoftHsm(pki.Folder) : null;
        await using var service = await system.StartAnotherOn(pki.PathOf("edwards-" + place), Setting, "--Signing:PersonKeys=" + place);
        var file = await service.Sign(Pdfs.Page("Edwards"), level: "B-LTA");
        if (hsm is not null)
            Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);

        // TS 119 312 lists no EdDSA: passed when the operator's policy lists it.
        Assert.Equal("INDETERMINATE", (await service.Verify(file)).Signatures[0].Indication);
        var written = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "specs", "validation-policy.json"), SigningSystem.Cancellation);
        await File.WriteAllTextAsync(pki.PathOf("policy.json"), written.Replace("\"signatures\": [", "\"signatures\": [ { \"family\": \"Ed25519\", \"bits\": 256, \"until\": null },", StringComparison.Ordinal), SigningSystem.Cancellation);
        var report = await service.Verify(file, policy: PolicyFile.Read(pki.PathOf("policy.json")));
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", "Ed25519", "SHA-512"),
            (report.Conclusion, report.Signatures[0].Level, report.Signatures[0].SignatureAlgorithm, report.Signatures[0].DigestAlgorithm));
        Assert.Equal(["ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole"], PdfBox.Verify(file));

        // openssl 3.0 knows no EdDSA in CMS: it is given what was signed, the value, and the certificate, which it finds in the CMS.
        using var examined = new ExaminedPdf(file, pki.CertificatePath("root-ca"), pki.CertificatePath("issuing-ca")) { At = 0 };
        var signer = Assert.Single(SignedData.Parse(examined.Cms()).Signers);
        var enclosed = pki.Openssl("pkcs7", "-inform", "DER", "-in", pki.Write("edwards.cms", examined.Cms()), "-print_certs").Output;
        await File.WriteAllTextAsync(pki.PathOf("edwards.certs"), enclosed[enclosed.IndexOf("CN = Liis Tamm", StringComparison.Ordinal)..], SigningSystem.Cancellation);
        Assert.Contains(": OK", pki.Openssl("verify", "-CAfile", pki.CertificatePath("root-ca"), "-untrusted", pki.CertificatePath("issuing-ca"), pki.PathOf("edwards.certs")).Text, StringComparison.Ordinal);
        var certificate = pki.Openssl("x509", "-in", pki.PathOf("edwards.certs"), "-noout", "-subject", "-pubkey").Output;
        Assert.Contains("CN = Liis Tamm", certificate, StringComparison.Ordinal);
        await File.WriteAllTextAsync(pki.PathOf("edwards.pub"), certificate[certificate.IndexOf("-----BEGIN", StringComparison.Ordinal)..], SigningSystem.Cancellation);
        string[] verify = ["pkeyutl", "-verify", "-pubin", "-inkey", pki.PathOf("edwards.pub"), "-rawin", "-in", pki.Write("attributes", signer.SignedAttributesDer!.Value.Span), "-sigfile"];
        Assert.Contains("Signature Verified Successfully", pki.Openssl([.. verify, pki.Write("value", signer.SignatureValue.Span)]).Text, StringComparison.Ordinal);
        var other = signer.SignatureValue.ToArray();
        other[0] ^= 1;
        Assert.Contains("Verification Failure", pki.Try([.. verify, pki.Write("value", other)]).Text, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexString(SHA512.HashData(examined.Covered())), pki.Openssl("asn1parse", "-inform", "DER", "-in", pki.PathOf("attributes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_demands_another_digest_is_refused_when_it_arrives()
    {
        system.Reset();
        await using var service = await system.StartAnotherOn(system.Pki.PathOf("edwards-seed"), Setting);
        var deed = HandMadePdf.Append(HandMadePdf.Plain(),
            (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>"),
            (6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(buyer)/P 3 0 R/F 132/Rect[0 0 0 0]/SV<</Ff 64/DigestMethod[(SHA256)]>>>>"));
        using var answer = await service.PostRequest(deed, signature: """{"field":"buyer"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("seed_value: digest_method", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
        using var taken = await system.PostRequest(deed, signature: """{"field":"buyer"}""");
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
    }
}
