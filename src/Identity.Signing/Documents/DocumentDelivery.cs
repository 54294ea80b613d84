using Identity.Pdf.Structure;

namespace Identity.Signing.Documents;

/// <summary>Sends a document from the store, in pieces, through the handle through which it was checked.</summary>
internal static class DocumentDelivery
{
    /// <summary>Closes the document once it is sent, or was not.</summary>
    public static IResult Of(HttpContext context, DocumentBytes document)
    {
        context.Response.RegisterForDispose(document);
        context.Response.ContentLength = document.Length;
        return Results.Stream(body => document.CopyToAsync(body, context.RequestAborted), "application/pdf");
    }
}
