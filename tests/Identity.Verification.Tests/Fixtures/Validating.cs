using Identity.Pdf.Syntax;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Fixtures;

/// <summary>Runs the engine as the service does, with the network and clock of the test.</summary>
internal static class Validating
{
    public static async Task<ValidationReport> Report(byte[] file, TrustAnchors anchors, HttpMessageHandler? network = null, DateTimeOffset? at = null, string source = Hierarchy.Source,
        ValidationPolicy? policy = null)
    {
        var now = at ?? Hierarchy.Now.AddMinutes(1);
        using var online = network is null ? OnlineRevocation.Offline : new OnlineRevocation(AllowedRevocationSources.From([source]), network);
        var validation = new ValidateDocument(anchors, online, policy ?? ValidationPolicy.Default, PdfLimits.Default, new StandingClock(now));
        return BuildReport.From(await validation.Run(file, CancellationToken.None), "test.pdf", file, now, policy ?? ValidationPolicy.Default);
    }

    /// <summary>Liis's hierarchy, fresh revocation lists.</summary>
    public static Task<ValidationReport> Report(byte[] file, Hierarchy hierarchy, DateTimeOffset? at = null)
    {
        var now = at ?? Hierarchy.Now.AddMinutes(1);
        return Report(file, hierarchy.Anchors, hierarchy.Network(now.AddSeconds(-30)), now);
    }

    public static SignatureReport Only(this ValidationReport report)
    {
        Assert.Null(report.Error);
        return Assert.Single(report.Signatures);
    }

    public static string Text(DateTimeOffset time) => BuildReport.Utc(time);

    public static string Verdict(this SignatureReport signature) => signature.SubIndication is { } why ? $"{signature.Indication}/{why}" : signature.Indication;

    public static void Says(this SignatureReport signature, string key) => Assert.Contains(signature.Messages, message => message.Key == key);
}
