using System.Net;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Requests;

/// <summary>People's keys of P-384 and RSA-3072, when the operator chose them: from the agency's request to an archived document that stands before every program.</summary>
public sealed class FurtherPersonKeyTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData("software", "EcdsaP384", "ecdsa-with-SHA384", "SHA-384")]
    [InlineData("hsm", "EcdsaP384", "ecdsa-with-SHA384", "SHA-384")]
    [InlineData("software", "Rsa3072", "rsassaPss", "SHA-256")]
    [InlineData("hsm", "Rsa3072", "rsassaPss", "SHA-256")]
    public async Task A_person_signs_with_it_for_archiving_and_every_program_says_it_is_valid(string place, string algorithm, string named, string digest)
    {
        system.Reset();
        var pki = system.Pki;
        using var hsm = place == "hsm" ? new SoftHsm(pki.Folder, timeoutSeconds: 60) : null;
        await using var service = await system.StartAnotherOn(pki.PathOf(algorithm + "-" + place), "--Signing:PersonKeyAlgorithm=" + algorithm, "--Signing:PersonKeys=" + place);
        var file = await service.Sign(Pdfs.Page("By " + algorithm), level: "B-LTA");
        if (hsm is not null)
            Assert.DoesNotContain("Object", hsm.Objects(), StringComparison.Ordinal);

        var report = await service.Verify(file);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", "intact", digest), (report.Conclusion, report.Signatures[0].Level, report.Signatures[0].Integrity, report.Signatures[0].DigestAlgorithm));
        using var examined = new ExaminedPdf(file, pki.CertificatePath("root-ca"), pki.CertificatePath("issuing-ca")) { At = 0 };
        var cms = examined.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        Assert.Contains(named, pki.Openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", pki.Write("further.cms", examined.Cms())).Output, StringComparison.Ordinal);
        Assert.Contains("Verification: OK", examined.OpensslTs().Text, StringComparison.Ordinal);
        var pdfsig = examined.Pdfsig().Text;
        Assert.Contains("Signature is Valid.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Certificate is Trusted.", pdfsig, StringComparison.Ordinal);
        Assert.Equal(["ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole"], PdfBox.Verify(file));

        // One bit, and it holds for nobody.
        var changed = file.ToArray();
        changed[System.Text.Encoding.Latin1.GetString(file).IndexOf("By " + algorithm, StringComparison.Ordinal)] ^= 1;
        using var broken = new ExaminedPdf(changed, pki.CertificatePath("root-ca"), pki.CertificatePath("issuing-ca")) { At = 0 };
        Assert.NotEqual(0, broken.OpensslCms().ExitCode);
        Assert.DoesNotContain("Signature is Valid.", broken.Pdfsig().Text.Split("Signature #2")[0], StringComparison.Ordinal);
        Assert.Equal("broken", (await service.Verify(changed)).Signatures[0].Integrity);
    }

    [Theory]
    [InlineData("EcdsaP384", "SHA256", HttpStatusCode.UnprocessableEntity)]
    [InlineData("EcdsaP384", "SHA384", HttpStatusCode.Created)]
    [InlineData("Rsa3072", "SHA384", HttpStatusCode.UnprocessableEntity)]
    [InlineData("Rsa3072", "SHA256", HttpStatusCode.Created)]
    public async Task A_field_that_demands_another_digest_is_refused_when_it_arrives(string algorithm, string demanded, HttpStatusCode status)
    {
        system.Reset();
        await using var service = await system.StartAnotherOn(system.Pki.PathOf($"seed-{algorithm}-{demanded}"), "--Signing:PersonKeyAlgorithm=" + algorithm);
        var deed = HandMadePdf.Append(HandMadePdf.Plain(),
            (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>"),
            (6, $"<</Type/Annot/Subtype/Widget/FT/Sig/T(buyer)/P 3 0 R/F 132/Rect[0 0 0 0]/SV<</Ff 64/DigestMethod[({demanded})]>>>>"));
        using var answer = await service.PostRequest(deed, signature: """{"field":"buyer"}""");
        Assert.Equal(status, answer.StatusCode);
        if (status != HttpStatusCode.Created)
            Assert.Equal("seed_value: digest_method", (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }
}
