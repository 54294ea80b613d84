using System.Globalization;
using Identity.TestKit;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.OtherPrograms;

/// <summary>"Why do other programs say otherwise": each rule speaks of the files that it is about, and is silent about the others.</summary>
public sealed class Disagreements(Hierarchy hierarchy)
{
    private static readonly CultureInfo[] Readers = [new("en"), new("et"), new("zh-Hans")];

    private static void Explains(ValidationReport report, string key)
    {
        var message = Assert.Single(report.OtherPrograms, message => message.Key == key);
        Assert.Equal(Readers.Length, Readers.Select(language => message.Message.TextIn(language)).Distinct().Count());
    }

    private static void IsSilent(ValidationReport report, params string[] keys) => Assert.Empty(report.OtherPrograms.Select(message => message.Key).Intersect(keys));

    private static Task<ValidationReport> Corpus(string file) =>
        Validating.Report(File.ReadAllBytes(Repository.Shared("corpus/pdf/" + file)), TrustAnchors.FromDirectories([Repository.Shared("corpus/trust")]));

    [Fact]
    public async Task A_sound_signature_differs_by_its_root_and_by_viewers_that_say_nothing()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")), hierarchy);
        Assert.Equal(["other-own-root", "other-not-long-term", "other-browsers"], report.OtherPrograms.Select(message => message.Key));
        Assert.All(report.OtherPrograms, message => Assert.Equal("information", message.Severity));
    }

    [Fact]
    public async Task A_file_without_signatures_needs_no_explanation() => Assert.Empty((await Validating.Report(HandMadePdf.Plain(), hierarchy)).OtherPrograms);

    [Fact]
    public async Task What_pdfsig_calls_valid_though_it_was_changed_is_explained()
    {
        var changed = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
        using var folder = new TemporaryFile(changed);
        // The program itself, so that the rule does not outlive what it explains.
        Assert.Contains("Signature is Valid", Tool.Run("pdfsig", "-nocert", folder.Path).Output, StringComparison.Ordinal);
        var report = await Validating.Report(changed, hierarchy);
        Explains(report, "other-valid-though-changed");
        IsSilent(report, "other-changed-though-permitted");
    }

    [Fact]
    public async Task A_permitted_later_signature_is_what_viewers_call_a_change()
    {
        var first = hierarchy.Sign(HandMadePdf.Plain());
        var report = await Validating.Report(hierarchy.Sign(first, CmsShape.By("wei"), new SignatureShape { FirstObject = 8, EarlierFields = [6], Name = "Signature2" }), hierarchy);
        Explains(report, "other-changed-though-permitted");
        IsSilent(report, "other-valid-though-changed");
    }

    [Fact]
    public async Task A_file_that_another_program_saved_anew_is_told_from_a_forged_one()
    {
        using var signed = new TemporaryFile(hierarchy.Sign(HandMadePdf.Plain()));
        using var saved = new TemporaryFile([]);
        Tool.Run("qpdf", "--static-id", signed.Path, saved.Path);
        Explains(await Validating.Report(await File.ReadAllBytesAsync(saved.Path, TestContext.Current.CancellationToken), hierarchy), "other-rewritten");
        var bytes = await File.ReadAllBytesAsync(signed.Path, TestContext.Current.CancellationToken);
        IsSilent(await Validating.Report(HandMadePdf.Flip(bytes, HandMadePdf.Find(bytes, "100 EUR")), hierarchy), "other-rewritten");
    }

    [Fact]
    public async Task A_strangers_root_may_be_known_to_others()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger")), hierarchy);
        Explains(report, "other-root-of-others");
        IsSilent(report, "other-own-root");
    }

    [Fact]
    public async Task The_older_format_is_explained_and_a_weak_digest_named()
    {
        Explains(await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), null, new SignatureShape { SubFilter = "adbe.pkcs7.detached" }), hierarchy), "other-not-pades");
        var weak = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), new CmsShape { DigestOid = "1.3.14.3.2.26" }), hierarchy);
        Explains(weak, "other-outdated-digest");
        Assert.Contains("SHA-1", weak.OtherPrograms.First(message => message.Key == "other-outdated-digest").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_that_is_claimed_after_the_time_stamp_is_explained()
    {
        var late = Hierarchy.Now.AddHours(3).UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps"), new SignatureShape { Time = late });
        Explains(await Validating.Report(file, hierarchy), "other-future-time");
    }

    [Fact]
    public async Task A_certificate_that_is_never_revoked_is_explained()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("brief")), hierarchy);
        Assert.Equal("not-needed", report.Only().Certificates[0].Revocation!.Status);
        Explains(report, "other-short-lived");
    }

    [Theory]
    [InlineData("mkl-sddss5/pdf-exceetLegacySigned-ECDSA.pdf", "other-brainpool")]
    [InlineData("mkl-sddss5/pdf-exceetLegacySigned-RSASSA-test.pdf", "other-hybrid")]
    [InlineData("pyhanko-gen/test_ed25519.pdf", "other-unlisted-algorithm")]
    [InlineData("pyhanko-gen/test_direct_pdfcmsembedder_usage.pdf", "other-certified-closed")]
    [InlineData("dss/hide.pdf", "other-ambiguous")]
    [InlineData("pyhanko-gen/test_copy_file_with_mdp_signature_and_backref.pdf", "other-rewritten")]
    public async Task Files_of_other_projects_are_explained(string file, string key) => Explains(await Corpus(file), key);

    [Fact]
    public async Task Ordinary_files_of_other_projects_are_not_explained_by_rare_quirks() => IsSilent(await Corpus("pyhanko-gen/test_pades_revinfo_live.pdf"),
        "other-brainpool", "other-hybrid", "other-unlisted-algorithm", "other-certified-closed", "other-ambiguous", "other-rewritten", "other-outdated-digest", "other-short-lived", "other-future-time");
}
