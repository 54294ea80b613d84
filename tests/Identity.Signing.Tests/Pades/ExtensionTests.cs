using Identity.Pdf.Signatures;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Pades;

/// <summary>Documents that were signed before, by the service or by openssl alone, are raised to a level.</summary>
public sealed class ExtensionTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData("B-T", "PAdES-BASELINE-T")]
    [InlineData("B-LT", "PAdES-BASELINE-LT")]
    [InlineData("B-LTA", "PAdES-BASELINE-LTA")]
    public async Task A_signature_of_the_service_is_raised(string level, string found)
    {
        system.Reset();
        var signed = await system.Sign(Pdfs.Page("Raised"), level: "B-T");
        var raised = await Extend(signed, PadesLevels.Read(level)!.Value);
        Assert.True(raised.AsSpan().StartsWith(signed));
        var report = await system.Verify(raised);
        // Without validation data inside, and without a network, nothing is known about revocation.
        Assert.Equal((level == "B-T" ? "INDETERMINATE" : "TOTAL-PASSED", found), (report.Conclusion, report.Signatures[0].Level));
        // A time-stamp there was: none is put beside it.
        Assert.Equal(level == "B-LTA" ? 2 : 1, report.Signatures.Count);
    }

    [Fact]
    public async Task A_strangers_signature_without_any_time_is_raised()
    {
        system.Reset();
        var signed = SignedByOpenssl();
        var report = await system.Verify(await Extend(signed, PadesLevel.LTA));
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        // The first document time-stamp proves the time, the second one covers the validation data.
        Assert.Equal(["signature", "document-timestamp", "document-timestamp"], report.Signatures.Select(one => one.Kind));
        // Archived, though not baseline: openssl writes a signing-time, which EN 319 142-1 6.3 forbids.
        Assert.Equal("PAdES-LTV", report.Signatures[0].Level);
    }

    [Fact]
    public async Task One_store_and_one_time_stamp_serve_all_signatures_and_a_renewal_goes_on_from_there()
    {
        system.Reset();
        var once = await system.Sign(Pdfs.Page("Ceremony"), level: "B-T");
        system.Provider.Person = StandInPerson.Wei;
        var twice = await system.Sign(once, level: "B-T");

        var archived = await Extend(twice, PadesLevel.LTA);
        var report = await system.Verify(archived);
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        Assert.Equal(["PAdES-BASELINE-LTA", "PAdES-BASELINE-LTA"], report.Signatures.Where(one => one.Kind == "signature").Select(one => one.Level));
        Assert.Single(report.Signatures, one => one.Kind == "document-timestamp");

        var renewed = await Extend(archived, PadesLevel.LTA);
        Assert.True(renewed.AsSpan().StartsWith(archived));
        report = await system.Verify(renewed);
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        Assert.Equal(2, report.Signatures.Count(one => one.Kind == "document-timestamp"));
        using var examined = new ExaminedPdf(renewed, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
        Assert.Contains("Verification: OK", examined.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);
        Assert.Equal(2, examined.PdfsigWithoutCertificates().Text.Split("Signature is Valid.").Length - 1);
    }

    [Fact]
    public async Task What_the_caller_has_serves_when_nobody_answers()
    {
        system.Reset();
        var signed = await system.Sign(Pdfs.Page("Given"), level: "B-T");
        var given = new ValidationData([], [], [system.Pki.RevocationList("issuing-ca"), system.Pki.RevocationList("root-ca")]);
        (system.Authority.OcspStatus, system.Authority.ListStatus) = (503, 503);
        Assert.Equal(FailureReason.StatusUnavailable, (await Try(signed, PadesLevel.LTA)).Reason);
        Assert.Equal("TOTAL-PASSED", (await system.Verify(await Extend(signed, PadesLevel.LTA, given))).Conclusion);
    }

    [Fact]
    public async Task A_signature_of_a_hierarchy_that_is_not_trusted_is_not_raised_in_part()
    {
        system.Reset();
        using var stranger = new OpensslPki();
        stranger.CertifyPerson("stranger", OpensslKey.P256);
        var failed = await Try(SignedByOpenssl(stranger, "stranger"), PadesLevel.LTA);
        Assert.Equal((FailureReason.ProofRefused, "chain_not_trusted_signer"), (failed.Reason, failed.Detail));
    }

    [Fact]
    public async Task A_certificate_revoked_before_the_proven_time_is_not_proved()
    {
        system.Reset();
        system.Pki.CertifyPerson("revoked", OpensslKey.P256);
        var signed = SignedByOpenssl(system.Pki, "revoked");
        system.Pki.SetStatus(System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(system.Pki.Certificate("revoked")).SerialNumber, revoked: true);
        await Task.Delay(1100, SigningSystem.Cancellation);
        Assert.Equal(FailureReason.CertificateRevoked, (await Try(signed, PadesLevel.LTA)).Reason);
    }

    [Fact]
    public async Task One_revoked_after_the_proven_time_is_proved_with_that()
    {
        system.Reset();
        system.Authority.Lists = _ => system.Pki.RevocationList("issuing-ca");
        system.Pki.CertifyPerson("later", OpensslKey.P256);
        var timestamped = await Extend(SignedByOpenssl(system.Pki, "later"), PadesLevel.T);
        system.Authority.Reset();
        await Task.Delay(1100, SigningSystem.Cancellation);
        system.Pki.SetStatus(System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(system.Pki.Certificate("later")).SerialNumber, revoked: true);
        var report = await system.Verify(await Extend(timestamped, PadesLevel.LTA));
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        Assert.Equal("revoked", report.Signatures[0].Certificates[0].Revocation!.Status);
    }

    [Fact]
    public async Task What_is_no_sound_signed_document_is_refused()
    {
        system.Reset();
        Assert.Equal(ExtensionRefusal.CannotBeRead, Refused("no pdf"u8.ToArray()));
        Assert.Equal(ExtensionRefusal.NoSignature, Refused(Pdfs.Page()));
        var signed = await system.Sign(Pdfs.Page("Broken"), level: "B-T");
        signed[signed.AsSpan().IndexOf("Broken"u8)] ^= 1;
        Assert.Equal(ExtensionRefusal.SignatureBroken, Refused(signed));
    }

    [Fact]
    public async Task Behind_a_certification_that_permits_nothing_only_with_consent()
    {
        system.Reset();
        var certified = SignedByOpenssl(shape: new SignatureShape { Dictionary = "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]" });
        Assert.Equal(ExtensionRefusal.CertifiedNoChanges, Refused(certified));
        var opened = Assert.IsType<Opening.Done>(OpenedDocument.Open(certified, ValidationData.None, despiteCertification: true)).Document;
        var done = Assert.IsType<Extended.Done>(await Extending.Run(opened, PadesLevel.LTA, SigningSystem.Cancellation));
        // ISO 32000-2 12.8.2.2.2: validation data and time-stamps are no changes; our verifier knows that.
        Assert.Equal("TOTAL-PASSED", (await system.Verify(done.Document.ToArray())).Conclusion);
    }

    [Fact]
    public async Task A_time_stamp_that_cannot_be_had_leaves_the_document_alone()
    {
        system.Reset();
        var signed = await system.Sign(Pdfs.Page("Alone"), level: "B-T");
        system.Authority.TimestampStatus = 503;
        Assert.Equal(FailureReason.TimestampUnavailable, (await Try(signed, PadesLevel.LTA)).Reason);
    }

    [Fact]
    public async Task The_command_raises_a_file_and_leaves_it_as_it_was()
    {
        system.Reset();
        var (file, output) = (system.Pki.PathOf("to-raise.pdf"), system.Pki.PathOf("raised.pdf"));
        var signed = await system.Sign(Pdfs.Page("By command"), level: "B-T");
        await File.WriteAllBytesAsync(file, signed, SigningSystem.Cancellation);
        var settings = system.Arguments(system.Address).Where(one => one.StartsWith("--Signing:", StringComparison.Ordinal) || one.StartsWith("--environment=", StringComparison.Ordinal)).ToArray();

        var (code, printed) = await Command([file, "-o", output, .. settings]);
        Assert.Equal((0, "B-LTA"), (code, printed["level"]!.GetValue<string>()));
        Assert.Equal(signed, await File.ReadAllBytesAsync(file, SigningSystem.Cancellation));
        Assert.Equal("TOTAL-PASSED", (await system.Verify(await File.ReadAllBytesAsync(output, SigningSystem.Cancellation))).Conclusion);

        (code, printed) = await Command([file, "-o", output + ".2", "--Signing:StatusSources:0=", .. settings.Where(one => !one.StartsWith("--Signing:StatusSources", StringComparison.Ordinal))]);
        Assert.Equal((1, "status_sources_not_configured"), (code, printed["error"]!.GetValue<string>()));
        await File.WriteAllBytesAsync(file, Pdfs.Page(), SigningSystem.Cancellation);
        (code, printed) = await Command([file, "-o", output + ".3", .. settings]);
        Assert.Equal((1, "no_signature"), (code, printed["error"]!.GetValue<string>()));
        system.Authority.TimestampStatus = 503;
        await File.WriteAllBytesAsync(file, signed, SigningSystem.Cancellation);
        (code, printed) = await Command([file, "-o", output + ".4", .. settings]);
        Assert.Equal((1, "timestamp_unavailable"), (code, printed["error"]!.GetValue<string>()));
        Assert.Equal([output], Directory.EnumerateFiles(system.Pki.Folder, "raised.pdf*"));
        // The output of before is not written over.
        Assert.Equal(2, (await Command([file, "-o", output, .. settings])).Code);
    }

    [Theory]
    [InlineData]
    [InlineData("file.pdf")]
    [InlineData("-o", "out.pdf")]
    [InlineData("file.pdf", "-o", "out.pdf", "--level", "B-B")]
    [InlineData("file.pdf", "-o", "out.pdf", "--level", "B-X")]
    [InlineData("file.pdf", "more.pdf", "-o", "out.pdf")]
    [InlineData("file.pdf", "-o", "out.pdf", "--unknown")]
    public async Task Wrong_usage_of_the_command_is_said(params string[] arguments)
    {
        using var complaints = new StringWriter();
        Assert.Equal(2, await Signing.CommandLine.ExtendCommand.Run(arguments, TextWriter.Null, complaints, TimeProvider.System));
        Assert.Contains("extend [--level", complaints.ToString(), StringComparison.Ordinal);
    }

    private static async Task<(int Code, System.Text.Json.Nodes.JsonNode Printed)> Command(string[] arguments)
    {
        using var output = new StringWriter();
        var code = await Signing.CommandLine.ExtendCommand.Run(arguments, output, TextWriter.Null, TimeProvider.System);
        return (code, output.ToString() is { Length: > 0 } text ? System.Text.Json.Nodes.JsonNode.Parse(text)! : new System.Text.Json.Nodes.JsonObject());
    }

    private ExtendDocument Extending => system.App.Services.GetRequiredService<ExtendDocument>();

    private async Task<byte[]> Extend(byte[] file, PadesLevel level, ValidationData? given = null)
    {
        var opened = Assert.IsType<Opening.Done>(OpenedDocument.Open(file, given ?? ValidationData.None, despiteCertification: false)).Document;
        var outcome = await Extending.Run(opened, level, SigningSystem.Cancellation);
        return outcome is Extended.Done done ? done.Document.ToArray() : throw new InvalidOperationException(outcome.ToString());
    }

    private async Task<Extended.Failed> Try(byte[] file, PadesLevel level) => Assert.IsType<Extended.Failed>(await Extending.Run(
        Assert.IsType<Opening.Done>(OpenedDocument.Open(file, ValidationData.None, despiteCertification: false)).Document, level, SigningSystem.Cancellation));

    private static ExtensionRefusal Refused(byte[] file) => Assert.IsType<Opening.Refused>(OpenedDocument.Open(file, ValidationData.None, despiteCertification: false)).Reason;

    private byte[] SignedByOpenssl(SignatureShape? shape = null)
    {
        if (!File.Exists(system.Pki.CertificatePath("mari")))
            system.Pki.CertifyPerson("mari", OpensslKey.P256);
        return SignedByOpenssl(system.Pki, "mari", shape);
    }

    private static byte[] SignedByOpenssl(OpensslPki pki, string signer, SignatureShape? shape = null) => HandMadePdf.Sign(HandMadePdf.Plain(), covered =>
    {
        pki.Write("covered.bin", covered);
        pki.Openssl("cms", "-sign", "-cades", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER", "-in", "covered.bin", "-out", "cms.der",
            "-signer", pki.CertificatePath(signer), "-inkey", pki.KeyPath(signer), "-certfile", pki.CertificatePath("issuing-ca"));
        return File.ReadAllBytes(pki.PathOf("cms.der"));
    }, shape);
}
