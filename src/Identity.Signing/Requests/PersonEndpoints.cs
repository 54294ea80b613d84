using Identity.Audit;
using Identity.Signing.Ceremonies;
using Identity.Signing.Documents;
using Identity.Signing.SignIn;
using Identity.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace Identity.Signing.Requests;

/// <summary>What a person's browser asks for beside the pages.</summary>
internal static class PersonEndpoints
{
    public static IResult SignIn() =>
        Results.Challenge(new AuthenticationProperties { RedirectUri = "/" }, [SignInSchemes.SignIn]);

    /// <summary>Ends the session here and at the Provider.</summary>
    public static async Task<IResult> SignOut(HttpContext context, IAntiforgery antiforgery)
    {
        // Ended meanwhile: what the person wants is so, and their page's token was of the session.
        if (SignedInPerson.Of(context.User) is null)
            return Results.Redirect("/");
        if (!await antiforgery.IsRequestValidAsync(context))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        await SignInSchemes.SignOut(context);
        return Results.Empty;
    }

    /// <summary>The document as received, for the viewer on the review page: read whole and hashed, so that a changed one is never shown.</summary>
    public static async Task<IResult> ShownDocument(string id, HttpContext context, RequestStore requests, CeremonyStore ceremonies, DocumentStore documents, AuditLog audit)
    {
        if (SignedInPerson.Of(context.User) is not { } person)
            return Results.Unauthorized();
        if (await OwnRequest(id, person, requests, context.RequestAborted) is not { } request || !await ceremonies.MayRead(request, context.RequestAborted))
            return Results.NotFound();
        if (request.DocumentsRemoved)
            return Results.StatusCode(StatusCodes.Status410Gone);
        if (await documents.OpenUnchanged(request, context.RequestAborted) is not { } bytes)
        {
            audit.Append(new DocumentFoundChanged(request.Id, Convert.ToHexStringLower(request.DocumentSha256)));
            return Results.StatusCode(StatusCodes.Status409Conflict);
        }

        await requests.MarkShown(request.Id, context.RequestAborted);
        Protect(context, request.FileName);
        return DocumentDelivery.Of(context, bytes);
    }

    public static async Task<IResult> SignedDocument(string id, HttpContext context, RequestStore requests, DocumentStore documents, AuditLog audit)
    {
        if (SignedInPerson.Of(context.User) is not { } person)
            return Results.Unauthorized();
        if (await OwnRequest(id, person, requests, context.RequestAborted) is not { State: RequestState.Signed, CeremonyId: null } request)
            return Results.NotFound();
        if (request.DocumentsRemoved)
            return Results.StatusCode(StatusCodes.Status410Gone);
        if (await documents.OpenSignedUnchanged(request, context.RequestAborted) is not { } signed)
        {
            audit.Append(new DocumentFoundChanged(request.Id, Convert.ToHexStringLower(request.SignedSha256!)));
            return Results.StatusCode(StatusCodes.Status409Conflict);
        }

        audit.Append(new SignedDocumentDelivered(request.Id, person.Subject, Convert.ToHexStringLower(request.SignedSha256!)));
        Protect(context, SignedName.Of(request.FileName));
        return DocumentDelivery.Of(context, signed);
    }

    /// <summary>A request that is bound to this person; another's is as if it were not there.</summary>
    private static async Task<SigningRequest?> OwnRequest(string id, SignedInPerson person, RequestStore requests, CancellationToken cancellation) =>
        RequestId.IsOne(id) && await requests.Find(id, cancellation) is { } request && request.PersonSubject == person.Subject ? request : null;

    // A document from a stranger: never opened inside our origin, never kept by a cache, and with no rights if it is opened all the same.
    internal static void Protect(HttpContext context, string fileName)
    {
        context.Response.Headers.ContentDisposition = SafeText.Attachment(fileName);
        context.Response.Headers.CacheControl = "no-store";
        context.ContentSecurity().Allow("sandbox", "allow-downloads");
    }
}
