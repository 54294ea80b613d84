using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Corpus;

/// <summary>Files of other projects, scored against what those projects expect.</summary>
public sealed class CorpusScore(ITestOutputHelper output)
{
    /// <summary>Expectations that are not met, each with the reason; a file that is met again must leave the list.</summary>
    private static readonly Dictionary<string, string> Unmet = new()
    {
        ["pyhanko-gen/test_no_diff_summary.pdf"] = "expects `none`, but a revision with validation data follows: we say archival",
        ["itext/taggedDocModifyAnnotationAndStructContent.pdf"] = "structure elements are changed in place, and annotations that can be taken for content come under a certification",
        ["itext/catalogReferenceInRandomPlace.pdf"] = "its ByteRange leaves out bytes that are not the value",
        ["itext/removeFieldAnnots.pdf"] = "a field is removed; its source notes that other viewers refuse it too",
        ["dss/doc-firmado.pdf"] = "level: the store holds revocation data for both chains, so we say LTA where T is expected",
        ["dss/DSS-2199.pdf"] = "level: the store lacks data for a certificate of the chain, so we say T where LT is expected",
        ["pyhanko-gen/test_tolerate_der_deviations_in_pdf.pdf"] = "the signed attributes are hashed in another order than RFC 5652 5.4 says, which its origin tolerates and DSS refuses",
        ["pyhanko-gen/test_sign_encrypted_with_extensions.pdf"] = "protected by a MAC (ISO/TS 32004), which is not checked here; without checking it, it is not read",
    };

    [Fact]
    public async Task What_other_projects_expect_of_their_files_holds()
    {
        var disagreements = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var entries = CorpusEntry.Load(Repository.Shared("corpus/manifest.json"));
        foreach (var entry in entries)
        {
            if (entry.Disagreements(await Validate(entry)) is { Count: > 0 } wrong)
                disagreements[entry.File] = string.Join("; ", wrong);
        }
        foreach (var category in entries.GroupBy(entry => entry.Category).OrderBy(category => category.Key, StringComparer.Ordinal))
        {
            var met = category.Count(entry => !disagreements.ContainsKey(entry.File));
            output.WriteLine($"{category.Key}: {met} of {category.Count()} as expected, {category.Count(entry => entry.MustNotPass)} of them must not pass and do not");
        }
        output.WriteLine($"all: {entries.Count - disagreements.Count} of {entries.Count}");
        foreach (var (file, what) in disagreements)
            output.WriteLine($"{file}: {what} ({Unmet.GetValueOrDefault(file, "UNEXPECTED")})");
        Assert.Equal(Unmet.Keys.Order(StringComparer.Ordinal), disagreements.Keys);
    }

    [Fact]
    public async Task No_file_that_must_not_pass_ever_passes()
    {
        foreach (var entry in CorpusEntry.Load(Repository.Shared("corpus/manifest.json")).Where(entry => entry.MustNotPass))
        {
            // At the moment that its origin assumes, with its anchors trusted: the most favourable conditions that there are.
            Assert.False((await Validate(entry, new DateTimeOffset(2020, 11, 1, 0, 0, 0, TimeSpan.Zero))).HasPassed, entry.File);
            Assert.False((await Validate(entry)).HasPassed, entry.File);
        }
    }

    [Theory]
    [InlineData("pyhanko-gen/test_pades_revinfo_live.pdf", "TOTAL-PASSED")]
    [InlineData("pyhanko-gen/test_pades_lta_sign_twice.pdf", "TOTAL-PASSED")]
    public async Task A_file_with_embedded_validation_data_passes_offline_at_its_time(string file, string conclusion) =>
        Assert.Equal(conclusion, (await Validate(file, new DateTimeOffset(2020, 11, 1, 0, 0, 0, TimeSpan.Zero))).Conclusion);

    private static Task<ValidationReport> Validate(CorpusEntry entry, DateTimeOffset? at = null) => Validate(entry.File, at, entry.Password);

    private static async Task<ValidationReport> Validate(string file, DateTimeOffset? at = null, string password = "")
    {
        var bytes = await System.IO.File.ReadAllBytesAsync(Repository.Shared("corpus/pdf/" + file), TestContext.Current.CancellationToken);
        var anchors = TrustAnchors.FromDirectories([Repository.Shared("corpus/trust")]);
        var validation = new ValidateDocument(anchors, OnlineRevocation.Offline, ValidationPolicy.Default, PdfLimits.Default, TimeProvider.System, at);
        var result = await validation.Run(bytes, TestContext.Current.CancellationToken, password);
        return BuildReport.From(result, file, bytes, at ?? TimeProvider.System.GetUtcNow(), ValidationPolicy.Default);
    }
}
