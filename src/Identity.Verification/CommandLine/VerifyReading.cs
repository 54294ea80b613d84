using System.Runtime.InteropServices;
using Identity.Verification.Engine;
using Identity.Verification.Packages;
using Identity.Verification.Reports;

namespace Identity.Verification.CommandLine;

/// <summary>One file read and validated within its time and cap. Whatever goes wrong with the file is a report, never an exception.</summary>
internal sealed class VerifyReading(ValidateDocument validation, VerificationOptions options, VerifyPasswords passwords, Stream input)
{
    /// <summary>What packages state as their time is taken for it.</summary>
    public bool BelievesPackageTime { get; init; }

    private DateTimeOffset Time => validation.ControlTime ?? validation.Clock.GetUtcNow();

    public async Task<ValidationReport> Validate(string file, bool isPackage, CancellationToken interrupted)
    {
        var report = await WithinItsTime(file, isPackage, passwords.Known, interrupted);
        // The standard input is read once, and is no terminal then.
        if (report.Error?.Password is null || file == VerifyFiles.StandardInput)
            return report;
        await passwords.Ask(file, async password =>
        {
            report = await WithinItsTime(file, isPackage, password, interrupted);
            return report.Error?.Password is null;
        }, interrupted);
        return report;
    }

    private async Task<ValidationReport> WithinItsTime(string file, bool isPackage, string password, CancellationToken interrupted)
    {
        using var limit = new CancellationTokenSource(options.ValidationTime, validation.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, interrupted);
        try
        {
            // A package holds the document and what it was judged by.
            var cap = options.MaxFileBytes + (isPackage ? PackageReading.LargestEvidence : 0);
            // Opening a pipe waits for somebody to write to it: the time runs for that too.
            using var read = await Task.Run(() => DocumentOnDisk.Read(file, input, cap, toMemory: isPackage, either.Token), either.Token).WaitAsync(either.Token);
            if (read is null)
                return NotRead(file, "too-large", FormattableString.Invariant($"the file has more than {cap} bytes"));
            if (isPackage)
                return await Repeat(file, read.Bytes.InMemory!.Value, password, either.Token);
            var time = Time;
            var report = BuildReport.From(await Task.Run(() => validation.Run(read.Bytes, either.Token, password), either.Token), file, read.Bytes, time, validation.Policy);
            return read.HasChanged() ? Unreadable(file, "the file was changed while it was read") : report;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Unreadable(file, problem is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : problem is UnauthorizedAccessException ? "reading it is not permitted" : "the file cannot be opened");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !interrupted.IsCancellationRequested)
        {
            return NotRead(file, "timeout", FormattableString.Invariant($"validation took longer than {options.ValidationTime.TotalSeconds:0} seconds"));
        }
    }

    /// <summary>The document of a package, validated from the package's own evidence as of its time.</summary>
    private async Task<ValidationReport> Repeat(string file, ReadOnlyMemory<byte> package, string password, CancellationToken cancellation)
    {
        using var stream = MemoryMarshal.TryGetArray(package, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : throw new InvalidOperationException("a package is read into an array");
        switch (PackageReading.Open(stream, options.MaxFileBytes))
        {
            case PackageReading.Refused refused:
                return NotRead(file, "package", refused.Why);
            case PackageReading.Opened opened when validation.ControlTime is null && opened.ValidationTime > validation.Clock.GetUtcNow() + validation.Policy.ClockSkew:
                return NotRead(file, "package", "the package states a time that has not come");
            case PackageReading.Opened opened:
                var time = validation.ControlTime ?? opened.ValidationTime;
                var again = validation with { ControlTime = time, Supplied = opened.Evidence };
                var report = BuildReport.From(await Task.Run(() => again.Run(opened.Document, cancellation, password), cancellation), file, opened.Document, time, validation.Policy)
                    with { TimeStatedBy = validation.ControlTime is null ? "package" : null };
                var difference = PackageComparison.Difference(opened.Report, report);
                if (validation.ControlTime is null && !BelievesPackageTime)
                    report = StatedTime.NotBelieved(report);
                return difference is null ? report
                    : report with { Error = new ReportError("package", $"the report in the package says something else: {difference}") };
            default:
                throw new InvalidOperationException("a package is opened or refused");
        }
    }

    public ValidationReport Unreadable(string file, string why) => NotRead(file, "unreadable", why);

    private ValidationReport NotRead(string file, string code, string message) =>
        BuildReport.NotRead(file, new ReportError(code, message), 0, null, Time, validation.Policy);
}
