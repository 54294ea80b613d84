using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Benchmarks;

/// <summary>One document validated again and again, in a process of its own: what <see cref="DocumentVerification"/> starts.</summary>
internal static class VerifyingProcess
{
    public const string Mode = "verify-one";
    public const string Ours = "ours";
    public const string Pdfsig = "pdfsig";

    /// <param name="arguments">`ours`, the file, the folder of anchors, the conclusion that is expected, and who is asked of revocation (nobody when it is left out); or `pdfsig` and the file.</param>
    public static Task Run(string[] arguments) => arguments[0] == Ours ? Engine(arguments[1], arguments[2], arguments[3], arguments.ElementAtOrDefault(4)) : MeasuredProcess.Serve(
        () =>
        {
            Tool.Run("pdfsig", "-no-ocsp", arguments[1]);
            return Task.CompletedTask;
        },
        () => Meter.OfEndedChildren(Environment.ProcessId));

    private static Task Engine(string file, string trust, string expected, string? status)
    {
        var online = status is null ? OnlineRevocation.Offline : new OnlineRevocation(AllowedRevocationSources.From([status]), OnlineRevocation.Handler());
        var (bytes, validation) = (ReadOnlyMemory<byte>.Empty, (ValidateDocument?)null);
        return MeasuredProcess.Serve(async () =>
        {
            // Inside, so that what is idle holds neither.
            if (validation is null)
                bytes = await File.ReadAllBytesAsync(file);
            validation ??= new ValidateDocument(TrustAnchors.FromDirectories([trust]), online, ValidationPolicy.Default, PdfLimits.Default with { FileBytes = 1 << 30 }, TimeProvider.System);
            var report = BuildReport.From(await validation.Run(bytes, CancellationToken.None), file, bytes, validation.Clock.GetUtcNow(), validation.Policy);
            if (ReportJson.Serialize(report).Length == 0 || report.Conclusion != expected)
                throw new InvalidOperationException($"{report.Conclusion}, not {expected}: {report.Error?.Message}");
        });
    }
}
