using System.Globalization;
using System.Security.Cryptography;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Ocsp;

namespace Identity.Authority.Ocsp;

/// <summary>
/// RFC 6960 over HTTP (appendix A). A serial that was never issued is unknown, one of another issuer is not answered: never good. Answers to GET without
/// nonce may be kept by caches (RFC 5019 6), though for seconds only: a revocation is seen within a minute also behind one.
/// </summary>
public sealed partial class OcspEndpoint(OcspAnswers answers, TimeProvider time, ILogger<OcspEndpoint> log)
{
    private const string RequestType = "application/ocsp-request";
    private const string ResponseType = "application/ocsp-response";
    private const int MaxBase64 = ((OcspRequest.MaxLength + 2) / 3) * 4;
    private const int MaxAgeSeconds = 30;

    public async Task<IResult> Post(HttpContext context)
    {
        if (!RequestTypes.Is(context.Request, RequestType)) return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        return await RequestBody.ReadAtMost(context.Request, OcspRequest.MaxLength, context.RequestAborted) is { } body
            ? await Answer(context, body)
            : Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
    }

    public async Task<IResult> Get(HttpContext context, string request)
    {
        // RFC 6960 A.1: base64, then percent-encoded; routing leaves an encoded slash alone.
        var base64 = request.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (base64.Length > MaxBase64) return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length)
            ? await Answer(context, bytes.AsMemory(0, length))
            : Refuse(context, OcspResponseStatus.MalformedRequest);
    }

    private async Task<IResult> Answer(HttpContext context, ReadOnlyMemory<byte> body)
    {
        try
        {
            var request = OcspRequest.Parse(body);
            // RFC 6960 2.3 and RFC 5019 2.2.3: each responder speaks for one authority only.
            if (answers.IssuerOf(request) is not { } issuer) return Refuse(context, OcspResponseStatus.Unauthorized);
            if (!issuer.Responder.MaySignAt(time.GetUtcNow()))
            {
                LogResponderExpired(issuer.Responder.Name);
                return Refuse(context, OcspResponseStatus.InternalError);
            }
            return Respond(context, await answers.Answer(request, issuer, context.RequestAborted));
        }
        catch (MalformedException)
        {
            return Refuse(context, OcspResponseStatus.MalformedRequest);
        }
        catch (Exception problem) when (AuthorityStores.Outage(problem) is not null)
        {
            LogUnavailable(problem);
            return Refuse(context, OcspResponseStatus.TryLater);
        }
    }

    private IResult Respond(HttpContext context, OcspAnswer answer)
    {
        var headers = context.Response.Headers;
        // RFC 9111 3: an answer to POST is kept by nobody; one with a nonce is of use to nobody else.
        if (!answer.MayBeKept || !HttpMethods.IsGet(context.Request.Method))
        {
            headers.CacheControl = "no-store";
            return Results.Bytes(answer.Der, ResponseType);
        }
        // RFC 5019 6.2: max-age ends before nextUpdate.
        var left = (int)Math.Clamp((answer.NextUpdate - time.GetUtcNow()).TotalSeconds - 1, 0, MaxAgeSeconds);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(answer.Der).AsSpan(0, 16))}\"";
        headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"max-age={left}, public, no-transform, must-revalidate");
        headers.ETag = tag;
        headers.Expires = answer.NextUpdate.ToString("R", CultureInfo.InvariantCulture);
        headers.LastModified = answer.ThisUpdate.ToString("R", CultureInfo.InvariantCulture);
        return context.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Contains(tag, StringComparer.Ordinal)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(answer.Der, ResponseType);
    }

    private static IResult Refuse(HttpContext context, OcspResponseStatus status)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(OcspResponse.Refusal(status), ResponseType);
    }

    [LoggerMessage(LogLevel.Error, "The certificate of the responder {Responder} is not valid now; nothing is answered")]
    private partial void LogResponderExpired(string responder);

    [LoggerMessage(LogLevel.Error, "An OCSP request could not be answered")]
    private partial void LogUnavailable(Exception problem);
}
