using System.Globalization;
using System.Text;
using Identity.Verification.Packages;
using Identity.Verification.Reports;
using Identity.Web;

namespace Identity.Verification.Validations;

/// <summary>`POST /v1/validations`: a PDF in the field `file`, the password that opens it in the field `password`, our report as the answer, or ETSI's, or a PDF in the reader's language, or the evidence package, when the client accepts that rather than JSON.</summary>
public static class ValidationEndpoint
{
    /// <summary>Seconds after which a client that was turned away may come back.</summary>
    public const int RetryAfterSeconds = 5;

    private const string Json = "application/json";

    // The first wins when a client has no preference.
    private static readonly string[] Forms = [Json, EtsiReport.MediaType, PdfReport.MediaType, EvidencePackage.MediaType];

    public static async Task Handle(HttpContext context, VerificationSettings settings, DocumentValidation validation, UploadBudget budget)
    {
        using var share = budget.Open();
        switch (await Upload.Read(context, settings.MaxFileBytes, share))
        {
            case Upload.NotAForm:
                await Refuse(context, StatusCodes.Status415UnsupportedMediaType, "not-a-form", "The request is not multipart/form-data.");
                break;
            case Upload.NoFile:
                await Refuse(context, StatusCodes.Status400BadRequest, "no-file", "The form has no file in the field \"file\".");
                break;
            case Upload.TooLarge:
                await Refuse(context, StatusCodes.Status413PayloadTooLarge, "too-large",
                    string.Create(CultureInfo.InvariantCulture, $"The document has more than {settings.MaxFileBytes} bytes."));
                break;
            case Upload.PasswordTooLong:
                await Refuse(context, StatusCodes.Status400BadRequest, "password-too-long",
                    string.Create(CultureInfo.InvariantCulture, $"The password has more than {Upload.LongestPassword} bytes."));
                break;
            case Upload.NoRoom:
                await Busy(context);
                break;
            case Upload.Received upload when await validation.Validate(upload.Document, upload.Name, context.RequestAborted,
                FormOf(context.Request) == PdfReport.MediaType, upload.Password) is ValidationOutcome.Done done:
                await Answer(context, done.Report, upload.Document, share);
                break;
            default:
                await Busy(context);
                break;
        }
    }

    private static async Task Answer(HttpContext context, ValidationReport report, ReadOnlyMemory<byte> document, UploadBudget.Share share)
    {
        switch (FormOf(context.Request))
        {
            // Document and package are in memory together.
            case EvidencePackage.MediaType when !share.TryTake(document.Length * 2L):
                await Busy(context);
                break;
            case EvidencePackage.MediaType:
                context.Response.Headers.ContentDisposition = SafeText.Attachment(Path.GetFileNameWithoutExtension(SafeText.FileName(report.File)) + "-evidence.zip");
                await Send(context, EvidencePackage.MediaType, EvidencePackage.Write(document, report));
                break;
            case PdfReport.MediaType:
                await Send(context, PdfReport.MediaType, PdfReport.Render(report, CultureInfo.CurrentUICulture));
                break;
            case EtsiReport.MediaType:
                await Send(context, EtsiReport.MediaType, EtsiReport.Render(report));
                break;
            default:
                await Send(context, Json, Encoding.UTF8.GetBytes(ReportJson.Serialize(report)));
                break;
        }
    }

    private static async Task Send(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>By the query, for a form in a browser cannot say what it accepts; else by RFC 9110 12.5.1. Who accepts anything gets JSON.</summary>
    private static string FormOf(HttpRequest request)
    {
        if (request.Query["form"] == "zip")
            return EvidencePackage.MediaType;
        var accepted = request.GetTypedHeaders().Accept;
        double Quality(string type) => accepted.Where(one => one.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(one => one.Quality ?? 1).DefaultIfEmpty(0).Max();
        var best = Forms.MaxBy(Quality)!;
        return Quality(best) > 0 ? best : Json;
    }

    private static Task Busy(HttpContext context) =>
        Refuse(context, StatusCodes.Status503ServiceUnavailable, "busy", "Too many documents are being validated. Try again in a few seconds.");

    private static async Task Refuse(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        // The rest of a body that is refused is not read, so the connection cannot be used again.
        context.Response.Headers.Connection = "close";
        await context.Response.WriteAsJsonAsync(new RefusedRequest(new ReportError(code, message)), RefusedRequestJson.Default.RefusedRequest, cancellationToken: context.RequestAborted);
    }
}

/// <summary>The answer to a request that was not validated.</summary>
public sealed record RefusedRequest(ReportError Error);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase)]
[System.Text.Json.Serialization.JsonSerializable(typeof(RefusedRequest))]
internal sealed partial class RefusedRequestJson : System.Text.Json.Serialization.JsonSerializerContext;
