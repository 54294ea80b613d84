using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Ocsp;

/// <summary>
/// RFC 6960 over HTTP (appendix A): answers from the database for the issuing authorities' certificates, signed by the responder that the authority has delegated. A serial that
/// was never issued is unknown, one of another issuer is not answered: never good.
/// </summary>
public sealed partial class OcspEndpoint(IDbContextFactory<AuthorityDatabase> databases, AuthorityKeys keys, AuthoritySettings settings, TimeProvider time, ILogger<OcspEndpoint> log)
{
    private const string RequestType = "application/ocsp-request";
    private const string ResponseType = "application/ocsp-response";
    private const int MaxBase64 = ((OcspRequest.MaxLength + 2) / 3) * 4;

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
            : Respond(context, OcspResponse.Refusal(OcspResponseStatus.MalformedRequest));
    }

    private async Task<IResult> Answer(HttpContext context, ReadOnlyMemory<byte> body)
    {
        OcspRequest request;
        try
        {
            request = OcspRequest.Parse(body);
        }
        catch (MalformedException)
        {
            return Respond(context, OcspResponse.Refusal(OcspResponseStatus.MalformedRequest));
        }
        try
        {
            return Respond(context, await Decide(request, context.RequestAborted));
        }
        catch (Exception problem) when (StoreFailures.StoreOf(problem) is not null || problem is KeyUnavailableException)
        {
            LogUnavailable(problem);
            return Respond(context, OcspResponse.Refusal(OcspResponseStatus.TryLater));
        }
    }

    private async Task<byte[]> Decide(OcspRequest request, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // RFC 6960 2.3 and RFC 5019 2.2.3: each responder speaks for one authority only.
        if (request.Certificates.Select(IssuerOf).FirstOrDefault(i => i is not null) is not { } issuer) return OcspResponse.Refusal(OcspResponseStatus.Unauthorized);
        var responder = issuer.Responder;
        if (!responder.MaySignAt(now))
        {
            LogResponderExpired();
            return OcspResponse.Refusal(OcspResponseStatus.InternalError);
        }
        var answers = new List<SingleOcspResponse>();
        foreach (var id in request.Certificates)
        {
            answers.Add(new SingleOcspResponse(id, await StatusOf(id, issuer.Key, cancellation), now, now + settings.OcspValidity)
            {
                // RFC 6960 4.4.4: status is kept for as long as the authority exists.
                ArchiveCutoff = issuer.Key.Certificate.NotBefore,
            });
        }
        return responder.Sign(OcspResponseBuilder.Build(new OcspResponseContent(responder.Certificate, now, answers, request.Nonce), responder.Algorithm));
    }

    private Issuer? IssuerOf(CertificateId id) => keys.Issuers.FirstOrDefault(i => id.IsIssuedBy(i.Key.Certificate));

    private async Task<CertificateStatus> StatusOf(CertificateId id, CertifiedKey authority, CancellationToken cancellation)
    {
        if (!id.IsIssuedBy(authority.Certificate)) return new CertificateStatus.Unknown();
        var (issuer, serial) = (authority.Name, SerialNumbers.ToHex(id.SerialNumber));
        await using var database = await databases.CreateDbContextAsync(cancellation);
        // Revoked first: what was only intended may have been signed, and can be revoked.
        if (await database.Revocations.AsNoTracking().FirstOrDefaultAsync(r => r.Issuer == issuer && r.Serial == serial, cancellation) is { } revoked)
            return new CertificateStatus.Revoked(revoked.RevokedAt, revoked.Reason);
        return await database.Certificates.AnyAsync(c => c.Issuer == issuer && c.Serial == serial && c.State == CertificateState.Issued, cancellation)
            ? new CertificateStatus.Good()
            : new CertificateStatus.Unknown();
    }

    private static IResult Respond(HttpContext context, byte[] response)
    {
        // A cache would keep "good" alive after a revocation; what it saves is not worth that.
        context.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(response, ResponseType);
    }

    [LoggerMessage(LogLevel.Error, "The responder's certificate is not valid now; nothing is answered")]
    private partial void LogResponderExpired();

    [LoggerMessage(LogLevel.Error, "An OCSP request could not be answered")]
    private partial void LogUnavailable(Exception problem);
}
