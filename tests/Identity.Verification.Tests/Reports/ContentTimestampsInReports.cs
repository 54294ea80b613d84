using System.Globalization;
using System.Text;
using System.Text.Json;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Siva;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Reports;

/// <summary>A time-stamp that is signed with the content, in every rendering; and the policy that was applied, by its own words.</summary>
public sealed class ContentTimestampsInReports(Hierarchy hierarchy)
{
    private static readonly DateTimeOffset Stamped = Hierarchy.Now.AddMinutes(-5);

    private async Task<ValidationReport> Report(ValidationPolicy? policy = null)
    {
        var at = Hierarchy.Now.AddMinutes(5);
        var file = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { ContentStampedAt = Stamped, StampedAt = Hierarchy.Now.AddMinutes(1) });
        return await Validating.Report(file, hierarchy.AllAnchors, hierarchy.Network(at.AddSeconds(-30)), at, policy: policy);
    }

    [Fact]
    public async Task Every_report_names_it_and_says_that_the_signature_is_younger()
    {
        var report = await Report();
        var signature = report.Only();
        var time = Validating.Text(Stamped);
        Assert.Equal(("TOTAL-PASSED", time), (signature.Verdict(), signature.SignedAfter));
        Assert.Equal(["signature-timestamp", "content-timestamp"], signature.Timestamps.Select(one => one.Kind));
        Assert.Equal(Validating.Text(Hierarchy.Now.AddMinutes(1)), signature.BestSignatureTime);
        using var json = JsonDocument.Parse(ReportJson.Serialize(report));
        Assert.Equal(time, json.RootElement.GetProperty("signatures")[0].GetProperty("timestamps")[1].GetProperty("time").GetString());
        Assert.Contains($"not earlier than {time}", CommandLineText.Render(report), StringComparison.Ordinal);
        Assert.Contains($"<AllDataObjectsTimeStamp Signed=\"true\">", Encoding.UTF8.GetString(EtsiReport.Render(report)), StringComparison.Ordinal);
        var siva = SivaMapping.Answer(report, SivaPolicyName.POLv4, SivaReportType.Simple).ValidationReport.ValidationConclusion.Signatures![0];
        Assert.Contains(siva.Certificates!, certificate => certificate.Type == "CONTENT_TIMESTAMP");
        Assert.Equal(signature.BestSignatureTime, siva.Info.TimestampCreationTime);
        // Its token is evidence like others.
        Assert.Equal(2, report.Evidence.Count(item => item.Kind == EvidenceKind.Timestamp));
        Assert.NotEmpty(PdfReport.Render(report, CultureInfo.GetCultureInfo("et")));
    }

    [Fact]
    public async Task SiVa_is_told_the_policy_that_was_applied()
    {
        var policy = ValidationPolicy.Default with { Name = "ministry", Description = "What the ministry demands." };
        Assert.Equal("What the ministry demands.", SivaMapping.Answer(await Report(policy), SivaPolicyName.POLv4, SivaReportType.Simple).ValidationReport.ValidationConclusion.Policy.PolicyDescription);
    }
}
