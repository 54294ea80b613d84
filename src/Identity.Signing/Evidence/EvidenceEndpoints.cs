using Identity.Audit;
using Identity.Signing.Agencies;
using Identity.Signing.Approvals;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Identity.Web;

namespace Identity.Signing.Evidence;

/// <summary>The proof of the approval with which a document was signed: for the person, and for the agency that asked.</summary>
internal static class EvidenceEndpoints
{
    public static Task<IResult> ForAgency(string id, HttpContext context, AgencyToken token, RequestStore requests, ApprovalRecords approvals, AuditLog audit, TimeProvider time) =>
        AgencyEndpoints.ForAgency(context, token, async agency =>
            RequestId.IsOne(id) && await requests.Find(id, context.RequestAborted) is { } request && request.AgencyId == agency.ClientId && request.CeremonyId is null
                ? await Answer(context, request, agency.ClientId, approvals, audit, time)
                : ApiError.Result(404, "not_found", "There is no such request."));

    public static async Task<IResult> ForPerson(string id, HttpContext context, RequestStore requests, ApprovalRecords approvals, AuditLog audit, TimeProvider time)
    {
        if (SignedInPerson.Of(context.User) is not { } person)
            return Results.Unauthorized();
        return RequestId.IsOne(id) && await requests.Find(id, context.RequestAborted) is { } request && request.PersonSubject == person.Subject
            ? await Answer(context, request, person.Subject, approvals, audit, time)
            : Results.NotFound();
    }

    private static async Task<IResult> Answer(HttpContext context, SigningRequest request, string recipient, ApprovalRecords approvals, AuditLog audit, TimeProvider time)
    {
        if (request.ApprovalId is not { } approval || await approvals.Find(approval, context.RequestAborted) is not { } found || EvidenceFile.Of(found, time.GetUtcNow()) is not { } file)
            return ApiError.Result(409, "no_evidence", "No approval has been accepted for this document.");
        audit.Append(new EvidenceDelivered(request.Id, approval, recipient));
        context.Response.Headers.ContentDisposition = SafeText.Attachment($"evidence-{approval}.json");
        context.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(file.ToBytes(), EvidenceFile.MediaType);
    }
}
