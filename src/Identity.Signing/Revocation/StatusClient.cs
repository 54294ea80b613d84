using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;

namespace Identity.Signing.Revocation;

/// <summary>What came of asking one address.</summary>
public abstract record StatusAnswer
{
    private StatusAnswer() { }

    /// <param name="Encoded">DER of the whole OCSPResponse, as a document keeps it.</param>
    public sealed record Ocsp(ReadOnlyMemory<byte> Encoded, BasicOcspResponse Response) : StatusAnswer;

    public sealed record List(CertificateRevocationList Value) : StatusAnswer;

    /// <summary>May be better later.</summary>
    public sealed record Unavailable(string Detail) : StatusAnswer;

    /// <summary>An answer that cannot be used, however often it is asked for.</summary>
    public sealed record Refused(string Detail) : StatusAnswer;
}

/// <summary>Asks OCSP responders and fetches CRLs, from configured addresses only: the caller has looked into <see cref="StatusSources"/>.</summary>
public sealed class StatusClient(HttpClient http)
{
    /// <summary>Bytes of a CRL. It goes into each signed document, so larger ones are a mistake of their issuer.</summary>
    public const int LargestList = 4 * 1024 * 1024;

    private const int NonceBytes = 16;

    public async Task<StatusAnswer> Ask(Uri address, Certificate certificate, Certificate issuer, CancellationToken cancellation)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        // RFC 6960 A.1
        using var content = new ByteArrayContent(new OcspRequest([CertificateId.For(issuer, certificate.SerialNumber)], nonce).Encode());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        return await Send(message, OcspResponse.MaxLength, body =>
        {
            var response = OcspResponse.Parse(body);
            // RFC 6960 2.3: tryLater and internalError are the responder's own trouble.
            if (response.Basic is not { } basic)
                return response.Status is OcspResponseStatus.TryLater or OcspResponseStatus.InternalError
                    ? new StatusAnswer.Unavailable("ocsp_not_now") : new StatusAnswer.Refused("ocsp_not_answered");
            // RFC 9654 2.1: a responder that echoes no nonce may answer from its store; one that echoes another answered somebody else.
            return basic.Nonce is { } echoed && !echoed.Span.SequenceEqual(nonce) ? new StatusAnswer.Refused("ocsp_other_nonce") : new StatusAnswer.Ocsp(body, basic);
        }, cancellation);
    }

    public async Task<StatusAnswer> Fetch(Uri address, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        return await Send(message, LargestList, body => new StatusAnswer.List(CertificateRevocationList.Parse(body)), cancellation);
    }

    private async Task<StatusAnswer> Send(HttpRequestMessage message, int cap, Func<byte[], StatusAnswer> read, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.StatusCode != System.Net.HttpStatusCode.OK)
                return new StatusAnswer.Unavailable("status_" + ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
            if (response.Content.Headers.ContentLength > cap)
                return new StatusAnswer.Refused("answer_too_large");
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            using var collected = new MemoryStream();
            var buffer = new byte[16 * 1024];
            for (int length; (length = await body.ReadAsync(buffer, cancellation)) > 0;)
            {
                if (collected.Length + length > cap)
                    return new StatusAnswer.Refused("answer_too_large");
                collected.Write(buffer, 0, length);
            }

            return read(collected.ToArray());
        }
        catch (MalformedException)
        {
            return new StatusAnswer.Refused("answer_malformed");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is OperationCanceledException)
        {
            return new StatusAnswer.Unavailable("no_answer");
        }
    }
}
