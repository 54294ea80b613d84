using System.Globalization;
using Identity.TestKit;
using Identity.Verification.Outlook;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Outlook;

/// <summary>How long a file can be verified, by whose end, and what the reader is told to do.</summary>
public sealed class ForecastAndAdvice(Hierarchy hierarchy)
{
    private string EndOf(string name) => BuildReport.Utc(Pkix.X509.Certificate.Parse(hierarchy.Pki.Certificate(name)).NotAfter);

    private static async Task<ValidationReport> LiveArchive(DateTimeOffset at) => await Validating.Report(
        await File.ReadAllBytesAsync(Repository.Shared("corpus/pdf/pyhanko-gen/test_pades_revinfo_live.pdf"), TestContext.Current.CancellationToken),
        TrustAnchors.FromDirectories([Repository.Shared("corpus/trust")]), at: at);

    [Fact]
    public async Task Without_a_time_stamp_the_certificate_of_the_signer_is_the_end()
    {
        var signature = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain()), hierarchy)).Only();
        Assert.Equal((EndOf("liis"), "outlook-certificate"), (signature.HoldsUntil, signature.HoldsUntilBecause!.Key));
    }

    [Fact]
    public async Task Without_revocation_data_in_the_file_a_time_stamp_does_not_put_the_end_off()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")), hierarchy);
        Assert.Equal((EndOf("liis"), "outlook-validation-data-not-kept"), (report.HoldsUntil, report.Only().HoldsUntilBecause!.Key));
        // One day is no time to wait.
        Assert.Equal([("advice-add-validation-data", "warning")], report.Advice.Select(advice => (advice.Key, advice.Severity)));
    }

    [Fact]
    public async Task With_all_validation_data_the_time_stamp_is_the_end()
    {
        var report = await LiveArchive(new DateTimeOffset(2020, 11, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        var signature = report.Signatures.First(one => one.IsSignature);
        // The signer's certificate ends in 2022 and no longer counts; TS 119 312 gives RSA of 2048 bits until 2029.
        Assert.Equal(("2022-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "outlook-timestamp-algorithm"),
            (signature.Certificates[0].NotAfter, signature.HoldsUntil, signature.HoldsUntilBecause!.Key));
        Assert.Equal([("advice-renew-archive", "information")], report.Advice.Select(advice => (advice.Key, advice.Severity)));
        Assert.Equal([("advice-renew-archive", "warning")], (await LiveArchive(new DateTimeOffset(2028, 12, 1, 0, 0, 0, TimeSpan.Zero))).Advice.Select(advice => (advice.Key, advice.Severity)));
        Assert.Equal(report.HoldsUntil, report.Signatures.Where(one => one.IsSignature).Min(one => one.HoldsUntil));
    }

    [Fact]
    public async Task The_forecast_comes_true()
    {
        // What is forecast today is what the engine says on the days around the end.
        var file = hierarchy.Sign(HandMadePdf.Plain());
        var end = DateTimeOffset.Parse((await Validating.Report(file, hierarchy)).HoldsUntil!, CultureInfo.InvariantCulture);
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy, end.AddMinutes(-5))).Conclusion);
        Assert.NotEqual("TOTAL-PASSED", (await Validating.Report(file, hierarchy, end.AddMinutes(5))).Conclusion);
    }

    [Fact]
    public async Task What_was_settled_by_a_proof_is_no_end_any_more()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis", "stamps")), hierarchy, Hierarchy.Now.AddDays(2));
        Assert.Equal("TOTAL-PASSED", report.Conclusion);
        Assert.True(string.CompareOrdinal(report.HoldsUntil, report.ValidationTime) > 0, report.HoldsUntil);
    }

    [Fact]
    public async Task The_first_end_of_several_signatures_is_that_of_the_file()
    {
        var first = hierarchy.Sign(HandMadePdf.Plain());
        var report = await Validating.Report(hierarchy.Sign(first, CmsShape.By("wei"), new SignatureShape { FirstObject = 8, EarlierFields = [6], Name = "Signature2" }), hierarchy);
        Assert.Equal(report.Signatures.Min(one => one.HoldsUntil), report.HoldsUntil);
    }

    [Fact]
    public async Task What_does_not_pass_has_no_forecast()
    {
        var report = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("stranger")), hierarchy);
        Assert.Null(report.HoldsUntil);
        Assert.Null(report.Only().HoldsUntil);
        Assert.Equal(["advice-find-out-issuer"], report.Advice.Select(advice => advice.Key));
    }

    [Fact]
    public async Task A_changed_document_sends_the_reader_to_the_state_that_was_signed()
    {
        var changed = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
        var report = await Validating.Report(changed, hierarchy);
        Assert.Equal(["advice-read-signed-state", "advice-ask-who-changed"], report.Advice.Select(advice => advice.Key));
        Assert.Contains("state 2", report.Advice[0].Text, StringComparison.Ordinal);
        Assert.Null(report.HoldsUntil);
    }

    [Fact]
    public async Task Every_outcome_has_its_advice()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        Assert.Equal("advice-ask-for-file-again", (await Validating.Report(HandMadePdf.Flip(signed, HandMadePdf.Find(signed, "100 EUR")), hierarchy)).Advice[0].Key);
        Assert.Equal("advice-ask-for-signature", (await Validating.Report(HandMadePdf.Plain(), hierarchy)).Advice[0].Key);
        Assert.Equal("advice-ask-for-file-again", (await Validating.Report("garbage"u8.ToArray(), hierarchy)).Advice[0].Key);
        Assert.Equal("advice-ask-for-proof-of-time", (await Validating.Report(signed, hierarchy, Hierarchy.Now.AddDays(2))).Advice[0].Key);
        Assert.Equal("advice-try-later", (await Validating.Report(signed, hierarchy.Anchors)).Advice[0].Key);
        Assert.Equal("advice-ask-to-sign-again", (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), new CmsShape { DigestOid = "1.3.14.3.2.26" }), hierarchy)).Advice[0].Key);
        Assert.True(Advice.RenewalDue > TimeSpan.FromDays(90));
    }
}
