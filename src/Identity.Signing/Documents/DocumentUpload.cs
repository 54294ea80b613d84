using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Identity.Signing.Documents;

/// <summary>What a multipart upload held.</summary>
public abstract record UploadRead
{
    private UploadRead() { }

    /// <param name="Documents">At least one, in the order in which they came.</param>
    public sealed record Complete(IReadOnlyDictionary<string, string> Fields, IReadOnlyList<UploadedDocument> Documents) : UploadRead
    {
        public DocumentReceived.Staged Document => Documents[0].Staged;

        public string FileName => Documents[0].FileName;
    }

    /// <summary>Nothing is left of the document.</summary>
    public sealed record Refused(UploadRefusal Reason) : UploadRead;
}

/// <summary>A document in the staging folder, and the name it came under.</summary>
public sealed record UploadedDocument(DocumentReceived.Staged Staged, string FileName);

public enum UploadRefusal
{
    /// <summary>Not multipart/form-data, or not as RFC 7578 has it.</summary>
    Malformed,
    TooLarge,
    Empty,
    DocumentMissing,
    TooMany,

    /// <summary>Slower than <see cref="TransferPace"/> has patience for.</summary>
    TooSlow,

    /// <summary>Who sends it has many others under way; nothing was read.</summary>
    Busy,

    /// <summary>Stopped by the caller before the document was read.</summary>
    Forbidden,
}

/// <summary>Reads multipart/form-data (RFC 7578) whose files go to the store while they arrive; nothing else is buffered.</summary>
internal static class DocumentUpload
{
    public const string DocumentField = "document";
    public const int MaxFields = 8;
    public const int MaxFieldBytes = 8 * 1024;

    /// <summary>Room for part headers and fields beside the document.</summary>
    private const long OverheadBytes = 1024 * 1024;

    /// <summary>The slowest pace at which the largest document may come, in bytes a second.</summary>
    private const int SlowestOfLargest = 128 * 1024;

    private const string RetrySeconds = "5";

    /// <summary>Uploads that are being received, of all and of one agency or person: what comes is on disk until it is whole.</summary>
    public const int AtOnce = 256;
    public const int AtOnceOfOne = 32;

    /// <param name="context">The request; its body is read here.</param>
    /// <param name="store">Takes the document.</param>
    /// <param name="cap">Most bytes of all documents together.</param>
    /// <param name="sender">The agency or person.</param>
    /// <param name="mayBegin">Asked with the fields before the document, right before its first byte is read.</param>
    /// <param name="most">Most documents.</param>
    public static async Task<UploadRead> Read(
        HttpContext context, DocumentStore store, long cap, string sender, Func<IReadOnlyDictionary<string, string>, Task<bool>> mayBegin, int most = 1)
    {
        using var place = store.Uploads.Enter(sender);
        if (place is null)
        {
            context.Response.Headers.RetryAfter = RetrySeconds;
            return new UploadRead.Refused(UploadRefusal.Busy);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = cap + OverheadBytes;
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 70 } boundary)
            return new UploadRead.Refused(UploadRefusal.Malformed);

        using var pace = new TransferPace(store.Time, TransferPace.ToBegin + TimeSpan.FromSeconds(cap / SlowestOfLargest), context.RequestAborted);
        await using var body = new PacedBody(context.Request.Body, pace);
        var reader = new MultipartReader(boundary.Value!, body) { BodyLengthLimit = null, HeadersCountLimit = 8, HeadersLengthLimit = 4096 };
        var parts = new Parts(store, mayBegin, most, cap);
        var refusal = UploadRefusal.Malformed;
        try
        {
            if (await parts.ReadAll(reader, pace.Token) is not { } stopped)
                return new UploadRead.Complete(parts.Fields, parts.Documents);
            refusal = stopped;
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            refusal = UploadRefusal.TooLarge;
        }
        catch (OperationCanceledException) when (pace.IsTooSlow)
        {
            refusal = UploadRefusal.TooSlow;
            // What is still to come is waited for no longer either.
            context.Response.Headers.Connection = "close";
        }
        catch (Exception e) when (e is InvalidDataException or DecoderFallbackException or BadHttpRequestException || (e is IOException && !context.RequestAborted.IsCancellationRequested))
        {
            // Parts that do not end, headers without end, text that is not UTF-8: the sender's mistake, not ours.
        }
        catch
        {
            parts.Discard();
            throw;
        }

        parts.Discard();
        // What is still to come is thrown away by the server, up to the limit set above, so that a sender slightly over the cap
        // reads the answer; beyond that the connection ends.
        return new UploadRead.Refused(refusal);
    }

    private sealed class Parts(DocumentStore store, Func<IReadOnlyDictionary<string, string>, Task<bool>> mayBegin, int most, long cap)
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        private readonly Dictionary<string, string> fields = new(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, string> Fields => fields;

        private readonly List<UploadedDocument> documents = [];

        public IReadOnlyList<UploadedDocument> Documents => documents;

        /// <summary>Null when all is well.</summary>
        public async Task<UploadRefusal?> ReadAll(MultipartReader reader, CancellationToken cancellation)
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
                    return UploadRefusal.Malformed;
                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                var refusal = name == DocumentField
                    ? await ReadDocument(section, disposition, cancellation)
                    : await ReadField(name, section, cancellation);
                if (refusal is not null)
                    return refusal;
            }

            return documents.Count == 0 ? UploadRefusal.DocumentMissing : null;
        }

        public void Discard()
        {
            documents.ForEach(document => store.Discard(document.Staged));
        }

        private async Task<UploadRefusal?> ReadDocument(MultipartSection section, ContentDispositionHeaderValue disposition, CancellationToken cancellation)
        {
            if (documents.Count == most)
                return most == 1 ? UploadRefusal.Malformed : UploadRefusal.TooMany;
            if (documents.Count == 0 && !await mayBegin(fields))
                return UploadRefusal.Forbidden;
            // RFC 7578 4.2: filename* is not for multipart/form-data; browsers send UTF-8 in filename.
            var fileName = HeaderUtilities.UnescapeAsQuotedString(disposition.FileName).ToString();
            switch (await store.Receive(section.Body, cancellation))
            {
                case DocumentReceived.Staged staged:
                    documents.Add(new UploadedDocument(staged, fileName));
                    return documents.Sum(document => document.Staged.Length) > cap ? UploadRefusal.TooLarge : null;
                case DocumentReceived.TooLarge:
                    return UploadRefusal.TooLarge;
                case DocumentReceived.Empty when fileName.Length == 0:
                    return UploadRefusal.DocumentMissing;
                default:
                    return UploadRefusal.Empty;
            }
        }

        private async Task<UploadRefusal?> ReadField(string name, MultipartSection section, CancellationToken cancellation)
        {
            var bytes = new byte[MaxFieldBytes + 1];
            var length = await section.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            if (length > MaxFieldBytes || fields.Count == MaxFields)
                return UploadRefusal.Malformed;
            return fields.TryAdd(name, Strict.GetString(bytes, 0, length)) ? null : UploadRefusal.Malformed;
        }
    }
}
