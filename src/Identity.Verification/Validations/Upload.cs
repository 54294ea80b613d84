using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Identity.Verification.Validations;

/// <summary>A document as it came in a multipart form, or why it did not.</summary>
public abstract record Upload
{
    /// <summary>Bytes of everything around the document: headers of parts, other fields.</summary>
    private const int Overhead = 64 * 1024;

    private const int OtherParts = 16;

    private Upload() { }

    /// <param name="Name">As the client named it: foreign text.</param>
    public sealed record Received(string Name, ReadOnlyMemory<byte> Document) : Upload;

    /// <summary>The request is not multipart/form-data, or breaks its rules.</summary>
    public sealed record NotAForm : Upload;

    /// <summary>The form has no file in the field `file`.</summary>
    public sealed record NoFile : Upload;

    public sealed record TooLarge : Upload;

    /// <summary>The service holds as many documents as it can.</summary>
    public sealed record NoRoom : Upload;

    /// <summary>Reads while streaming: a document over the cap is refused at the first byte over it, and only the field `file` is kept.</summary>
    public static async Task<Upload> Read(HttpContext context, int cap, UploadBudget.Share share)
    {
        var request = context.Request;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = (long)cap + Overhead;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 200 } boundary)
            return new NotAForm();
        if (request.ContentLength > (long)cap + Overhead)
            return new TooLarge();
        try
        {
            var reader = new MultipartReader(boundary.Value!, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 16 * 1024 };
            for (var part = 0; part < OtherParts && await reader.ReadNextSectionAsync(context.RequestAborted) is { } section; part++)
            {
                if (section.GetContentDispositionHeader() is { } disposition && HeaderUtilities.RemoveQuotes(disposition.Name) == "file" && disposition.IsFileDisposition())
                    return await ReadDocument(section, NameOf(disposition), cap, share, context.RequestAborted);
            }
            return new NoFile();
        }
        catch (BadHttpRequestException problem) when (problem.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return new TooLarge();
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException && !context.RequestAborted.IsCancellationRequested)
        {
            return new NotAForm();
        }
    }

    private static async Task<Upload> ReadDocument(MultipartSection section, string name, int cap, UploadBudget.Share share, CancellationToken aborted) =>
        await BytesInMemory.Read(section.Body, cap, share, aborted) switch
        {
            BytesInMemory.All all => new Received(name, all.Bytes),
            BytesInMemory.TooMany => new TooLarge(),
            _ => new NoRoom(),
        };

    private static string NameOf(ContentDispositionHeaderValue disposition)
    {
        var name = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName);
        return name is { Length: > 0 } given ? given.Value! : "document.pdf";
    }
}
