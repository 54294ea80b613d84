using System.Globalization;
using System.Text;
using Identity.Verification.PrintedCodes;
using Identity.Verification.Reports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Identity.Verification.Validations;

/// <summary>
/// The notary's page: a file in, an answer in plain words out. No antiforgery token is asked for: the form stores nothing, needs no
/// session, and shows its answer only to who sent the file.
/// </summary>
[IgnoreAntiforgeryToken]
[ReadsItsOwnBody]
public sealed class VerifyModel(VerificationSettings settings, DocumentValidation validation, UploadBudget budget, SigningRecords signing) : PageModel
{
    public ValidationReport? Report { get; private set; }

    /// <summary>The code that the page was opened with, or that the file was sent with.</summary>
    public PrintedCode? Code { get; private set; }

    /// <summary>What Signing has under the code; null when the page was opened without one.</summary>
    public CodeRecord? Record { get; private set; }

    /// <summary>The examined file beside the code that it was sent with; null without one.</summary>
    public CodeComparison? Comparison { get; private set; }

    /// <summary>Name of the text that says why nothing was validated.</summary>
    public string? Problem { get; private set; }

    /// <summary>The problem is that the file opens with a password, or with another one.</summary>
    public bool AsksForPassword { get; private set; }

    /// <summary>Megabytes that a document may have.</summary>
    public long LargestMegabytes => Math.Max(1, settings.MaxFileBytes / (1024 * 1024));

    public long LargestBytes => settings.MaxFileBytes;

    public string ReportAsDataAddress => "data:application/json;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(ReportJson.Serialize(Report!)));

    public string PdfReportAsDataAddress => "data:application/pdf;base64," + Convert.ToBase64String(PdfReport.Render(Report!, CultureInfo.CurrentUICulture));

    public string EtsiReportAsDataAddress => "data:application/xml;base64," + Convert.ToBase64String(EtsiReport.Render(Report!));

    /// <param name="sha256">Of a code on a printed page.</param>
    public async Task OnGet(string? sha256)
    {
        if (sha256 is null)
            return;
        Code = PrintedCode.Parse(sha256);
        if (Code is null)
            Refuse(StatusCodes.Status400BadRequest, "code.unreadable");
        else
            Record = await signing.Find(Code, HttpContext.RequestAborted);
    }

    public async Task OnPost()
    {
        using var share = budget.Open();
        switch (await Upload.Read(HttpContext, settings.MaxFileBytes, share))
        {
            case Upload.Received { Document.Length: 0, Name: "document.pdf" }:
                // What browsers send when no file was chosen.
                Refuse(StatusCodes.Status400BadRequest, "page.no-file");
                break;
            case Upload.Received upload when await validation.Validate(upload.Document, upload.Name, HttpContext.RequestAborted, pictures: true, upload.Password) is ValidationOutcome.Done done:
                Code = upload.Code;
                Answer(done.Report);
                Comparison = Code is null ? null : CodeComparison.Of(Code, upload.Document.Span, done.Report);
                break;
            case Upload.PasswordTooLong:
                Ask(StatusCodes.Status400BadRequest, "page.password-wrong");
                break;
            case Upload.TooLarge:
                Refuse(StatusCodes.Status413PayloadTooLarge, "page.too-large");
                HttpContext.Response.Headers.Connection = "close";
                break;
            case Upload.NotAForm or Upload.NoFile:
                Refuse(StatusCodes.Status400BadRequest, "page.no-file");
                break;
            default:
                Refuse(StatusCodes.Status503ServiceUnavailable, "page.busy");
                HttpContext.Response.Headers.RetryAfter = ValidationEndpoint.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
                break;
        }
    }

    private void Answer(ValidationReport report)
    {
        // Not a verdict yet: the form again, with the password to be filled in.
        if (report.Error?.Password is { } asked)
            Ask(StatusCodes.Status200OK, asked == "needed" ? "page.password-needed" : "page.password-wrong");
        else
            Report = report;
    }

    private void Ask(int status, string problem)
    {
        Refuse(status, problem);
        AsksForPassword = true;
    }

    private void Refuse(int status, string problem) => (HttpContext.Response.StatusCode, Problem) = (status, problem);

    /// <summary>A time of the report for the reader's language; in UTC, and saying so.</summary>
    public static string Time(string utc) =>
        DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture).UtcDateTime.ToString("f", CultureInfo.CurrentCulture) + " UTC";
}

/// <summary>Keeps the framework from reading the form, which would put the whole upload on disk before anything is checked.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ReadsItsOwnBodyAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        context.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
        context.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
        context.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
