using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Identity.Audit;
using Identity.Pdf.Syntax;
using Identity.Signing.Agencies;
using Identity.Signing.Documents;
using Identity.Signing.Lint;
using Identity.Signing.Pades;
using Identity.Web;

namespace Identity.Signing.Requests;

/// <summary>The answer to POST /requests.</summary>
/// <param name="Findings">What could make the document look different later: the person is warned of it too.</param>
public sealed record RequestCreated(
    string Id, [property: JsonPropertyName("review_url")] string ReviewUrl, DateTimeOffset Expires, IReadOnlyList<LintFinding> Findings);

/// <summary>POST /requests: an agency asks one person to sign one PDF.</summary>
internal sealed class CreateRequest(RequestStore requests, DocumentStore documents, SigningSettings settings, AuditLog audit, TimeProvider time)
{
    public const string KeyHeader = "Idempotency-Key";
    public const int LongestKey = 128;

    public async Task<IResult> Handle(HttpContext context, Agency agency)
    {
        if (ReadKey(context, out var missing) is not { } key)
            return missing!;
        switch (await DocumentUpload.Read(context, documents, settings.MaxDocumentBytes, agency.ClientId, _ => Task.FromResult(true)))
        {
            case UploadRead.Refused refused:
                return Answer(refused.Reason);
            case UploadRead.Complete upload:
                return await Create(agency, key, upload, context.RequestAborted);
            default:
                throw new InvalidOperationException("Reading an upload has two outcomes.");
        }
    }

    /// <summary>The Idempotency-Key; null with the refusal.</summary>
    internal static string? ReadKey(HttpContext context, out IResult? refusal)
    {
        var key = context.Request.Headers[KeyHeader].ToString();
        refusal = key.Length is 0 or > LongestKey || !key.All(c => c is > ' ' and < '\x7f')
            ? ApiError.Result(400, "invalid_request", $"Idempotency-Key must have 1 to {LongestKey} visible ASCII characters.")
            : null;
        return refusal is null ? key : null;
    }

