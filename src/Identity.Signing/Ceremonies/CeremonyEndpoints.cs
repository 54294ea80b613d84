using Identity.Audit;
using Identity.Pdf.Structure;
using Identity.Signing.Agencies;
using Identity.Signing.Documents;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Identity.Web;

namespace Identity.Signing.Ceremonies;

/// <summary>What an agency may do with its own ceremonies, and with no others: those are as if they were not there. And the finished file for its signers.</summary>
internal static class CeremonyEndpoints
{
    public static Task<IResult> Create(HttpContext context, AgencyToken token, CreateCeremony create) =>
        AgencyEndpoints.ForAgency(context, token, agency => create.Handle(context, agency));

    public static Task<IResult> Status(string id, HttpContext context, AgencyToken token, CeremonyStore ceremonies, SigningSettings settings) =>
        ForOwn(id, context, token, ceremonies, (found, _) => Task.FromResult(Results.Json(CeremonyStatus.Of(found, settings.PublicAddress))));

    public static Task<IResult> Cancel(string id, HttpContext context, AgencyToken token, CeremonyStore ceremonies, SigningSettings settings) =>
        ForOwn(id, context, token, ceremonies, async (_, _) => await ceremonies.Cancel(id, context.RequestAborted)
            ? Results.Json(CeremonyStatus.Of((await ceremonies.Find(id, context.RequestAborted))!, settings.PublicAddress))
            : ApiError.Result(409, "not_open", "The ceremony is not open any more."));

    public static Task<IResult> ArchiveAgain(string id, HttpContext context, AgencyToken token, CeremonyStore ceremonies, ArchivePass archive, CeremonyRounds rounds, SigningSettings settings) =>
        ForOwn(id, context, token, ceremonies, async (_, _) =>
        {
            if (!await archive.Again(id, context.RequestAborted))
                return ApiError.Result(409, "not_failed", "Only the archive pass of a ceremony that failed can be tried again.");
            rounds.Wake();
            return Results.Json(CeremonyStatus.Of((await ceremonies.Find(id, context.RequestAborted))!, settings.PublicAddress), statusCode: StatusCodes.Status202Accepted);
        });

    public static Task<IResult> SignedDocument(string id, HttpContext context, AgencyToken token, CeremonyStore ceremonies, DocumentStore documents, AuditLog audit) =>
        ForOwn(id, context, token, ceremonies, async (found, agency) =>
        {
            var ceremony = found.Ceremony;
            // What some have signed is not what was asked for: it is never given out as if it were.
            if (ceremony.State != CeremonyState.Completed)
                return ApiError.Result(409, "not_completed", "The ceremony is not completed.", SnakeCase.Of(ceremony.State));
            if (ceremony.DocumentsRemoved)
                return ApiError.Result(410, "document_removed", "The document was removed after its retention time.");
            if (await OpenFinished(ceremony, documents, audit, context.RequestAborted) is not { } signed)
                return ApiError.Result(409, "document_changed", "The stored document is not the one that was signed.");
            audit.Append(new SignedDocumentDelivered(ceremony.Id, agency.ClientId, Convert.ToHexStringLower(ceremony.SignedSha256!)));
            context.Response.Headers.ContentDisposition = SafeText.Attachment(SignedName.Of(ceremony.FileName));
            return DocumentDelivery.Of(context, signed);
        });

    /// <summary>The finished document for one who signed it.</summary>
    public static async Task<IResult> SignedDocumentForSigner(string id, HttpContext context, CeremonyStore ceremonies, DocumentStore documents, AuditLog audit)
    {
        if (SignedInPerson.Of(context.User) is not { } person)
            return Results.Unauthorized();
        if (!RequestId.IsOne(id) || await ceremonies.FindPlace(id, context.RequestAborted) is not { } found || found.Place.Identifier != person.Identifier
            || found.Ceremony.Ceremony is not { State: CeremonyState.Completed } ceremony)
            return Results.NotFound();
        if (ceremony.DocumentsRemoved)
            return Results.StatusCode(StatusCodes.Status410Gone);
        if (await OpenFinished(ceremony, documents, audit, context.RequestAborted) is not { } signed)
            return Results.StatusCode(StatusCodes.Status409Conflict);
        audit.Append(new SignedDocumentDelivered(ceremony.Id, person.Subject, Convert.ToHexStringLower(ceremony.SignedSha256!)));
        PersonEndpoints.Protect(context, SignedName.Of(ceremony.FileName));
        return DocumentDelivery.Of(context, signed);
    }

    private static async Task<DocumentBytes?> OpenFinished(Ceremony ceremony, DocumentStore documents, AuditLog audit, CancellationToken cancellation)
    {
        var signed = await documents.OpenSignedUnchanged(ceremony.Id, ceremony.Attempt!, ceremony.SignedLength!.Value, ceremony.SignedSha256!, cancellation);
        if (signed is null)
            audit.Append(new DocumentFoundChanged(ceremony.Id, Convert.ToHexStringLower(ceremony.SignedSha256!)));
        return signed;
    }

    private static Task<IResult> ForOwn(string id, HttpContext context, AgencyToken token, CeremonyStore ceremonies, Func<CeremonyWithPlaces, Agency, Task<IResult>> answer) =>
        AgencyEndpoints.ForAgency(context, token, async agency =>
            RequestId.IsOne(id) && await ceremonies.Find(id, context.RequestAborted) is { } found && found.Ceremony.AgencyId == agency.ClientId
                ? await answer(found, agency)
                : ApiError.Result(404, "not_found", "There is no such ceremony."));
}
