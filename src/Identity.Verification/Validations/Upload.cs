using System.Text;
using Identity.Verification.PrintedCodes;
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

    /// <summary>Bytes of a password: ISO 32000-2 7.6.4.3.3 takes no more.</summary>
    public const int LongestPassword = 127;

    private Upload() { }

    /// <param name="Name">As the client named it: foreign text.</param>
    public sealed record Received(string Name, ReadOnlyMemory<byte> Document) : Upload
    {
        /// <summary>Of the field `password`; empty when there is none. Neither logged nor kept.</summary>
        public string Password { get; init; } = "";

        /// <summary>Of the field `sha256`: the code on a printed page that the document is to be compared with.</summary>
        public PrintedCode? Code { get; init; }
    }

    /// <summary>The request is not multipart/form-data, or breaks its rules.</summary>
    public sealed record NotAForm : Upload;

    /// <summary>The form has no file in the field `file`.</summary>
    public sealed record NoFile : Upload;

    public sealed record TooLarge : Upload;

    public sealed record PasswordTooLong : Upload;

    /// <summary>The service holds as many documents as it can.</summary>
    public sealed record NoRoom : Upload;

    /// <summary>Reads while streaming: a document over the cap is refused at the first byte over it, and only the fields `file`, `password` and `sha256` are kept.</summary>
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
            return await ReadParts(new MultipartReader(boundary.Value!, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 16 * 1024 }, cap, share, context);
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

    private static async Task<Upload> ReadParts(MultipartReader reader, int cap, UploadBudget.Share share, HttpContext context)
    {
        var aborted = context.RequestAborted;
        Received? document = null;
        var password = "";
        PrintedCode? code = null;
        for (var part = 0; part < OtherParts && await reader.ReadNextSectionAsync(aborted) is { } section; part++)
        {
            if (section.GetContentDispositionHeader() is not { } disposition)
                continue;
            switch (HeaderUtilities.RemoveQuotes(disposition.Name).Value)
            {
                case "file" when document is null && disposition.IsFileDisposition():
                    var read = await ReadDocument(section, NameOf(disposition), cap, share, context);
                    if (read is not Received received)
                        return read;
                    document = received;
                    break;
                case "password" when disposition.IsFormDisposition():
                    if (await ReadText(section, LongestPassword, aborted) is not { } typed)
                        return new PasswordTooLong();
                    password = typed;
                    break;
                case "sha256" when disposition.IsFormDisposition():
                    code = PrintedCode.Parse(await ReadText(section, PrintedCode.HexDigits, aborted));
                    break;
            }
        }
        return document is null ? new NoFile() : document with { Password = password, Code = code };
    }

    /// <summary>Null when it has more bytes than it may.</summary>
    private static async Task<string?> ReadText(MultipartSection section, int most, CancellationToken aborted)
    {
        var bytes = new byte[most + 1];
        var length = await section.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, aborted);
        return length > most ? null : Encoding.UTF8.GetString(bytes.AsSpan(0, length));
    }

    private static async Task<Upload> ReadDocument(MultipartSection section, string name, int cap, UploadBudget.Share share, HttpContext context) =>
        await BytesInMemory.Read(section.Body, cap, share, context.RequestAborted, context.Request.ContentLength) switch
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
