using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Identity.Keys;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.Verification.Policy;
using Org.BouncyCastle.Cms;

namespace Identity.Signing.Tests.Seals;

/// <summary>A second seal by ML-DSA-65 (FIPS 204, RFC 9882), on request, where the settings let it, and called what it is.</summary>
public sealed class ExperimentalSealTests(SealSystem system) : IClassFixture<SealSystem>
{
    private const string Lattice = "lattice-seal";

    [Fact]
    public async Task A_second_seal_by_ML_DSA_is_made_on_request_and_reported_as_outside_the_standards()
    {
        await using var service = await Start();
        using var answer = await Post(service, SealSystem.Seal, Lattice);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        Assert.Equal("ML-DSA-65; outside EN 319 142-1, TS 119 312 and ISO 32000-2", answer.Headers.GetValues("Identity-Experimental-Signature").Single());
        var file = await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);

        // The seal of the standards is what it would be alone; the other is intact, and never passed without an operator's own policy.
        var report = await service.Verify(file);
        var (first, second) = (report.Signatures[0], report.Signatures.Where(one => one.Kind == "signature").ElementAt(1));
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", "intact", "signature"), (first.Indication, first.Level, first.Integrity, first.ChangesAfter));
        Assert.Equal(("INDETERMINATE", "intact", "ML-DSA-65", "SHA-512"), (second.Indication, second.Integrity, second.SignatureAlgorithm, second.DigestAlgorithm));
        Assert.Contains(second.Messages, message => message.Key == "signature-experimental-algorithm");
        Assert.DoesNotContain(first.Messages, message => message.Key == "signature-experimental-algorithm");
        var written = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "specs", "validation-policy.json"), SigningSystem.Cancellation);
        await File.WriteAllTextAsync(system.Pki.PathOf("lattice.json"), written.Replace("\"signatures\": [", "\"signatures\": [ { \"family\": \"ML-DSA\", \"bits\": 65, \"until\": null },", StringComparison.Ordinal), SigningSystem.Cancellation);
        Assert.Equal("TOTAL-PASSED", (await service.Verify(file, policy: PolicyFile.Read(system.Pki.PathOf("lattice.json")))).Conclusion);

        // pdfsig: the first valid, the second of a kind it does not know; qpdf: whole; BouncyCastle's CMS verifies the second, which openssl 3.0 does not know.
        using var examined = new ExaminedPdf(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
        Assert.Equal(1, examined.PdfsigWithoutCertificates().Text.Split("Signature is Valid.").Length - 1);
        Assert.DoesNotContain("WARNING", examined.Qpdf().Text, StringComparison.Ordinal);
        Assert.True(VerifiedByBouncyCastle(file, second: true));
        file[Encoding.Latin1.GetString(file).IndexOf("Lattice", StringComparison.Ordinal)] ^= 1;
        Assert.False(VerifiedByBouncyCastle(file, second: true));
        Assert.All((await service.Verify(file)).Signatures, one => Assert.Equal("HASH_FAILURE", one.SubIndication));
    }

    [Fact]
    public async Task Of_two_seals_the_log_says_once_that_a_document_was_given_out_and_which()
    {
        await using var service = await Start();
        using var answer = await Post(service, SealSystem.Seal, Lattice);
        var file = await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);
        var delivered = Assert.Single(service.Audit("signing.sealed-document-delivered")).GetRawText();
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(file)), delivered, StringComparison.Ordinal);
        Assert.Contains($"\"{SealSystem.Seal} {Lattice}\"", delivered, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_second_seal_fails_nothing_is_given_out_and_the_log_says_of_nothing_that_it_was()
    {
        const string revoked = "lattice-revoked";
        Certify(revoked);
        system.Pki.SetStatus(Pkix.X509.Certificate.Parse(system.Pki.Certificate(revoked)).SerialHex, revoked: true);
        await using var service = await Start(revoked);
        using var answer = await Post(service, SealSystem.Seal, revoked);
        Assert.Equal((HttpStatusCode.Conflict, "certificate_revoked"), (answer.StatusCode, (await SigningSystem.Json(answer))["reason"]!.GetValue<string>()));
        // The first seal was made, the second was not.
        var ends = service.Audit("signing.document-sealing").Select(line => line.GetRawText()).ToList();
        Assert.Single(ends, line => line.Contains("succeeded", StringComparison.OrdinalIgnoreCase));
        Assert.Single(ends, line => line.Contains("certificate_revoked", StringComparison.Ordinal));
        Assert.Empty(service.Audit("signing.sealed-document-delivered"));
    }

    [Fact]
    public async Task Without_a_request_nothing_is_sealed_with_it()
    {
        await using var service = await Start();
        var file = await SealSystem.Sealed(service, Pdfs.Page("Lattice"));
        Assert.Single((await service.Verify(file)).Signatures, one => one.Kind == "signature");
        using var alone = await Post(service, Lattice, null);
        Assert.Equal(HttpStatusCode.BadRequest, alone.StatusCode);
        using var ordinary = await Post(service, SealSystem.Seal, SealSystem.Seal);
        Assert.Equal(HttpStatusCode.BadRequest, ordinary.StatusCode);
        Assert.Equal("experimental must be one of the experimental seals that this client may use.", (await SigningSystem.Json(ordinary))["error_description"]!.GetValue<string>());
        using var foreign = await Post(system.Service, SealSystem.Seal, Lattice);
        Assert.Equal(HttpStatusCode.BadRequest, foreign.StatusCode);
    }

    [Fact]
    public async Task A_seal_of_ML_DSA_that_is_not_called_experimental_is_refused_at_the_start_and_so_is_the_opposite()
    {
        Certify();
        var settings = SealSystem.Settings(Lattice, at: 1);
        Assert.Equal("The certificate of seal 'lattice-seal' has an ML-DSA key, which is outside the standards: Experimental must say so in its setting.",
            (await Assert.ThrowsAsync<KeyRingException>(() => system.Plain.StartAnotherOn(system.Pki.PathOf("unsaid"), [.. SealSystem.Settings(), .. settings]))).Message);
        Assert.Equal("The certificate of seal 'registry-seal' has a key of the standards, and the setting says that it is experimental.",
            (await Assert.ThrowsAsync<KeyRingException>(() => system.Plain.StartAnotherOn(system.Pki.PathOf("said"), [.. SealSystem.Settings(), "--Signing:Seals:0:Experimental=true"]))).Message);
    }

    [Fact]
    public void Production_refuses_it_by_name()
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => SigningApp.Build(["--environment=Production", "--Signing:PublicAddress=https://sign.example/", "--Signing:Provider=https://login.example/",
            "--Signing:Authority=https://ca.example/", "--Signing:Verification=https://verify.example/", "--Signing:PersonKeys=hsm", "--Signing:Agencies:0:ClientId=land-registry", "--Signing:Agencies:0:Name=A",
            "--Signing:Agencies:0:ReturnUrls:0=https://a.example/", .. SealSystem.Settings(Lattice), "--Signing:Seals:0:Experimental=true"]));
        Assert.Equal("Signing:Seals:0:Experimental is for development: keys of ML-DSA-65 are in software, and their signatures are outside EN 319 142-1 and TS 119 312.", refusal.Message);
    }

    private async Task<SigningSystem> Start(string lattice = Lattice)
    {
        Certify(lattice);
        return await system.Plain.StartAnotherOn(system.Pki.PathOf("lattice-" + Guid.CreateVersion7()), [.. SealSystem.Settings(), .. SealSystem.Settings(lattice, at: 1), "--Signing:Seals:1:Experimental=true"]);
    }

    private static async Task<HttpResponseMessage> Post(SigningSystem service, string seal, string? experimental)
    {
        using var agency = service.AgencyClient();
        using var form = new MultipartFormDataContent { { new StringContent(seal), "seal" } };
        if (experimental is not null)
            form.Add(new StringContent(experimental), "experimental");
        form.Add(new ByteArrayContent(Pdfs.Page("Lattice")), "document", "deed.pdf");
        return await agency.PostAsync("seals", form, SigningSystem.Cancellation);
    }

    private static bool VerifiedByBouncyCastle(byte[] file, bool second)
    {
        using var examined = new ExaminedPdf(file, "", "") { At = second ? 2 : 0 };
        var cms = new CmsSignedData(new CmsProcessableByteArray(examined.Covered()), examined.Cms());
        var signer = cms.GetSignerInfos().GetSigners().Single();
        var certificate = cms.GetCertificates().EnumerateMatches(signer.SignerID).Single();
        try
        {
            return signer.Verify(certificate);
        }
        catch (CmsException)
        {
            return false;
        }
    }

    /// <summary>By the framework's builder, signed with the issuer's P-256 key: openssl 3.0 reads no such request.</summary>
    private void Certify(string name = Lattice)
    {
        var pki = system.Pki;
        if (File.Exists(pki.CertificatePath(name)))
            return;
        var key = KeyRing.CreateDevelopmentKey(pki.Folder, name, KeyPurpose.Seal, KeyAlgorithm.MlDsa65);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName("Land Registry Experiment");
        subject.Add("2.5.4.97", "NTRXX-70000001");
        subject.AddOrganizationName("Land Registry");
        subject.AddCountryOrRegion("XX");
        var request = new CertificateRequest(subject.Build(), PublicKey.CreateFromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.NonRepudiation, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var status = system.Plain.Authority.Address;
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([status + "ocsp"], null));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([status + "crl/issuing-ca.crl"]));
        using var issuer = X509Certificate2.CreateFromPem(File.ReadAllText(pki.CertificatePath("issuing-ca")));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using var issuing = ECDsa.Create();
        issuing.ImportFromPem(File.ReadAllText(pki.KeyPath("issuing-ca")));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuing), now.AddMinutes(-1), now.AddDays(30), [1, .. RandomNumberGenerator.GetBytes(15)]);
        pki.SetStatus(certificate.SerialNumber);
        File.WriteAllText(pki.CertificatePath(name), certificate.ExportCertificatePem() + "\n" + File.ReadAllText(pki.CertificatePath("issuing-ca")));
    }
}
