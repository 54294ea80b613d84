using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Pades;

/// <summary>Programs that share no code with ours look at what the running service made. Their exit codes prove nothing: their words do.</summary>
public sealed partial class ProofByOthersTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    public static TheoryData<string> Producers() => new("by hand", "qpdf: object streams", "qpdf: linearized", "qpdf: version 1.4 forced");

    [Theory]
    [MemberData(nameof(Producers))]
    public async Task A_signed_document_is_valid_trusted_and_whole_for_every_program(string producer)
    {
        system.Reset();
        var document = producer switch
        {
            "qpdf: object streams" => Pdfs.Qpdf("--object-streams=generate"),
            "qpdf: linearized" => Pdfs.Qpdf("--linearize"),
            "qpdf: version 1.4 forced" => Pdfs.Qpdf("--force-version=1.4", "--object-streams=disable"),
            _ => Pdfs.Page(),
        };
        var before = TimeProvider.System.GetUtcNow();
        using var signed = Signed(await system.Sign(document, level: "B-T"));

        Assert.True(signed.File.AsSpan().StartsWith(document));
        var pdfsig = signed.Pdfsig();
        Assert.Contains("Signature is Valid.", pdfsig.Text, StringComparison.Ordinal);
        Assert.Contains("Certificate is Trusted.", pdfsig.Text, StringComparison.Ordinal);
        Assert.Contains("Total document signed", pdfsig.Text, StringComparison.Ordinal);
        Assert.Contains("ETSI.CAdES.detached", pdfsig.Text, StringComparison.Ordinal);
        Assert.Contains("Signer Certificate Common Name: Liis Tamm", pdfsig.Text, StringComparison.Ordinal);
        var qpdf = signed.Qpdf();
        Assert.True(qpdf.ExitCode == 0, qpdf.Text);
        Assert.DoesNotContain("WARNING", qpdf.Text, StringComparison.Ordinal);
        var mutool = signed.Mutool();
        Assert.Contains("The document is unchanged since signing.", mutool.Text, StringComparison.OrdinalIgnoreCase);
        var cms = signed.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        var ts = signed.OpensslTs();
        Assert.Contains("Verification: OK", ts.Text, StringComparison.Ordinal);
        Assert.InRange(ClaimedTime(signed.File), DateTimeOffset.FromUnixTimeSeconds(before.ToUnixTimeSeconds()), TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task One_flipped_byte_is_seen_by_every_program()
    {
        system.Reset();
        var file = await system.Sign(Pdfs.Page());
        file[Encoding.Latin1.GetString(file).IndexOf("A deed", StringComparison.Ordinal)] ^= 1;
        using var changed = Signed(file);
        Assert.Contains("Digest Mismatch", changed.Pdfsig().Text, StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(0, changed.OpensslCms().ExitCode);
    }

    [Fact]
    public async Task The_cms_has_what_baseline_demands_and_no_signing_time()
    {
        system.Reset();
        using var signed = Signed(await system.Sign(Pdfs.Page(), level: "B-T"));
        system.Pki.Write("check.der", signed.Cms());
        var printed = system.Pki.Openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", system.Pki.PathOf("check.der")).Output;
        Assert.Contains("id-smime-aa-signingCertificateV2", printed, StringComparison.Ordinal);
        Assert.Contains("id-smime-aa-timeStampToken", printed, StringComparison.Ordinal);
        Assert.Contains("eContent: <ABSENT>", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("signingTime", printed.Split("timeStampToken")[0], StringComparison.Ordinal);
        Assert.Contains("ecdsa-with-SHA256", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signature_keeps_the_first_one_valid()
    {
        system.Reset();
        var once = await system.Sign(Pdfs.Page("Two signers"));
        system.Provider.Person = StandInPerson.Wei;
        using var twice = Signed(await system.Sign(once));
        Assert.True(twice.File.AsSpan().StartsWith(once));
        var pdfsig = twice.Pdfsig().Text;
        Assert.Equal(2, Count(pdfsig, "Signature is Valid."));
        Assert.Equal(2, Count(pdfsig, "Certificate is Trusted."));
        Assert.Contains("Common Name: Liis Tamm", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Common Name: Wei Chen", pdfsig, StringComparison.Ordinal);
        Assert.Contains("Total document signed", pdfsig, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", twice.Qpdf().Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Producers))]
    public async Task An_archived_document_is_whole_for_every_program_and_needs_nobody_to_be_asked(string producer)
    {
        system.Reset();
        var document = producer switch
        {
            "qpdf: object streams" => Pdfs.Qpdf("--object-streams=generate"),
            "qpdf: linearized" => Pdfs.Qpdf("--linearize"),
            "qpdf: version 1.4 forced" => Pdfs.Qpdf("--force-version=1.4", "--object-streams=disable"),
            _ => Pdfs.Page(),
        };
        var file = await system.Sign(document);
        Assert.True(file.AsSpan().StartsWith(document));

        using var signed = Signed(file, at: 0);
        var pdfsig = signed.Pdfsig().Text;
        Assert.Equal(1, Count(pdfsig, "Signature is Valid."));
        Assert.Equal(1, Count(pdfsig, "Certificate is Trusted."));
        // It knows of no document time-stamps, and says so.
        Assert.Contains("Signature Type: unknown", pdfsig, StringComparison.Ordinal);
        var cms = signed.OpensslCms();
        Assert.True(cms.ExitCode == 0 && cms.Text.Contains("Verification successful", StringComparison.Ordinal), cms.Text);
        Assert.Contains("Verification: OK", signed.OpensslTs().Text, StringComparison.Ordinal);
        using var archived = Signed(file);
        Assert.Contains("Verification: OK", archived.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);
        var qpdf = archived.Qpdf();
        Assert.True(qpdf.ExitCode == 0 && !qpdf.Text.Contains("WARNING", StringComparison.Ordinal), qpdf.Text);

        var report = await system.Verify(file);
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        var signature = Assert.Single(report.Signatures, one => one.Kind == "signature");
        Assert.Equal("PAdES-BASELINE-LTA", signature.Level);
        Assert.Equal("archival", signature.ChangesAfter);
        Assert.Equal("intact", signature.Integrity);
        Assert.True(Assert.Single(report.Signatures, one => one.Kind == "document-timestamp").CoversWholeDocument);
    }

    public static TheoryData<string, string> Levels() => new()
    {
        { "B-T", "PAdES-BASELINE-T" },
        { "B-LT", "PAdES-BASELINE-LT" },
        { "B-LTA", "PAdES-BASELINE-LTA" },
    };

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task A_document_has_the_level_that_was_asked_for(string asked, string found)
    {
        system.Reset();
        var report = await system.Verify(await system.Sign(Pdfs.Page(asked), level: asked));
        Assert.Equal(found, Assert.Single(report.Signatures, one => one.Kind == "signature").Level);
    }

    private ExaminedPdf Signed(byte[] file, int? at = null) => new(file, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca")) { At = at };

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static DateTimeOffset ClaimedTime(byte[] file)
    {
        var match = ClaimedTimePattern().Matches(Encoding.Latin1.GetString(file))[^1];
        return DateTimeOffset.ParseExact(match.Groups[1].Value + "+00:00", "yyyyMMddHHmmsszzz", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"/M\s*\(D:(\d{14})(?:Z|\+00'00'?)\)")]
    private static partial Regex ClaimedTimePattern();
}
