using System.Text.Json.Serialization;
using Identity.Audit;
using Identity.Signing.Agencies;
using Identity.Signing.Augmentation;
using Identity.Signing.Csc;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Seals;
using Identity.Web;

namespace Identity.Signing.Requests;

/// <summary>The answer to GET /requests/{id}.</summary>
public sealed record RequestStatus(
    string Id,
    string Status,
    string Level,
    [property: JsonPropertyName("document_sha256")] string DocumentSha256,
    DateTimeOffset Expires,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    [property: JsonPropertyName("signed_sha256"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SignedSha256,
    [property: JsonPropertyName("signed_at"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? SignedAt);

/// <summary>What an agency may do with its own requests, and with no others: those are as if they were not there.</summary>
internal static class AgencyEndpoints
{
    public static Task<IResult> Create(HttpContext context, AgencyToken token, CreateRequest create) =>
        ForAgency(context, token, agency => create.Handle(context, agency));

    public static Task<IResult> Status(string id, HttpContext context, AgencyToken token, RequestStore requests, TimeProvider time) =>
        ForAgency(context, token, async agency =>
            await OwnRequest(id, agency, requests, context.RequestAborted) is { } request
                ? Results.Json(Describe(request, time.GetUtcNow()))
                : NotFound());

    public static Task<IResult> SignedDocument(
        string id, HttpContext context, AgencyToken token, RequestStore requests, DocumentStore documents, AuditLog audit) =>
        ForAgency(context, token, async agency =>
        {
            if (await OwnRequest(id, agency, requests, context.RequestAborted) is not { } request)
                return NotFound();
            if (request.State != RequestState.Signed)
                return ApiError.Result(409, "not_signed", "The document is not signed.", SnakeCase.Of(request.State));
            if (request.DocumentsRemoved)
                return ApiError.Result(410, "document_removed", "The document was removed after its retention time.");
            if (await documents.OpenSignedUnchanged(request, context.RequestAborted) is not { } signed)
            {
                audit.Append(new DocumentFoundChanged(request.Id, Convert.ToHexStringLower(request.SignedSha256!)));
                return ApiError.Result(409, "document_changed", "The stored document is not the one that was signed.");
            }

            audit.Append(new SignedDocumentDelivered(request.Id, agency.ClientId, Convert.ToHexStringLower(request.SignedSha256!)));
            context.Response.Headers.ContentDisposition = SafeText.Attachment(SignedName.Of(request.FileName));
            return DocumentDelivery.Of(context, signed);
        });

    public static Task<IResult> Extend(HttpContext context, AgencyToken token, CreateExtension extension) =>
        ForAgency(context, token, agency => extension.Handle(context, agency));

    public static Task<IResult> Seal(HttpContext context, AgencyToken token, CreateSeal seal) =>
        ForAgency(context, token, agency => seal.Handle(context, agency));

    internal static async Task<IResult> ForAgency(HttpContext context, AgencyToken token, Func<Agency, Task<IResult>> answer)
    {
        switch (await token.Identify(context.Request, context.RequestAborted))
        {
            case AgencyIdentified.Known known:
                return await answer(known.Agency);
            case AgencyIdentified.Refused refused:
                // RFC 6750 3, RFC 9449 7.1.
                context.Response.Headers.WWWAuthenticate =
                    $"Bearer error=\"{refused.Error}\", error_description=\"{refused.Description}\", DPoP error=\"{refused.Error}\", algs=\"{ProofOfPossession.Algorithms}\"";
                return ApiError.Result(refused.Status, refused.Error, refused.Description);
            default:
                throw new InvalidOperationException("An agency is known or refused.");
        }
    }

    private static async Task<SigningRequest?> OwnRequest(string id, Agency agency, RequestStore requests, CancellationToken cancellation) =>
        RequestId.IsOne(id) && await requests.Find(id, cancellation) is { } request && request.AgencyId == agency.ClientId && request.CeremonyId is null ? request : null;

    private static IResult NotFound() => ApiError.Result(404, "not_found", "There is no such request.");

    internal static RequestStatus Describe(SigningRequest request, DateTimeOffset now)
    {
        var state = request.StateAt(now);
        return new RequestStatus(
            request.Id, SnakeCase.Of(state), request.Level.Word(), Convert.ToHexStringLower(request.DocumentSha256), request.ExpiresAt,
            state is RequestState.Failed or RequestState.PendingTimestamp ? SnakeCase.Of(request.Failure!.Value) : null,
            request.SignedSha256 is null ? null : Convert.ToHexStringLower(request.SignedSha256),
            state == RequestState.Signed ? request.EndedAt : null);
    }
}
