using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Identity.Audit;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Signing.Agencies;
using Identity.Signing.Documents;
using Identity.Signing.Requests;

namespace Identity.Signing.Ceremonies;

/// <summary>POST /ceremonies: an agency asks several people to sign one PDF.</summary>
internal sealed class CreateCeremony(CeremonyStore ceremonies, DocumentStore documents, SigningSettings settings, AuditLog audit, TimeProvider time)
{
    private const string DescriptionField = "ceremony";

    // A space cannot stand in the header: keys of requests and of ceremonies never meet.
    private const string KeyPrefix = "ceremony ";

    public async Task<IResult> Handle(HttpContext context, Agency agency)
    {
        var key = context.Request.Headers[CreateRequest.KeyHeader].ToString();
        if (key.Length is 0 or > CreateRequest.LongestKey || !key.All(c => c is > ' ' and < '\x7f'))
            return ApiError.Result(400, "invalid_request", $"Idempotency-Key must have 1 to {CreateRequest.LongestKey} visible ASCII characters.");
        return await DocumentUpload.Read(context, documents, settings.MaxDocumentBytes, agency.ClientId, _ => Task.FromResult(true)) switch
        {
            UploadRead.Refused refused => CreateRequest.Answer(refused.Reason),
            UploadRead.Complete upload => await Create(agency, key, upload, context.RequestAborted),
            _ => throw new InvalidOperationException("Reading an upload has two outcomes."),
        };
    }

    /// <summary>
    /// 1. the key, so that a repeated post has its answer whatever changed since; 2. the description; 3. the document, tried with each signer's form;
    /// 4. its lasting place; 5. the ceremony. A crash between 4 and 5 leaves a file without a ceremony, which the sweep removes.
    /// </summary>
    private async Task<IResult> Create(Agency agency, string key, UploadRead.Complete upload, CancellationToken cancellation)
    {
        var kept = false;
        try
        {
            if (upload.Fields.Keys.Any(name => name is not (DescriptionField or DocumentPasswords.Field)) || !upload.Fields.TryGetValue(DescriptionField, out var described))
                return ApiError.Result(400, "invalid_request", "Only document, ceremony and document_password are known fields, and the first two are needed.");
            if (DocumentPasswords.Of(upload.Fields) is not { } password)
                return ApiError.Result(400, "invalid_request", DocumentPasswords.Rule);
            var record = new IdempotencyRecord
            {
                AgencyId = agency.ClientId, Key = KeyPrefix + key, RequestId = upload.Document.Id, ContentSha256 = ContentSha256(upload, described),
            };
            if (await ceremonies.FindByKey(record, cancellation) is { } before)
                return Answer(before);
            switch (CeremonyDescription.Read(described, agency, settings, time.GetUtcNow()))
            {
                case DescriptionRead.Refused refused:
                    return ApiError.Result(400, "invalid_request", refused.Reason);
                case DescriptionRead.Good { Description: var description }:
                    var (signers, refusal) = Try(upload.Document, password, description);
                    if (refusal is not null)
                        return refusal;
                    documents.Keep(upload.Document);
                    documents.Passwords.Keep(upload.Document.Id, password);
                    // From here on it may be recorded, also when the answer is lost or the agency has gone: what is not, the sweep removes.
                    kept = true;
                    audit.Append(new CeremonyReceived(upload.Document.Id, agency.ClientId, Convert.ToHexStringLower(upload.Document.Sha256)));
                    var stored = await ceremonies.Add(ToCeremony(agency, upload, description), ToPlaces(upload.Document.Id, signers), record, CancellationToken.None);
                    kept = stored is CeremonyStored.Created;
                    return Answer(stored);
                default:
                    throw new InvalidOperationException("A description is read or refused.");
            }
        }
        finally
        {
            if (!kept)
                documents.Discard(upload.Document);
        }
    }

    /// <summary>Each signature on the document as it came; that earlier ones leave room for later ones is asked apart.</summary>
    private (IReadOnlyList<DescribedSigner> Signers, IResult? Refusal) Try(DocumentReceived.Staged document, string password, CeremonyDescription description)
    {
        using var bytes = documents.OpenStaged(document, password);
        var signers = new List<DescribedSigner>();
        var forms = new HashSet<string>(StringComparer.Ordinal);
        foreach (var signer in description.Signers)
        {
            // The same form again has the same answer.
            if (forms.Add(signer.Form?.ToJson() ?? "")
                && DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, description.Level, time.GetUtcNow(), signer.Form, settings.PersonDigest) is { } unfit)
                return ([], ApiError.Result(422, "document_refused", unfit.Detail, SnakeCase.Of(unfit.Reason)));
            signers.Add(signer.Form is { Field: { } field } form ? signer with { Form = form with { LockOfField = DocumentAcceptance.LockOf(bytes, field) } } : signer);
        }

        if (CeremonyDescription.LocksOneAnother(signers))
            return ([], ApiError.Result(422, "document_refused", "field_locked", SnakeCase.Of(DocumentRefusal.Form)));
        return signers.All(signer => SignatureStatement.Fits(description.Purpose, signer.Form))
            ? (signers, null)
            : ([], ApiError.Result(400, "invalid_request", $"purpose and what the signature does must together have at most {SigningRequest.LongestPurpose} characters."));
    }

    private Ceremony ToCeremony(Agency agency, UploadRead.Complete upload, CeremonyDescription description) => new()
    {
        Id = upload.Document.Id,
        AgencyId = agency.ClientId,
        Requester = agency.Name,
        Purpose = description.Purpose,
        FileName = DocumentLabel.Of(upload.FileName, SigningRequest.LongestFileName),
        ReturnUrl = description.ReturnUrl.AbsoluteUri,
        Level = description.Level,
        State = CeremonyState.Open,
        ContinuesAfterDecline = description.ContinuesAfterDecline,
        DocumentSha256 = upload.Document.Sha256,
        DocumentLength = upload.Document.Length,
        CreatedAt = SigningRequest.Moment(time),
        Deadline = description.Deadline,
        WebhookUrl = description.WebhookUrl?.AbsoluteUri,
        RemindAt = description.WebhookUrl is null ? null : description.RemindAt,
    };

    private static IReadOnlyList<SignerPlace> ToPlaces(string ceremony, IReadOnlyList<DescribedSigner> signers) =>
    [
        .. signers.Select((signer, index) => new SignerPlace
        {
            Id = RequestId.Next(),
            CeremonyId = ceremony,
            Number = index + 1,
            Order = signer.Order,
            Identifier = signer.Identifier,
            Label = signer.Label,
            Form = signer.Form?.ToJson(),
            State = PlaceState.Waiting,
        }),
    ];

    private IResult Answer(CeremonyStored stored) => stored switch
    {
        CeremonyStored.Created created => Results.Json(CeremonyStatus.Of(created.Ceremony, settings.PublicAddress), statusCode: StatusCodes.Status201Created),
        CeremonyStored.Before before => Results.Json(CeremonyStatus.Of(before.Ceremony, settings.PublicAddress)),
        _ => ApiError.Result(409, "idempotency_conflict", "This Idempotency-Key was used for other content."),
    };

    private static byte[] ContentSha256(UploadRead.Complete upload, string described)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in new[] { upload.Document.Sha256, Encoding.UTF8.GetBytes(described), Encoding.UTF8.GetBytes(upload.FileName) })
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            hash.AppendData(length);
            hash.AppendData(part);
        }

        return hash.GetHashAndReset();
    }
}
