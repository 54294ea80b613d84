using Identity.Audit;
using Identity.Pdf.Syntax;
using Identity.Signing.Agencies;
using Identity.Signing.Approvals;
using Identity.Signing.Documents;
using Identity.Signing.Lint;
using Identity.Signing.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace Identity.Signing.Requests;

/// <summary>The first page: sign in, bring a document of one's own, see one's requests.</summary>
[IgnoreAntiforgeryToken] // The framework's check would read the whole form first: OnPost makes it itself, before the document's first byte.
[FormIsStreamed]
public sealed class UploadDocumentModel(
    RequestStore requests, DocumentStore documents, SigningSettings settings, AuditLog audit, TimeProvider time, IStringLocalizer<SigningTexts> texts) : PageModel
{
    private const int BytesPerMegabyte = 1024 * 1024;

    public SignedInPerson? Person { get; private set; }

    public IReadOnlyList<SigningRequest> Requests { get; private set; } = [];

    /// <summary>Why the upload was refused, in the person's language.</summary>
    public string? Problem { get; private set; }

    public string Purpose { get; private set; } = "";

    public long CapBytes => settings.MaxDocumentBytes;

    public long CapMegabytes => settings.MaxDocumentBytes / BytesPerMegabyte;

    public async Task OnGet() => await ReadPerson();

    public async Task<IActionResult> OnPost()
    {
        await ReadPerson();
        if (Person is null)
            return Challenge();
        return await DocumentUpload.Read(HttpContext, documents, settings.MaxDocumentBytes, Person.Subject, IsFromThisPage, Batch.MostDocuments) switch
        {
            UploadRead.Complete upload => await Accept(upload, Person),
            UploadRead.Refused refused => Refuse(refused.Reason),
            _ => throw new InvalidOperationException("Reading an upload has two outcomes."),
        };
    }

    private async Task ReadPerson()
    {
        // A session that ended meanwhile sends the form's post on to the Provider.
        HttpContext.ContentSecurity().AllowFormAction(settings.Provider);
        Person = SignedInPerson.Of(User);
        if (Person is not null)
            Requests = await requests.NewestOf(Person.Subject, HttpContext.RequestAborted);
    }

    /// <summary>The antiforgery token is the form's first field; handed on as the header it need not be looked for in a form that is read once.</summary>
    private Task<bool> IsFromThisPage(IReadOnlyDictionary<string, string> fields)
    {
        var names = HttpContext.RequestServices.GetRequiredService<IOptions<AntiforgeryOptions>>().Value;
        if (names.HeaderName is not { } header || !fields.TryGetValue(names.FormFieldName, out var token) || token.Any(char.IsControl))
            return Task.FromResult(false);
        Request.Headers[header] = token;
        return HttpContext.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(HttpContext);
    }

    private async Task<IActionResult> Accept(UploadRead.Complete upload, SignedInPerson person)
    {
        var kept = false;
        try
        {
            Purpose = upload.Fields.GetValueOrDefault("purpose", "").Trim();
            var purpose = Purpose.Length == 0 ? texts["OwnPurpose"].Value : Purpose;
            if (!ShowableText.IsShowable(purpose, SigningRequest.LongestPurpose))
                return Refuse(StatusCodes.Status400BadRequest, "ProblemPurpose", SigningRequest.LongestPurpose);
            var examinations = new List<DocumentExamination>();
            if (DocumentPasswords.Of(upload.Fields) is not { } password)
                return Refuse(StatusCodes.Status422UnprocessableEntity, "RefusedEncrypted");
            if (Refusal(upload.Documents, password, examinations) is { } unfit)
                return unfit;

            var batch = upload.Documents.Count > 1 ? RequestId.Next() : null;
            foreach (var document in upload.Documents)
            {
                documents.Keep(document.Staged);
                documents.Passwords.Keep(document.Staged.Id, password);
                audit.Append(new SigningRequestReceived(document.Staged.Id, person.Subject, Convert.ToHexStringLower(document.Staged.Sha256)));
            }

            // From here on it may be recorded, also when the answer is lost or the person has gone: what is not, the sweep removes.
            kept = true;
            await requests.Add([.. upload.Documents.Select((document, index) => ToRequest(document, person, purpose, batch, index, examinations[index]))], CancellationToken.None);
            return Redirect(batch is null ? $"/requests/{upload.Document.Id}/review" : $"/batches/{batch}/review");
        }
        finally
        {
            if (!kept)
            {
                foreach (var document in upload.Documents)
                    documents.Discard(document.Staged);
            }
        }
    }

    /// <summary>The first document that cannot be signed, or comes a second time; named when there are several.</summary>
    private PageResult? Refusal(IReadOnlyList<UploadedDocument> uploaded, string password, List<DocumentExamination> examinations)
    {
        if (CreateBatch.Repeated(uploaded) is { } repeated)
            return Refuse(StatusCodes.Status422UnprocessableEntity, "ProblemRepeated", NameOf(uploaded[repeated]));
        foreach (var document in uploaded)
        {
            using var bytes = documents.OpenStaged(document.Staged, password);
            if (DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, settings.Level, time.GetUtcNow()) is not { } unfit)
            {
                examinations.Add(DocumentAcceptance.Examine(bytes, HttpContext.RequestAborted));
                continue;
            }

            var refusal = Refuse(StatusCodes.Status422UnprocessableEntity, "Refused" + unfit.Reason);
            if (uploaded.Count > 1)
                Problem = $"{NameOf(document)}: {Problem}";
            return refusal;
        }

        return null;
    }

    private static string NameOf(UploadedDocument document) => DocumentLabel.Of(document.FileName, SigningRequest.LongestFileName);

    private SigningRequest ToRequest(UploadedDocument document, SignedInPerson person, string purpose, string? batch, int position, DocumentExamination examination)
    {
        var now = SigningRequest.Moment(time);
        return new SigningRequest
        {
            Id = document.Staged.Id,
            State = RequestState.Received,
            Level = settings.Level,
            Requester = ShowableText.IsShowable(person.Name, AgencyRegistry.LongestName) ? person.Name : texts["OwnRequester"].Value,
            Purpose = purpose,
            FileName = NameOf(document),
            DocumentSha256 = document.Staged.Sha256,
            DocumentLength = document.Staged.Length,
            BatchId = batch,
            BatchPosition = position,
            RequiredSigner = person.Identifier,
            Examination = examination.ToJson(),
            PersonSubject = person.Subject,
            PersonIdentifier = person.Identifier,
            CreatedAt = now,
            ExpiresAt = now + settings.RequestLifetime,
        };
    }

    private PageResult Refuse(UploadRefusal reason) => reason switch
    {
        UploadRefusal.TooLarge => Refuse(StatusCodes.Status413PayloadTooLarge, "ProblemTooLarge", CapMegabytes),
        UploadRefusal.TooMany => Refuse(StatusCodes.Status400BadRequest, "ProblemTooMany", Batch.MostDocuments),
        UploadRefusal.TooSlow => Refuse(StatusCodes.Status408RequestTimeout, "ProblemTooSlow"),
        UploadRefusal.Busy => Refuse(StatusCodes.Status503ServiceUnavailable, "ProblemBusy"),
        UploadRefusal.Empty => Refuse(StatusCodes.Status422UnprocessableEntity, "ProblemEmpty"),
        UploadRefusal.DocumentMissing => Refuse(StatusCodes.Status400BadRequest, "ProblemMissing"),
        // From another site, or a page that was open too long.
        UploadRefusal.Forbidden => Refuse(StatusCodes.Status400BadRequest, "ProblemStalePage"),
        _ => Refuse(StatusCodes.Status400BadRequest, "ProblemMalformed"),
    };

    private PageResult Refuse(int status, string text, params object[] arguments)
    {
        Response.StatusCode = status;
        Problem = texts[text, arguments].Value;
        return Page();
    }
}

/// <summary>Keeps model binding from reading the form: the document is streamed.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FormIsStreamedAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        context.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
        context.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
        context.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
        // Nothing to undo: the factories are those of this request.
    }
}
