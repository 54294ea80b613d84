using System.Globalization;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.Verification.CommandLine;
using Identity.Verification.Engine;
using Identity.Verification.Packages;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Corpus;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Reports;

/// <summary>The same input, policy and time give the same report, byte for byte: on another machine, in another language, years later.</summary>
public sealed class RepeatedReports
{
    private static readonly DateTimeOffset Asked = new(2026, 1, 1, 10, 0, 0, TimeSpan.Zero);

    // Other calendars, digits, decimal signs and rules for letters (Turkish i) than the invariant ones.
    private static readonly string[] Cultures = ["ar-SA", "fa-IR", "tr-TR", "th-TH", "et-EE"];

    private static readonly Lazy<TrustAnchors> Anchors = new(() => TrustAnchors.FromDirectories([Repository.Shared("corpus/trust")]));

    public static TheoryData<string> Sample() =>
        [.. CorpusEntry.Load(Repository.Shared("corpus/manifest.json")).Where((_, index) => index % 12 == 0).Select(entry => entry.File)];

    private static async Task<IReadOnlyList<byte[]>> Renderings(byte[] file, string culture, DateTimeOffset clock)
    {
        var (before, beforeUi) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            var validation = new ValidateDocument(Anchors.Value, OnlineRevocation.Offline, ValidationPolicy.Default, PdfLimits.Default, new StandingClock(clock), Asked);
            var report = BuildReport.From(await validation.Run(file, TestContext.Current.CancellationToken), "a.pdf", file, Asked, ValidationPolicy.Default);
            return
            [
                System.Text.Encoding.UTF8.GetBytes(ReportJson.Serialize(report)), EtsiReport.Render(report), PdfReport.Render(report, CultureInfo.GetCultureInfo("en")),
                PdfReport.Render(report, CultureInfo.GetCultureInfo("zh-Hans")), System.Text.Encoding.UTF8.GetBytes(CommandLineText.Render(report)), EvidencePackage.Write(file, report),
            ];
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (before, beforeUi);
        }
    }

    [Theory]
    [MemberData(nameof(Sample))]
    public async Task Language_of_the_machine_and_clock_do_not_show(string name)
    {
        var file = await File.ReadAllBytesAsync(Repository.Shared("corpus/pdf/" + name), TestContext.Current.CancellationToken);
        var expected = await Renderings(file, "", Asked);
        foreach (var culture in Cultures)
        {
            var found = await Renderings(file, culture, culture == "et-EE" ? Asked.AddYears(3) : Asked.AddMinutes(1));
            for (var i = 0; i < expected.Count; i++)
                Assert.True(expected[i].AsSpan().SequenceEqual(found[i]), $"rendering {i} under {culture}");
        }
    }

    [Fact]
    public void Two_copies_in_other_time_zones_and_languages_say_the_same()
    {
        var files = Sample().Select(row => Repository.Shared("corpus/pdf/" + row.Data)).Take(6).ToList();
        string Run(string zone, string language)
        {
            var result = Tool.Run("env", ["TZ=" + zone, "LC_ALL=" + language, "LANG=" + language, "dotnet", typeof(VerifyCommand).Assembly.Location,
                "verify", "--json", "--offline", "--time", "2026-01-01T10:00:00Z", "--trust", Repository.Shared("corpus/trust"), .. files]);
            Assert.Equal("", result.Error);
            return result.Output;
        }
        var one = Run("UTC", "C.UTF-8");
        Assert.Equal(files.Count, one.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(one, Run("Asia/Kathmandu", "ar_SA.UTF-8"));
        Assert.Equal(one, Run("America/St_Johns", "tr_TR.UTF-8"));
    }
}
