using Identity.Signing.Agencies;
using Identity.Signing.SignIn;

namespace Identity.Signing.Requests;

/// <summary>The answer to GET /batches/{id}; the documents in the order in which they were posted.</summary>
public sealed record BatchStatus(string Id, string Status, DateTimeOffset Expires, IReadOnlyList<RequestStatus> Documents);

/// <summary>What an agency's program, and a person's browser beside the pages, may ask of a batch of their own.</summary>
internal static class BatchEndpoints
{
    public static Task<IResult> Create(HttpContext context, AgencyToken token, CreateBatch create) =>
        AgencyEndpoints.ForAgency(context, token, agency => create.Handle(context, agency));

    public static Task<IResult> Status(string id, HttpContext context, AgencyToken token, BatchStore batches, TimeProvider time) =>
        AgencyEndpoints.ForAgency(context, token, async agency => await OfAgency(id, agency, batches, context.RequestAborted) is { } batch
            ? Results.Json(new BatchStatus(
                batch.Id, SnakeCase.Of(batch.State(time.GetUtcNow())), batch.First.ExpiresAt, [.. batch.Documents.Select(document => AgencyEndpoints.Describe(document, time.GetUtcNow()))]))
            : NotFound());

    /// <summary>All that are signed, in one file.</summary>
    public static Task<IResult> SignedForAgency(string id, HttpContext context, AgencyToken token, BatchStore batches, SignedBatch signed) =>
        AgencyEndpoints.ForAgency(context, token, async agency => await OfAgency(id, agency, batches, context.RequestAborted) is { } batch
            ? signed.Answer(context, batch, agency.ClientId)
            : NotFound());

    /// <summary>The same for the person.</summary>
    public static async Task<IResult> SignedForPerson(string id, HttpContext context, BatchStore batches, SignedBatch signed)
    {
        if (SignedInPerson.Of(context.User) is not { } person)
            return Results.Unauthorized();
        if (!RequestId.IsOne(id) || await batches.Find(id, context.RequestAborted) is not { } batch || batch.First.PersonSubject != person.Subject)
            return Results.NotFound();
        return signed.Answer(context, batch, person.Subject);
    }

    private static async Task<Batch?> OfAgency(string id, Agency agency, BatchStore batches, CancellationToken cancellation) =>
        RequestId.IsOne(id) && await batches.Find(id, cancellation) is { } batch && batch.First.AgencyId == agency.ClientId ? batch : null;

    private static IResult NotFound() => ApiError.Result(404, "not_found", "There is no such batch.");
}
