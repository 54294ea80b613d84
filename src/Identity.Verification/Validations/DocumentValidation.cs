using Identity.Pdf.Syntax;
using Identity.Verification.Engine;
using Identity.Verification.Pictures;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Validations;

/// <summary>What came of asking for a validation.</summary>
public abstract record ValidationOutcome
{
    private ValidationOutcome() { }

    public sealed record Done(ValidationReport Report) : ValidationOutcome;

    /// <summary>Too many are waiting: come back later.</summary>
    public sealed record Busy : ValidationOutcome;
}

/// <summary>Validates uploads: so many at one time, each within its time. Nothing of a document is kept.</summary>
public sealed class DocumentValidation(VerificationSettings settings, TrustInForce trust, OnlineRevocation online, DrawDifferences draw, TimeProvider clock, ILogger<DocumentValidation> log) : IDisposable
{
    private readonly SemaphoreSlim turns = new(settings.ParallelValidations, settings.ParallelValidations);
    private readonly PdfLimits limits = PdfLimits.Default with { FileBytes = settings.MaxFileBytes };

    /// <param name="pictures">Pages that were changed are drawn too: for people.</param>
    /// <param name="password">Opens the document; empty for what opens without being asked.</param>
    public async Task<ValidationOutcome> Validate(ReadOnlyMemory<byte> document, string name, CancellationToken aborted, bool pictures = false, string password = "")
    {
        if (!await turns.WaitAsync(settings.QueueTime, aborted))
            return new ValidationOutcome.Busy();
        ValidationReport report;
        DocumentResult? result;
        try
        {
            (report, result) = await WithinItsTime(document, name, password, aborted);
        }
        finally
        {
            turns.Release();
        }
        // After the turn: pictures have a queue of their own, and nobody's verdict waits for them.
        return new ValidationOutcome.Done(pictures && result is not null ? report with { Pictures = await draw.Of(result, document, aborted) } : report);
    }

    private async Task<(ValidationReport, DocumentResult?)> WithinItsTime(ReadOnlyMemory<byte> document, string name, string password, CancellationToken aborted)
    {
        var (anchors, services) = trust.Now;
        var validation = new ValidateDocument(anchors, online, settings.Policy, limits, clock) { Services = services };
        var time = clock.GetUtcNow();
        using var limit = new CancellationTokenSource(settings.ValidationTime, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            // On a thread of the pool: reading a large file is work, and the request's own thread has the connection to serve.
            var result = await Task.Run(() => validation.Run(document, either.Token, password), either.Token);
            return (BuildReport.From(result, name, document, time, validation.Policy), result);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            log.LogWarning("A document of {Length} bytes took longer than {Time} to validate", document.Length, settings.ValidationTime);
            var error = new ReportError("timeout", FormattableString.Invariant($"validation took longer than {settings.ValidationTime.TotalSeconds:0} seconds"));
            return (BuildReport.NotRead(name, error, document.Length, null, time, validation.Policy), null);
        }
    }

    public void Dispose() => turns.Dispose();
}
