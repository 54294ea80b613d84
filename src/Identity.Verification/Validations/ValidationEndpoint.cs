using System.Globalization;
using Identity.Verification.Reports;

namespace Identity.Verification.Validations;

/// <summary>`POST /v1/validations`: a PDF in the field `file`, our report as the answer, or ETSI's when the client accepts XML rather than JSON.</summary>
public static class ValidationEndpoint
{
    /// <summary>Seconds after which a client that was turned away may come back.</summary>
    public const int RetryAfterSeconds = 5;

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
            case Upload.NoRoom:
                await Refuse(context, StatusCodes.Status503ServiceUnavailable, "busy", "Too many documents are being validated. Try again in a few seconds.");
                break;
            case Upload.Received upload when await validation.Validate(upload.Document, upload.Name, context.RequestAborted) is ValidationOutcome.Done done:
                await Answer(context, done.Report);
                break;
            default:
                await Refuse(context, StatusCodes.Status503ServiceUnavailable, "busy", "Too many documents are being validated. Try again in a few seconds.");
                break;
        }
    }

    private static async Task Answer(HttpContext context, ValidationReport report)
    {
        if (PrefersXml(context.Request))
        {
            context.Response.ContentType = EtsiReport.MediaType;
            await context.Response.Body.WriteAsync(EtsiReport.Render(report), context.RequestAborted);
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(ReportJson.Serialize(report), context.RequestAborted);
    }

    // RFC 9110 12.5.1; who accepts anything gets JSON.
    private static bool PrefersXml(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        double Quality(params string[] types) => accepted.Where(one => types.Contains(one.MediaType.Value, StringComparer.OrdinalIgnoreCase)).Select(one => one.Quality ?? 1).DefaultIfEmpty(0).Max();
        return Quality(EtsiReport.MediaType, "text/xml") is var xml && xml > 0 && xml > Quality("application/json");
    }

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
