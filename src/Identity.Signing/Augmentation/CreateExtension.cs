using System.Globalization;
using Identity.Audit;
using Identity.Pdf.Signatures;
using Identity.Signing.Agencies;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Web;

namespace Identity.Signing.Augmentation;

/// <summary>
/// POST /extensions: an agency that may has the signatures of a PDF raised to a level, own and strangers', or its archive time-stamp renewed; the
/// answer is the document with revisions behind it. Nothing is kept.
/// </summary>
internal sealed class CreateExtension(ExtendDocument extend, DocumentStore documents, SigningSettings settings, AuditLog audit, TimeProvider time, ILogger<CreateExtension> log)
{
    /// <summary>Each holds a document and asks neighbours: more at a time would only wait for each other. One agency leaves places to the others.</summary>
    public const int AtOnce = 4;
    public const int AtOnceOfOne = 2;

    private static readonly string[] Known = ["level", "accepts_no_changes"];
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly SharedPlaces places = new(AtOnce, AtOnceOfOne);

    /// <summary>
    /// 1. the agency may, and has room now, both asked before anything is read; 2. the body, which takes nobody's place however slowly it comes; 3. a place;
    /// 4. fields; 5. the document with all its signatures; 6. raised.
    /// </summary>
    public async Task<IResult> Handle(HttpContext context, Agency agency)
    {
        if (!agency.MayExtend)
            return ApiError.Result(403, "access_denied", "This client may not have signatures raised.");
        if (!places.HasOne(agency.ClientId))
            return Busy(context);
        return await DocumentUpload.Read(context, documents, settings.MaxDocumentBytes, agency.ClientId, _ => Task.FromResult(true)) switch
        {
            UploadRead.Refused refused => CreateRequest.Answer(refused.Reason),
            UploadRead.Complete upload => await Discarding(upload, async () =>
            {
                using var place = places.Enter(agency.ClientId);
                return place is null ? Busy(context) : await Extend(context, agency, upload);
            }),
            _ => throw new InvalidOperationException("Reading an upload has two outcomes."),
        };
    }

    private async Task<IResult> Discarding(UploadRead.Complete upload, Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        finally
        {
            documents.Discard(upload.Document);
        }
    }

    private async Task<IResult> Extend(HttpContext context, Agency agency, UploadRead.Complete upload)
    {
        if (upload.Fields.Keys.Any(name => !Known.Contains(name, StringComparer.Ordinal)))
            return ApiError.Result(400, "invalid_request", "Only document, level and accepts_no_changes are known fields.");
        if (CreateRequest.LevelOf(upload.Fields.GetValueOrDefault("level"), agency, settings) is not { } level || level == PadesLevel.B)
            return ApiError.Result(400, "invalid_request", "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach.");
        if (upload.Fields.TryGetValue("accepts_no_changes", out var accepts) && accepts is not ("true" or "false"))
            return ApiError.Result(400, "invalid_request", "accepts_no_changes must be true or false.");
        var bytes = documents.OpenStaged(upload.Document);
        // The answer begins with these bytes.
        context.Response.RegisterForDispose(bytes);
        switch (OpenedDocument.Open(bytes, ValidationData.None, despiteCertification: accepts == "true"))
        {
            case Opening.Refused refused:
                return ApiError.Result(422, "document_refused", "The signatures of this document cannot be raised.", SnakeCase.Of(refused.Reason));
            case Opening.Done { Document: var opened }:
                return await Extend(context, agency, upload, opened, level);
            default:
                throw new InvalidOperationException("A document is opened or refused.");
        }
    }

    private async Task<IResult> Extend(HttpContext context, Agency agency, UploadRead.Complete upload, OpenedDocument opened, PadesLevel level)
    {
        var operation = audit.Begin(new DocumentExtension(upload.Document.Id, agency.ClientId, Convert.ToHexStringLower(upload.Document.Sha256)));
        using var limit = new CancellationTokenSource(settings.SigningDeadline / 2, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, limit.Token);
        switch (await extend.Run(opened, level, both.Token))
        {
            case Extended.Failed failed:
                operation.Complete(AuditOutcome.Failed, SnakeCase.Of(failed.Reason));
                log.LogWarning("A document was not raised: {Reason} ({Detail})", failed.Reason, failed.Detail);
                return failed.Reason is FailureReason.TimestampUnavailable or FailureReason.TimestampRefused or FailureReason.StatusUnavailable or FailureReason.StatusRefused
                    ? Later(context, "The document was not raised; ask again later.", SnakeCase.Of(failed.Reason))
                    : ApiError.Result(409, "not_extended", "The document was not raised, and asking again will not help.", SnakeCase.Of(failed.Reason));
            case Extended.Done done:
                operation.Complete(AuditOutcome.Succeeded);
                context.Response.Headers.ContentDisposition = SafeText.Attachment(SignedName.Of(DocumentLabel.Of(upload.FileName, SigningRequest.LongestFileName)));
                return DocumentDelivery.Of(context, done.Document);
            default:
                throw new InvalidOperationException("A document is extended or not.");
        }
    }

    private static IResult Busy(HttpContext context) => Later(context, "Others are being raised just now; ask again later.", "busy");

    private static IResult Later(HttpContext context, string description, string reason)
    {
        context.Response.Headers.RetryAfter = ((int)Again.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return ApiError.Result(503, "temporarily_unavailable", description, reason);
    }
}
