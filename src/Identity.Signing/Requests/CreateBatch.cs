using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Identity.Audit;
using Identity.Pdf.Syntax;
using Identity.Signing.Agencies;
using Identity.Signing.Documents;
using Identity.Signing.Lint;

namespace Identity.Signing.Requests;

/// <summary>The answer to POST /batches; the documents in the order in which they were posted.</summary>
public sealed record BatchCreated(
    string Id, [property: JsonPropertyName("review_url")] string ReviewUrl, DateTimeOffset Expires, IReadOnlyList<BatchCreatedDocument> Documents);

/// <summary>A document of a batch: the request under which it is signed.</summary>
public sealed record BatchCreatedDocument(string Id, string Name, [property: JsonPropertyName("document_sha256")] string DocumentSha256);

/// <summary>POST /batches: an agency asks one person to sign several PDFs under one approval.</summary>
internal sealed class CreateBatch(BatchStore batches, DocumentStore documents, SigningSettings settings, AuditLog audit, TimeProvider time)
{
    public async Task<IResult> Handle(HttpContext context, Agency agency)
    {
        if (CreateRequest.ReadKey(context, out var refusal) is not { } key)
            return refusal!;
        switch (await DocumentUpload.Read(context, documents, settings.MaxDocumentBytes, agency.ClientId, _ => Task.FromResult(true), Batch.MostDocuments))
        {
            case UploadRead.Refused refused:
                return CreateRequest.Answer(refused.Reason);
            case UploadRead.Complete upload:
                return await Create(agency, key, upload, context.RequestAborted);
            default:
                throw new InvalidOperationException("Reading an upload has two outcomes.");
        }
    }

    /// <summary>As for one document; either all are taken in or none.</summary>
    private async Task<IResult> Create(Agency agency, string key, UploadRead.Complete upload, CancellationToken cancellation)
    {
        var kept = false;
        try
        {
            if (upload.Fields.ContainsKey("signature"))
                return ApiError.Result(400, "invalid_request", "signature is for a document by itself.");
            if (CreateRequest.Fields.Read(upload, agency, settings, out var refusal) is not { } fields)
                return refusal!;
            var named = upload.Documents.Select(document => fields with { FileName = DocumentLabel.Of(document.FileName, SigningRequest.LongestFileName) }).ToList();
            var id = RequestId.Next();
            var record = new IdempotencyRecord { AgencyId = agency.ClientId, Key = key, RequestId = id, ContentSha256 = ContentSha256(named, upload.Documents) };
            if (await batches.FindByKey(record, cancellation) is { Known: true, Batch: var before })
                return Answer(before, created: false);
            var examinations = new List<DocumentExamination>();
            if (Refusal(upload.Documents, fields, examinations, cancellation) is { } unfit)
                return unfit;

            var now = SigningRequest.Moment(time);
            var batch = new Batch(id, [.. upload.Documents.Select((document, index) => named[index].ToRequest(agency, document.Staged, examinations[index], now, settings.RequestLifetime, id, index))]);
            Keep(upload.Documents, agency.ClientId, fields.Password);
            // From here on it may be recorded, also when the answer is lost or the agency has gone: what is not, the sweep removes.
            kept = true;
            var stored = await batches.AddForAgency(batch, record, CancellationToken.None);
            kept = stored is { Created: true };
            return Answer(stored?.Batch, kept);
        }
        finally
        {
            if (!kept)
                Discard(upload.Documents);
        }
    }

    private void Keep(IReadOnlyList<UploadedDocument> uploaded, string requester, string password)
    {
        foreach (var document in uploaded)
        {
            documents.Keep(document.Staged);
            documents.Passwords.Keep(document.Staged.Id, password);
            audit.Append(new SigningRequestReceived(document.Staged.Id, requester, Convert.ToHexStringLower(document.Staged.Sha256)));
        }
    }

    private void Discard(IReadOnlyList<UploadedDocument> uploaded)
    {
        foreach (var document in uploaded)
            documents.Discard(document.Staged);
    }

    /// <summary>The first document that cannot be signed, or comes a second time: an approval signs a document once.</summary>
    private IResult? Refusal(IReadOnlyList<UploadedDocument> uploaded, CreateRequest.Fields fields, List<DocumentExamination> examinations, CancellationToken cancellation)
    {
        if (Repeated(uploaded) is { } repeated)
            return ApiError.Result(422, "document_refused", $"Document {repeated + 1} is there before.", "repeated");
        for (var index = 0; index < uploaded.Count; index++)
        {
            using var bytes = documents.OpenStaged(uploaded[index].Staged, fields.Password);
            if (DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, fields.Level, time.GetUtcNow()) is { } unfit)
                return ApiError.Result(422, "document_refused", $"Document {index + 1}: {unfit.Detail}", SnakeCase.Of(unfit.Reason));
            examinations.Add(DocumentAcceptance.Examine(bytes, cancellation));
        }

        return null;
    }

    /// <summary>The place of the first document whose bytes came before; null when all differ.</summary>
    internal static int? Repeated(IReadOnlyList<UploadedDocument> uploaded)
    {
        var seen = new HashSet<string>();
        for (var index = 0; index < uploaded.Count; index++)
        {
            if (!seen.Add(Convert.ToHexString(uploaded[index].Staged.Sha256)))
                return index;
        }

        return null;
    }

    private IResult Answer(Batch? batch, bool created) => batch is null
        ? ApiError.Result(409, "idempotency_conflict", "This Idempotency-Key was used for other content.")
        : Results.Json(
            new BatchCreated(
                batch.Id, new Uri(settings.PublicAddress, $"batches/{batch.Id}/review").AbsoluteUri, batch.First.ExpiresAt,
                [.. batch.Documents.Select(document => new BatchCreatedDocument(document.Id, document.FileName, Convert.ToHexStringLower(document.DocumentSha256)))]),
            statusCode: created ? StatusCodes.Status201Created : StatusCodes.Status200OK);

    private static byte[] ContentSha256(List<CreateRequest.Fields> fields, IReadOnlyList<UploadedDocument> uploaded)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("batch"u8);
        for (var index = 0; index < uploaded.Count; index++)
            hash.AppendData(fields[index].ContentSha256(uploaded[index].Staged.Sha256));
        return hash.GetHashAndReset();
    }
}
