using Identity.Pdf.Syntax;
using Identity.Verification.Engine;
using Identity.Verification.Packages;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.TrustedLists;
using Identity.Verification.Validations;
using Identity.Web;

namespace Identity.Verification.CommandLine;

/// <summary>
/// `verify`: reports on the standard output and nothing else there, in the order of the arguments; progress and complaints on the other stream.
/// One file that cannot be read is reported and the others go on.
/// </summary>
public static class VerifyCommand
{
    public const int AllPassed = 0;
    public const int NotAllPassed = 1;
    public const int WrongUsage = 2;

    /// <param name="input">The standard input, for the file `-`.</param>
    /// <param name="prompt">Asks who sits at the terminal; null when nobody does.</param>
    /// <param name="interrupted">Ctrl+C: what is done is reported, the rest is not begun.</param>
    public static async Task<int> Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter complaints, TimeProvider clock, Stream? input = null,
        PasswordPrompt? prompt = null, CancellationToken interrupted = default)
    {
        if (VerifyArguments.Parse(arguments, out var problem) is not { } asked)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(problem));
            await complaints.WriteLineAsync(VerifyArguments.Usage);
            return WrongUsage;
        }
        VerificationOptions options;
        ValidateDocument validation;
        try
        {
            (options, validation) = Prepare(asked, clock);
        }
        catch (VerificationSettingException refused)
        {
            await complaints.WriteLineAsync(SafeText.ForDisplay(refused.Message));
            return WrongUsage;
        }
        var password = asked.PasswordFile is null ? "" : VerifyPasswords.FirstLine(asked.PasswordFile);
        if (password is null)
        {
            await complaints.WriteLineAsync(FormattableString.Invariant($"--password-file cannot be read, or its first line has more than {Upload.LongestPassword} bytes"));
            return WrongUsage;
        }
        using (validation.Online)
        using (var passwords = new VerifyPasswords(password, prompt, complaints))
        {
            var reading = new VerifyReading(validation, options, passwords, input ?? Stream.Null) { BelievesPackageTime = asked.BelievesPackageTime };
            return await Report(asked, reading, output, complaints, interrupted) ? AllPassed : NotAllPassed;
        }
    }

    private static (VerificationOptions, ValidateDocument) Prepare(VerifyArguments asked, TimeProvider clock)
    {
        var options = VerifyDefaults.Options(out var development);
        if (asked.TrustDirectories.Count > 0)
            options.TrustDirectories = [.. asked.TrustDirectories];
        options.MaxFileBytes = asked.MaxBytes;
        options.PolicyFile = asked.Policy ?? options.PolicyFile;
        var online = asked.Offline ? OnlineRevocation.Offline : new OnlineRevocation(VerificationSettings.Sources(options, loopback: development), OnlineRevocation.Handler());
        var limits = PdfLimits.Default with { FileBytes = options.MaxFileBytes };
        // Who names folders of anchors trusts these alone.
        var services = asked.TrustDirectories.Count > 0 ? TrustedServices.None : VerificationSettings.Listed(options, clock);
        var anchors = services.Anchors(VerificationSettings.Trusted(options, production: !development));
        return (options, new ValidateDocument(anchors, online, VerificationSettings.Validating(options), limits, clock, asked.Time) { Services = services });
    }

    private static async Task<bool> Report(VerifyArguments asked, VerifyReading reading, TextWriter output, TextWriter complaints, CancellationToken interrupted)
    {
        var files = VerifyFiles.Named(asked.Files, asked.Packages ? ".zip" : ".pdf");
        var progress = new VerifyProgress(complaints, !Console.IsErrorRedirected && ReferenceEquals(complaints, Console.Error), files.Found.Count);
        var (allPassed, done, statedTimes) = (true, 0, 0);
        // As many at work as asked for; finished reports wait for those before them.
        var begun = new Queue<Task<ValidationReport>>();
        using var turns = new SemaphoreSlim(asked.Parallel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        try
        {
            foreach (var (path, trouble) in files.Found)
            {
                if (begun.Count == asked.Parallel * 2)
                    await Next();
                begun.Enqueue(InTurn(path, trouble));
            }
            while (begun.Count > 0)
                await Next();
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            allPassed = false;
            await progress.Clear();
            await complaints.WriteLineAsync(FormattableString.Invariant($"interrupted: {done} of {files.Found.Count} files are reported"));
        }
        catch (IOException)
        {
            // Whoever read the reports has gone (a closed pipe): there is nobody to tell, and the rest need not be done.
            allPassed = false;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(begun).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        await progress.Clear();
        if (files.LeftAside > 0)
            await complaints.WriteLineAsync(FormattableString.Invariant($"{files.LeftAside} files in folders are not called *{(asked.Packages ? ".zip" : ".pdf")} and were left aside"));
        if (statedTimes > 0)
            await complaints.WriteLineAsync(FormattableString.Invariant(
                $"{statedTimes} would pass as of a time that only the package states, which is not relied on without --time or --package-time"));
        return allPassed;

        async Task<ValidationReport> InTurn(string path, string? trouble)
        {
            await turns.WaitAsync(stop.Token);
            try
            {
                return trouble is null ? await reading.Validate(path, asked.Packages, stop.Token) : reading.Unreadable(path, trouble);
            }
            finally
            {
                turns.Release();
            }
        }

        async Task Next()
        {
            var report = await begun.Peek();
            _ = begun.Dequeue();
            allPassed &= report.HasPassed;
            statedTimes += report.Error is null && report.Advice.Any(advice => advice.Key == StatedTime.AdviceKey) ? 1 : 0;
            await progress.Clear();
            await output.WriteAsync(asked.Json ? ReportJson.Serialize(report) + "\n" : CommandLineText.Render(report));
            await output.FlushAsync(CancellationToken.None);
            await progress.Done(++done, report.File);
        }
    }
}
