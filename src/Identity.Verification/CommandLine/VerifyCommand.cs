using Identity.Pdf.Syntax;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;
using Identity.Web;

namespace Identity.Verification.CommandLine;

/// <summary>`verify`: reports on the standard output and nothing else there; progress and complaints on the other.</summary>
public static class VerifyCommand
{
    public const int AllPassed = 0;
    public const int NotAllPassed = 1;
    public const int WrongUsage = 2;

    public static async Task<int> Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter complaints, TimeProvider clock)
    {
        if (VerifyArguments.Parse(arguments, out var problem) is not { } asked)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem));
            await complaints.WriteLineAsync(VerifyArguments.Usage);
            return WrongUsage;
        }
        ValidateDocument validation;
        VerificationOptions options;
        try
        {
            options = VerifyDefaults.Options(out var development);
            if (asked.TrustDirectories.Count > 0)
                options.TrustDirectories = [.. asked.TrustDirectories];
            var online = asked.Offline ? OnlineRevocation.Offline : new OnlineRevocation(VerificationSettings.Sources(options, loopback: development), OnlineRevocation.Handler());
            var limits = PdfLimits.Default with { FileBytes = options.MaxFileBytes };
            validation = new ValidateDocument(VerificationSettings.Trusted(options, production: !development), online, ValidationPolicy.Default, limits, clock, asked.Time);
        }
        catch (VerificationSettingException refused)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(refused.Message));
            return WrongUsage;
        }

        var allPassed = true;
        for (var i = 0; i < asked.Files.Count; i++)
        {
            if (asked.Files.Count > 1 && !Console.IsErrorRedirected)
                await complaints.WriteLineAsync(FormattableString.Invariant($"{i + 1}/{asked.Files.Count} {SafeText.ForDisplay(asked.Files[i])}"));
            var report = await Validate(validation, asked.Files[i], options);
            allPassed &= report.HasPassed;
            await output.WriteAsync(asked.Json ? ReportJson.Serialize(report) + "\n" : CommandLineText.Render(report));
            await output.FlushAsync();
        }
        validation.Online.Dispose();
        return allPassed ? AllPassed : NotAllPassed;
    }

    private static async Task<ValidationReport> Validate(ValidateDocument validation, string file, VerificationOptions options)
    {
        var time = validation.ControlTime ?? validation.Clock.GetUtcNow();
        using var limit = new CancellationTokenSource(options.ValidationTime, validation.Clock);
        try
        {
            var size = new FileInfo(file).Length;
            if (size > options.MaxFileBytes)
                return BuildReport.NotRead(file, new ReportError("too-large", $"the file has more than {options.MaxFileBytes} bytes"), size, null, time, validation.Policy);
            var bytes = await File.ReadAllBytesAsync(file, limit.Token);
            return BuildReport.From(await validation.Run(bytes, limit.Token), file, bytes, time, validation.Policy);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return BuildReport.NotRead(file, new ReportError("unreadable", "the file cannot be opened"), 0, null, time, validation.Policy);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return BuildReport.NotRead(file, new ReportError("timeout", $"validation took longer than {options.ValidationTime.TotalSeconds:0} seconds"), 0, null, time, validation.Policy);
        }
    }
}
