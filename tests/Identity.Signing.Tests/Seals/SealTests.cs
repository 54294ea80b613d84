using System.Net;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Verification.Reports;

namespace Identity.Signing.Tests.Seals;

/// <summary>An organisation's electronic seal on a PDF, made for an agency that may, beside people's signatures.</summary>
public sealed class SealTests(SealSystem system) : IClassFixture<SealSystem>
{
    private SigningSystem Service => system.Service;

    [Theory]
    [InlineData("B-B", "PAdES-BASELINE-B", "registry-seal")]
    [InlineData("B-T", "PAdES-BASELINE-T", "deeds-seal")]
    [InlineData("B-LT", "PAdES-BASELINE-LT", "registry-seal")]
    [InlineData("B-LTA", "PAdES-BASELINE-LTA", "deeds-seal")]
    public async Task A_seal_has_the_level_that_was_asked_for_and_is_valid_for_every_program(string level, string found, string seal)
    {
        Service.Reset();
        var document = Pdfs.Page("Extract " + level);
        var file = await SealSystem.Sealed(Service, document, seal, level);
        Assert.True(file.AsSpan().StartsWith(document));

        using var examined = Examined(file, 0);
        var pdfsig = examined.Pdfsig().Text;
        Assert.Contains("Signature is Valid.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Certificate is Trusted.", pdfsig, StringComparison.Ordinal);
        var cms = examined.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        Assert.DoesNotContain("WARNING", examined.Qpdf().Text, StringComparison.Ordinal);
        if (level != "B-B")
            Assert.Contains("Verification: OK", examined.OpensslTs().Text, StringComparison.Ordinal);

        var report = await Service.Verify(file);
        var signature = Assert.Single(report.Signatures, one => one.IsSignature);
        Assert.Equal((found, SignerKind.Organisation, "intact"), (signature.Level, signature.SignerKind, signature.Integrity));
        // Asked offline, what does not carry the status of its certificates is to be tried later.
        Assert.Equal(level is "B-LT" or "B-LTA" ? ("TOTAL-PASSED", null) : ("INDETERMINATE", "TRY_LATER"), (signature.Indication, signature.SubIndication));
        Assert.Contains("sealed by ", CommandLineText.Render(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_signs_what_was_sealed()
    {
        Service.Reset();
        var file = await Service.Sign(await SealSystem.Sealed(Service, Pdfs.Page("Sealed first")));
        await BothHold(file, SignerKind.Organisation, SignerKind.Person);
    }

    [Fact]
    public async Task What_a_person_signed_is_sealed()
    {
        Service.Reset();
        var file = await SealSystem.Sealed(Service, await Service.Sign(Pdfs.Page("Signed first")));
        await BothHold(file, SignerKind.Person, SignerKind.Organisation);
    }

    [Fact]
    public async Task Each_use_is_audited_before_and_after_with_agency_and_document()
    {
        Service.Reset();
        var document = Pdfs.Page("Audited");
        var file = await SealSystem.Sealed(Service, document, level: "B-T");
        var lines = Service.Audit(Sha256(document));
        Assert.Contains(lines, line => line.GetRawText().Contains("signing.document-sealing", StringComparison.Ordinal) && line.GetRawText().Contains("land-registry", StringComparison.Ordinal));
        Assert.Single(Service.Audit(Sha256(file)), line => line.GetRawText().Contains("signing.sealed-document-delivered", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_only_seal_of_an_agency_need_not_be_named()
    {
        Service.Reset();
        using var answer = await SealSystem.Post(Service, Pdfs.Page(), client: "tax-portal");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var report = await Service.Verify(await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation));
        Assert.Equal(("Tax Office Seal", "TOTAL-PASSED"), (report.Signatures[0].SignedBy, report.Conclusion));
    }

    private const string WhichSeal = "seal must be one of the seals that this client may use; it may be left out when there is one.";
    private const string WhichLevel = "level must be B-B, B-T, B-LT or B-LTA, one that this client may ask for and this service can reach.";

    [Theory]
    [InlineData(null, "B-T", null, "land-registry", WhichSeal)]
    [InlineData("", "B-T", null, "land-registry", WhichSeal)]
    [InlineData("tax-seal", "B-T", null, "land-registry", WhichSeal)]
    [InlineData("registry-seal", "B-T", null, "tax-portal", WhichSeal)]
    [InlineData("tsa", "B-T", null, "land-registry", WhichSeal)]
    [InlineData("../registry-seal", "B-T", null, "land-registry", WhichSeal)]
    [InlineData("registry-seal", "LTA", null, "land-registry", WhichLevel)]
    [InlineData("tax-seal", "B-B", null, "tax-portal", WhichLevel)]
    [InlineData("registry-seal", "B-T", "x", "land-registry", "Only document, seal, level, experimental and document_password are known fields.")]
    public async Task A_wrong_field_is_refused(string? seal, string level, string? more, string client, string description)
    {
        Service.Reset();
        using var answer = await SealSystem.Post(Service, Pdfs.Page(), seal, level, client, more);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await SigningSystem.Json(answer);
        Assert.Equal(("invalid_request", description), (error["error"]!.GetValue<string>(), error["error_description"]!.GetValue<string>()));
        NothingIsLeft();
    }

    [Fact]
    public async Task An_agency_without_a_seal_is_refused_and_one_without_a_token_too()
    {
        Service.Reset();
        using var refused = await SealSystem.Post(system.Plain, Pdfs.Page());
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("This client may use no seal.", (await SigningSystem.Json(refused))["error_description"]!.GetValue<string>());
        using var http = new HttpClient();
        using var form = new MultipartFormDataContent();
        using var unknown = await http.PostAsync(Service.Address + "seals", form, SigningSystem.Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
    }

    [Fact]
    public async Task A_document_that_takes_no_signature_is_refused_with_the_reason()
    {
        Service.Reset();
        foreach (var (document, reason) in new[] { ("no pdf"u8.ToArray(), "not_a_pdf"), (Pdfs.WithoutPages(), "no_pages"), (Pdfs.Xfa(), "xfa_form") })
        {
            using var answer = await SealSystem.Post(Service, document, SealSystem.Seal);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
            Assert.Equal(reason, (await SigningSystem.Json(answer))["reason"]!.GetValue<string>());
        }

        using var tooLarge = await SealSystem.Post(Service, new byte[SigningSystem.Cap + 1], SealSystem.Seal);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
        NothingIsLeft();
    }

    [Theory]
    [InlineData("time-stamps", "timestamp_unavailable")]
    [InlineData("status", "status_unavailable")]
    public async Task While_a_neighbour_is_down_nothing_is_sealed_at_a_lower_level(string what, string reason)
    {
        Service.Reset();
        (system.Plain.Authority.TimestampStatus, system.Plain.Authority.OcspStatus, system.Plain.Authority.ListStatus) = what == "status" ? (200, 503, 503) : (503, 200, 200);
        var document = Pdfs.Page("Down " + what);
        using var answer = await SealSystem.Post(Service, document, SealSystem.Seal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        var error = await SigningSystem.Json(answer);
        Assert.Equal(("temporarily_unavailable", reason), (error["error"]!.GetValue<string>(), error["reason"]!.GetValue<string>()));
        Assert.Contains(Service.Audit(Sha256(document)), line => line.GetRawText().Contains("signing.document-sealing", StringComparison.Ordinal));
        NothingIsLeft();
        Service.Reset();
        await SealSystem.Sealed(Service, document);
    }

    [Fact]
    public async Task A_revoked_seal_seals_nothing_that_needs_its_status()
    {
        Service.Reset();
        system.Pki.CertifySeal("revoked-seal", OpensslKey.P256);
        await using var service = await system.Plain.StartAnotherOn(system.Pki.PathOf("revoked"), SealSystem.Settings("revoked-seal"));
        var serial = Pkix.X509.Certificate.Parse(system.Pki.Certificate("revoked-seal")).SerialHex;
        system.Pki.SetStatus(serial, revoked: true);
        using var answer = await SealSystem.Post(service, Pdfs.Page());
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        var error = await SigningSystem.Json(answer);
        Assert.Equal(("not_sealed", "certificate_revoked"), (error["error"]!.GetValue<string>(), error["reason"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("EcdsaP384", "ecdsa-with-SHA384", "SHA-384")]
    [InlineData("Rsa3072", "rsassaPss", "SHA-256")]
    public async Task A_seal_of_a_token_is_archived_and_valid_for_every_program(string algorithm, string named, string digest)
    {
        Service.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder);
        var name = "token-" + algorithm.ToLowerInvariant();
        hsm.Create(name, "Seal", algorithm);
        CertifyRequest(system, hsm.Request(name, "CN=whatever it says"), name);
        await using var service = await system.Plain.StartAnotherOn(system.Pki.PathOf("service-of-" + name), SealSystem.Settings(name));
        var file = await SealSystem.Sealed(service, Pdfs.Page("Sealed by " + algorithm), null);
        var report = await service.Verify(file);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", digest, SignerKind.Organisation),
            (report.Conclusion, report.Signatures[0].Level, report.Signatures[0].DigestAlgorithm, report.Signatures[0].SignerKind));
        using var examined = Examined(file, 0);
        var cms = examined.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        Assert.Contains(named, system.Pki.Openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", system.Pki.Write("sealed.cms", examined.Cms())).Output, StringComparison.Ordinal);
        var pdfsig = examined.Pdfsig().Text;
        Assert.Contains("Signature is Valid.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Certificate is Trusted.", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Signing Hash Algorithm: " + digest, pdfsig, StringComparison.Ordinal);
        Assert.Equal(["ETSI.CAdES.detached verifies part", "ETSI.RFC3161 verifies whole"], PdfBox.Verify(file));
    }

    [Fact]
    public async Task With_a_seal_in_a_token_nothing_is_sealed_while_the_token_is_away_and_everything_again_after()
    {
        Service.Reset();
        using var hsm = new SoftHsm(system.Pki.Folder, timeoutSeconds: 2);
        hsm.Create("token-seal", "Seal");
        CertifyRequest(system, hsm.Request("token-seal", "CN=whatever it says"), "token-seal");
        await using var service = await system.Plain.StartAnotherOn(system.Pki.PathOf("token"), SealSystem.Settings("token-seal"));
        Assert.Equal("TOTAL-PASSED", (await service.Verify(await SealSystem.Sealed(service, Pdfs.Page("In hardware"), null))).Conclusion);
        hsm.Pull();
        using var away = await SealSystem.Post(service, Pdfs.Page("Away"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Equal("key_unavailable", (await SigningSystem.Json(away))["reason"]!.GetValue<string>());
        // Signing with people's keys, which are elsewhere here, goes on.
        using var person = await service.PostRequest(Pdfs.Page());
        Assert.Equal(HttpStatusCode.Created, person.StatusCode);
        hsm.PutBack();
        await Until(async () =>
        {
            using var again = await SealSystem.Post(service, Pdfs.Page("Back"));
            return again.StatusCode == HttpStatusCode.OK;
        });
    }

    private async Task BothHold(byte[] file, string first, string second)
    {
        var report = await Service.Verify(file);
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        var signatures = report.Signatures.Where(one => one.IsSignature).ToArray();
        Assert.Equal([first, second], signatures.Select(one => one.SignerKind));
        Assert.All(signatures, one => Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", "intact"), (one.Indication, one.Level, one.Integrity)));
        using var examined = Examined(file, 0);
        var pdfsig = examined.Pdfsig().Text;
        Assert.Equal(2, pdfsig.Split("Signature is Valid.").Length - 1);
        Assert.Equal(2, pdfsig.Split("Certificate is Trusted.").Length - 1);
        Assert.Equal(0, examined.OpensslCms().ExitCode);
    }

    internal static void CertifyRequest(SealSystem system, string request, string name)
    {
        File.WriteAllText(system.Pki.PathOf(name + ".csr"), request);
        File.WriteAllText(system.Pki.PathOf(name + ".ext"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
            + $"authorityInfoAccess=OCSP;URI:{system.Plain.Authority.Address}ocsp\n");
        system.Pki.Openssl("ca", "-batch", "-notext", "-preserveDN", "-utf8", "-config", system.Pki.PathOf("ca.cnf"), "-in", system.Pki.PathOf(name + ".csr"), "-out", system.Pki.CertificatePath(name),
            "-days", "30", "-subj", "/C=XX/O=Land Registry/organizationIdentifier=NTRXX-70000001/CN=Seal in hardware", "-extfile", system.Pki.PathOf(name + ".ext"),
            "-keyfile", system.Pki.KeyPath("issuing-ca"), "-cert", system.Pki.CertificatePath("issuing-ca"));
        File.AppendAllText(system.Pki.CertificatePath(name), File.ReadAllText(system.Pki.CertificatePath("issuing-ca")));
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 100 && !await holds(); i++)
            await Task.Delay(200, SigningSystem.Cancellation);
        Assert.True(await holds());
    }

    private void NothingIsLeft() => Assert.Empty(Directory.EnumerateFiles(Path.Combine(Service.Documents, "staging")));

    private static string Sha256(byte[] file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file));

    private ExaminedPdf Examined(byte[] file, int at) => new(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca")) { At = at };
}
