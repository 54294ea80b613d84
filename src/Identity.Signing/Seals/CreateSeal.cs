using System.Globalization;
using Identity.Pdf.Syntax;
using Identity.Signing.Agencies;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Web;

namespace Identity.Signing.Seals;

/// <summary>POST /seals: an agency has a PDF sealed by an organisation whose seal it may use; the answer is the sealed PDF.</summary>
internal sealed class CreateSeal(SealDocument seal, OrganisationSeals seals, DocumentStore documents, SigningSettings settings, ILogger<CreateSeal> log, TimeProvider time)
{
    public const string ExperimentalHeader = "Identity-Experimental-Signature";
    private const string ExperimentalWords = "ML-DSA-65; outside EN 319 142-1, TS 119 312 and ISO 32000-2";
    private static readonly string[] Known = ["seal", "level", "experimental", DocumentPasswords.Field];
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    /// <summary>1. the agency has a seal at all, asked before anything is read; 2. fields; 3. the document; 4. sealed.</summary>
    public async Task<IResult> Handle(HttpContext context, Agency agency)
    {
        if (settings.Seals.Of(agency) is not { Count: > 0 } allowed)
            return ApiError.Result(403, "access_denied", "This client may use no seal.");
        switch (await DocumentUpload.Read(context, documents, settings.MaxDocumentBytes, agency.ClientId, _ => Task.FromResult(true)))
        {
            case UploadRead.Refused refused:
                return CreateRequest.Answer(refused.Reason);
            case UploadRead.Complete upload:
                try
                {
                    return await Seal(context, agency, allowed, upload);
                }
                finally
                {
                    documents.Discard(upload.Document);
                }
            default:
                throw new InvalidOperationException("Reading an upload has two outcomes.");
        }
    }

    private async Task<IResult> Seal(HttpContext context, Agency agency, IReadOnlyList<string> allowed, UploadRead.Complete upload)
    {
        if (upload.Fields.Keys.Any(name => !Known.Contains(name, StringComparer.Ordinal)))
            return ApiError.Result(400, "invalid_request", "Only document, seal, level, experimental and document_password are known fields.");
        var experimental = upload.Fields.GetValueOrDefault("experimental");
        if (experimental is not null && !(allowed.Contains(experimental, StringComparer.Ordinal) && settings.Seals.Experimental.Contains(experimental)))
            return ApiError.Result(400, "invalid_request", "experimental must be one of the experimental seals that this client may use.");
        allowed = [.. allowed.Except(settings.Seals.Experimental)];
        if ((upload.Fields.GetValueOrDefault("seal") ?? (allowed is [var only] ? only : null)) is not { } name || !allowed.Contains(name, StringComparer.Ordinal))
            return ApiError.Result(400, "invalid_request", "seal must be one of the seals that this client may use; it may be left out when there is one.");
        if (CreateRequest.LevelOf(upload.Fields.GetValueOrDefault("level"), agency, settings) is not { } level)
            return ApiError.Result(400, "invalid_request", CreateRequest.LevelRule);
        if (DocumentPasswords.Of(upload.Fields) is not { } password)
            return ApiError.Result(400, "invalid_request", DocumentPasswords.Rule);
        var bytes = documents.OpenStaged(upload.Document, password);
        // The answer begins with these bytes.
        context.Response.RegisterForDispose(bytes);
        if (DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, level, time.GetUtcNow()) is { } unfit)
            return ApiError.Result(422, "document_refused", unfit.Detail, SnakeCase.Of(unfit.Reason));
        switch (await seal.Run(bytes, [seals[name], .. experimental is null ? [] : (OrganisationSeal[])[seals[experimental]]], agency, level, context.RequestAborted))
        {
            case Sealing.Failed failed:
                log.LogWarning("A document was not sealed with {Seal}: {Reason} ({Detail})", name, failed.Reason, failed.Detail);
                return Refuse(context, failed);
            case Sealing.Done done:
                if (experimental is not null)
                    context.Response.Headers[ExperimentalHeader] = ExperimentalWords;
                context.Response.Headers.ContentDisposition = SafeText.Attachment(SignedName.Of(DocumentLabel.Of(upload.FileName, SigningRequest.LongestFileName)));
                return DocumentDelivery.Of(context, done.Document);
            default:
                throw new InvalidOperationException("A document is sealed or not.");
        }
    }

    // What heals by itself is asked for again; the rest needs the operator, or another document.
    private static IResult Refuse(HttpContext context, Sealing.Failed failed)
    {
        if (failed.Reason is not (FailureReason.TimestampUnavailable or FailureReason.TimestampRefused or FailureReason.StatusUnavailable or FailureReason.StatusRefused or FailureReason.KeyUnavailable))
            return ApiError.Result(409, "not_sealed", "The document was not sealed, and asking again will not help.", SnakeCase.Of(failed.Reason));
        context.Response.Headers.RetryAfter = ((int)Again.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return ApiError.Result(503, "temporarily_unavailable", "The document was not sealed; ask again later.", SnakeCase.Of(failed.Reason));
    }
}
