using System.IO.Compression;
using Identity.Audit;
using Identity.Pdf.Structure;
using Identity.Signing.Documents;
using Identity.Web;
using Microsoft.AspNetCore.Http.Features;

namespace Identity.Signing.Requests;

/// <summary>The signed documents of a batch as one ZIP file, read and checked one after another while it is sent.</summary>
internal sealed class SignedBatch(DocumentStore documents, AuditLog audit)
{
    public IResult Answer(HttpContext context, Batch batch, string recipient)
    {
        var signed = batch.Documents.Where(document => document is { State: RequestState.Signed, DocumentsRemoved: false }).ToList();
        if (signed.Count == 0)
            return ApiError.Result(409, "not_signed", "No document of this batch is signed and still here.");
        context.Response.Headers.ContentDisposition = SafeText.Attachment("signed.zip");
        context.Response.Headers.CacheControl = "no-store";
        // The framework's archive writes its directory without waiting for the network.
        if (context.Features.Get<IHttpBodyControlFeature>() is { } body)
            body.AllowSynchronousIO = true;
        return Results.Stream(stream => Write(stream, signed, recipient, context.RequestAborted), "application/zip");
    }

    private async Task Write(Stream body, IReadOnlyList<SigningRequest> signed, string recipient, CancellationToken cancellation)
    {
        await using var archive = await ZipArchive.CreateAsync(body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        foreach (var request in signed)
        {
            using var document = await documents.OpenSignedUnchanged(request, cancellation);
            if (document is null)
            {
                audit.Append(new DocumentFoundChanged(request.Id, Convert.ToHexStringLower(request.SignedSha256!)));
                // The answer has begun: the file says so in the place of the document.
                await Add(archive, $"{request.BatchPosition + 1:000}-changed.txt", "The stored document is not the one that was signed."u8.ToArray(), cancellation);
                continue;
            }

            audit.Append(new SignedDocumentDelivered(request.Id, recipient, Convert.ToHexStringLower(request.SignedSha256!)));
            // Numbered: several may have one name.
            await Add(archive, $"{request.BatchPosition + 1:000}-{SignedName.Of(request.FileName)}", document, cancellation);
        }
    }

    // PDF files hold compressed data.
    private static async Task Add(ZipArchive archive, string name, DocumentBytes content, CancellationToken cancellation)
    {
        await using var stream = await archive.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellation);
        await content.CopyToAsync(stream, cancellation);
    }
}
