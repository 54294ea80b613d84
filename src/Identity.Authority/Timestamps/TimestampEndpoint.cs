using System.Security.Cryptography;
using Identity.Audit;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;

namespace Identity.Authority.Timestamps;

/// <summary>RFC 3161 over HTTP (3.4): stamps digests by SHA-256, SHA-384 and SHA-512 with a time that something vouches for.</summary>
public sealed partial class TimestampEndpoint(AuthorityKeys keys, TimestampSerials serials, TrustedClock clock, AuthoritySettings settings, AuditLog audit, ILogger<TimestampEndpoint> log)
{
    private const string RequestType = "application/timestamp-query";
    private const string ResponseType = "application/timestamp-reply";

    public async Task<IResult> Post(HttpContext context)
    {
        if (!RequestTypes.Is(context.Request, RequestType)) return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        if (await RequestBody.ReadAtMost(context.Request, TimestampRequest.MaxLength, context.RequestAborted) is not { } body)
            return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
        try
        {
            return Results.Bytes(await Decide(body, context.RequestAborted), ResponseType);
        }
        catch (Exception problem) when (AuthorityStores.Outage(problem) is not null)
        {
            LogUnavailable(problem);
            return Results.Bytes(TimestampResponse.Refuse(TimestampFailures.SystemFailure, "Try again later."), ResponseType);
        }
    }

    private async Task<byte[]> Decide(byte[] body, CancellationToken cancellation)
    {
        TimestampRequest request;
        try
        {
            request = TimestampRequest.Parse(body);
        }
        catch (MalformedException)
        {
            return TimestampResponse.Refuse(TimestampFailures.BadDataFormat, "The request is not a TimeStampReq.");
        }
        // RFC 3161 2.1 (8) and TS 119 312: digests that are no longer collision-resistant are not stamped.
        if (Digests.FromOid(request.Imprint.HashAlgorithm.Oid) is not { } hash
            || (hash != HashAlgorithmName.SHA256 && hash != HashAlgorithmName.SHA384 && hash != HashAlgorithmName.SHA512))
            return TimestampResponse.Refuse(TimestampFailures.BadAlgorithm, "The hash algorithm is not accepted.");
        if (!request.Imprint.IsWellFormed) return TimestampResponse.Refuse(TimestampFailures.BadDataFormat, "The imprint has not the form of its algorithm.");
        if (request.Policy is { } policy && policy != settings.TimestampPolicy) return TimestampResponse.Refuse(TimestampFailures.UnacceptedPolicy, "The policy is not one of this service.");
        if (request.Extensions.Count > 0) return TimestampResponse.Refuse(TimestampFailures.UnacceptedExtension, "The extension is not one of this service.");
        return await Stamp(request, cancellation);
    }

    private async Task<byte[]> Stamp(TimestampRequest request, CancellationToken cancellation)
    {
        var unit = keys.Timestamps;
        var serial = await serials.Next(cancellation);
        // After all that can wait: the time in the token is that of the signature. RFC 3161 2.4.2, timeNotAvailable: none rather than a doubtful one.
        if (await clock.Now(cancellation) is not { } now) return TimestampResponse.Refuse(TimestampFailures.TimeNotAvailable, "The time is not known well enough.");
        if (!unit.MaySignAt(now))
        {
            LogUnitExpired();
            return TimestampResponse.Refuse(TimestampFailures.SystemFailure, "The service does not stamp now.");
        }
        var info = new TimestampInfo(settings.TimestampPolicy, request.Imprint, serial, now, new TimestampAccuracy(settings.TimestampAccuracySeconds, 0, 0), request.Nonce);
        // RFC 3161 2.4.1, certReq: the certificate only when asked for; its issuers with it, so that the chain can be built for as long as the token lives.
        IReadOnlyList<Certificate> enclosed = request.CertificateRequested ? [unit.Certificate, .. keys.Above(unit.Certificate)] : [];
        var operation = audit.Begin(new TimestampIssue(serial.ToString(System.Globalization.CultureInfo.InvariantCulture), Convert.ToHexStringLower(request.Imprint.Digest.Span)));
        try
        {
            var token = unit.Sign(TimestampTokenBuilder.Build(info, unit.Certificate, enclosed, unit.Algorithm));
            operation.Complete(AuditOutcome.Succeeded);
            return TimestampResponse.Grant(token);
        }
        catch (KeyUnavailableException)
        {
            operation.Complete(AuditOutcome.Failed, "key_unavailable");
            throw;
        }
    }

    [LoggerMessage(LogLevel.Error, "The time-stamping unit may not sign now; nothing is stamped")]
    private partial void LogUnitExpired();

    [LoggerMessage(LogLevel.Error, "A time-stamp could not be made")]
    private partial void LogUnavailable(Exception problem);
}
