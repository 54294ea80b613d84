using System.Net;
using System.Net.Http.Headers;
using Identity.Keys;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;

namespace Identity.Benchmarks;

/// <summary>A time-stamping unit in this process, with the key of DevHost's: what a time-stamp costs without network, database and audit.</summary>
internal sealed class InProcessTimestamps(SigningKey key, IReadOnlyList<Certificate> chain) : HttpMessageHandler
{
    private long serial;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = TimestampRequest.Parse(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var info = new TimestampInfo("1.3.6.1.4.1.99999.1.2", asked.Imprint, ++serial, now, new TimestampAccuracy(1, 0, 0), asked.Nonce);
        var token = TimestampTokenBuilder.Build(info, chain[0], chain, SignatureAlgorithm.EcdsaSha256);
        var content = new ByteArrayContent(TimestampResponse.Grant(token.Complete(key.SignData(SignatureScheme.EcdsaSha256, token.Bytes.Span))));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/timestamp-reply");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }
}