    /// <summary>
    /// 1. fields; 2. the key, so that a repeated post has its answer whatever changed since; 3. the document; 4. its lasting place; 5. the
    /// request. A crash between 4 and 5 leaves a file without a request, which the sweep removes.
    /// </summary>
    private async Task<IResult> Create(Agency agency, string key, UploadRead.Complete upload, CancellationToken cancellation)
    {
        var kept = false;
        try
        {
            if (Fields.Read(upload, agency, settings, out var refusal) is not { } fields)
                return refusal!;
            var record = new IdempotencyRecord
            {
                AgencyId = agency.ClientId, Key = key, RequestId = upload.Document.Id, ContentSha256 = fields.ContentSha256(upload.Document.Sha256),
            };
            if (await requests.FindByKey(record, cancellation) is { } before)
                return Answer(before);
            using var bytes = documents.OpenStaged(upload.Document, fields.Password);
            if (DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, fields.Level, time.GetUtcNow(), fields.Form, settings.PersonDigest) is { } unfit)
                return ApiError.Result(422, "document_refused", unfit.Detail, SnakeCase.Of(unfit.Reason));

            if (fields.Form is { Field: not null } form)
                fields = fields with { Form = form with { LockOfField = DocumentAcceptance.LockOf(bytes, form.Field) } };
            if (!SignatureStatement.Fits(fields.Purpose, fields.Form))
                return ApiError.Result(400, "invalid_request", $"purpose and what the signature does must together have at most {SigningRequest.LongestPurpose} characters.");

            var examination = DocumentAcceptance.Examine(bytes, cancellation, fields.Form);
            documents.Keep(upload.Document);
            documents.Passwords.Keep(upload.Document.Id, fields.Password);
            // From here on it may be recorded, also when the answer is lost or the agency has gone: what is not, the sweep removes.
            kept = true;
            audit.Append(new SigningRequestReceived(upload.Document.Id, agency.ClientId, Convert.ToHexStringLower(upload.Document.Sha256)));
            var stored = await requests.AddForAgency(fields.ToRequest(agency, upload.Document, examination, SigningRequest.Moment(time), settings.RequestLifetime), record, CancellationToken.None);
            kept = stored is AgencyRequestStored.Created;
            return Answer(stored);
        }
        finally
        {
            if (!kept)
                documents.Discard(upload.Document);
        }
    }

    private IResult Answer(AgencyRequestStored stored) => stored switch
    {
        AgencyRequestStored.Created created => Results.Json(Body(created.Request), statusCode: StatusCodes.Status201Created),
        AgencyRequestStored.Before before => Results.Json(Body(before.Request)),
        _ => ApiError.Result(409, "idempotency_conflict", "This Idempotency-Key was used for other content."),
    };

    private RequestCreated Body(SigningRequest request) =>
        new(request.Id, new Uri(settings.PublicAddress, $"requests/{request.Id}/review").AbsoluteUri, request.ExpiresAt, DocumentExamination.Stored(request.Examination)?.Findings ?? []);

    internal static IResult Answer(UploadRefusal reason) => reason switch
    {
        UploadRefusal.TooLarge => ApiError.Result(413, "document_too_large", "The document is larger than this service takes."),
        UploadRefusal.TooSlow => ApiError.Result(408, "invalid_request", "The document came too slowly."),
        UploadRefusal.Busy => ApiError.Result(503, "temporarily_unavailable", "This client is sending many documents just now; ask again later.", "busy"),
        UploadRefusal.Empty => ApiError.Result(422, "document_refused", "The document has no bytes.", "empty"),
        UploadRefusal.TooMany => ApiError.Result(400, "invalid_request", $"A batch has 1 to {Batch.MostDocuments} documents."),
        UploadRefusal.DocumentMissing => ApiError.Result(400, "invalid_request", "The part 'document' is missing."),
        _ => ApiError.Result(400, "invalid_request", "The body must be multipart/form-data with a document and short text fields."),
    };

    internal const string LevelRule = "level must be B-B, B-T, B-LT or B-LTA, one that this client may ask for and this service can reach.";

    /// <summary>The level that is asked for, or the service's own; null when it is none that this agency may have.</summary>
    internal static PadesLevel? LevelOf(string? word, Agency agency, SigningSettings settings) => agency.AskedLevel(word, settings);

    internal sealed record Fields(string Purpose, Uri ReturnUrl, string? Signer, string FileName, PadesLevel Level, RequestedForm? Form, string Password)
    {
        private static readonly string[] Known = ["purpose", "return_url", "signer", "level", "signature", DocumentPasswords.Field];

        public static Fields? Read(UploadRead.Complete upload, Agency agency, SigningSettings settings, out IResult? refusal)
        {
            refusal = null;
            if (upload.Fields.Keys.FirstOrDefault(name => !Known.Contains(name, StringComparer.Ordinal)) is not null)
                refusal = ApiError.Result(400, "invalid_request", "Only document, purpose, return_url, signer, level, signature and document_password are known fields.");
            else if (!ShowableText.IsShowable(upload.Fields.GetValueOrDefault("purpose", ""), SigningRequest.LongestPurpose))
                refusal = ApiError.Result(400, "invalid_request", $"purpose must have 1 to {SigningRequest.LongestPurpose} characters, none of which hides or reorders text.");
            else if (agency.AcceptReturnUrl(upload.Fields.GetValueOrDefault("return_url", "")) is not { } returnUrl)
                refusal = ApiError.Result(400, "invalid_request", "return_url is not registered for this client.");
            else if (upload.Fields.GetValueOrDefault("signer") is { } named && !SignerIdentifier.IsOne(named))
                refusal = ApiError.Result(400, "invalid_request", "signer must be a semantic identifier such as PNOXX-12345.");
            else if (LevelOf(upload.Fields.GetValueOrDefault("level"), agency, settings) is not { } level)
                refusal = ApiError.Result(400, "invalid_request", LevelRule);
            else if (DocumentPasswords.Of(upload.Fields) is not { } password)
                refusal = ApiError.Result(400, "invalid_request", DocumentPasswords.Rule);
            else if (FormOf(upload.Fields.GetValueOrDefault("signature")) is FormRead.Refused unusable)
                refusal = ApiError.Result(400, "invalid_request", unusable.Description);
            else
                return new Fields(upload.Fields["purpose"], returnUrl, upload.Fields.GetValueOrDefault("signer"), DocumentLabel.Of(upload.FileName, SigningRequest.LongestFileName), level,
                    (FormOf(upload.Fields.GetValueOrDefault("signature")) as FormRead.Good)?.Form, password);
            return null;
        }

        private static FormRead? FormOf(string? json) => json is null ? null : RequestedForm.ReadAsked(json);

        /// <summary>What makes two posts the same. Each part is preceded by its length, so that none can run into the next.</summary>
        public byte[] ContentSha256(byte[] documentSha256)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> length = stackalloc byte[4];
            // Without a form nothing is added: keys from before there were forms still find their requests.
            string[] texts = [Purpose, ReturnUrl.AbsoluteUri, Signer ?? "", FileName, Level.Word(), .. Form is null ? Array.Empty<string>() : [Form.ToJson()]];
            foreach (var part in texts.Select(Encoding.UTF8.GetBytes).Prepend(documentSha256))
            {
                BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
                hash.AppendData(length);
                hash.AppendData(part);
            }

            return hash.GetHashAndReset();
        }

        public SigningRequest ToRequest(Agency agency, DocumentReceived.Staged document, DocumentExamination examination, DateTimeOffset now, TimeSpan lifetime, string? batch = null, int position = 0) => new()
        {
            Id = document.Id,
            State = RequestState.Received,
            Level = Level,
            AgencyId = agency.ClientId,
            Requester = agency.Name,
            Purpose = Purpose,
            FileName = FileName,
            DocumentSha256 = document.Sha256,
            DocumentLength = document.Length,
            ReturnUrl = ReturnUrl.AbsoluteUri,
            RequiredSigner = Signer,
            Form = Form?.ToJson(),
            Examination = examination.ToJson(),
            BatchId = batch,
            BatchPosition = position,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
    }
}
