using System.Net.Http.Headers;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Policy;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>
/// Asks the sources that a certificate names, as far as the operator allows them: OCSP first, then the CRL. No redirect is followed, an
/// answer is cut at its cap, and nothing takes longer than <see cref="RequestTime"/>. What comes is evidence, judged like embedded evidence.
/// </summary>
public sealed class OnlineRevocation : IDisposable
{
    public static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(3);

    private const int NonceBytes = 16;
    private readonly HttpClient? client;
    private readonly AllowedRevocationSources allowed;

    public OnlineRevocation(AllowedRevocationSources allowed, HttpMessageHandler handler)
    {
        this.allowed = allowed;
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private OnlineRevocation() => allowed = AllowedRevocationSources.None;

    /// <summary>Never asks anybody.</summary>
    public static OnlineRevocation Offline { get; } = new();

    public static SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = RequestTime,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    public void Dispose() => client?.Dispose();

    /// <summary>A validation's allowance of requests.</summary>
    public Session Begin(RevocationEvidence evidence) => new(this, evidence);

    public sealed class Session(OnlineRevocation online, RevocationEvidence evidence)
    {
        private readonly HashSet<string> asked = [];

        /// <summary>Fetches evidence for one certificate into the validation's evidence; says what stood in the way.</summary>
        public async Task<IReadOnlyList<ValidationMessage>> Fetch(Certificate certificate, Certificate issuer, CancellationToken cancellation)
        {
            var name = PathValidation.Name(certificate);
            if (online.client is null)
                return [ValidationMessage.Warning("revocation-offline", name)];
            var obstacles = new List<ValidationMessage>();
            foreach (var address in certificate.Facts.OcspUris)
            {
                if (await Try(address, obstacles, uri => online.AskOcsp(uri, certificate, issuer, evidence, cancellation)))
                    return obstacles;
            }
            foreach (var address in certificate.Facts.CrlDistributionPoints.SelectMany(point => point.Uris))
            {
                if (await Try(address, obstacles, uri => online.GetCrl(uri, evidence, cancellation)))
                    return obstacles;
            }
            return obstacles.Count > 0 ? obstacles : [ValidationMessage.Warning("no-revocation-source", name)];

            async Task<bool> Try(string text, List<ValidationMessage> problems, Func<Uri, Task<bool>> fetch)
            {
                if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || !online.allowed.Allows(address))
                {
                    problems.Add(ValidationMessage.Warning("revocation-source-not-allowed", name, text));
                    return false;
                }
                if (asked.Count >= ValidationCaps.FetchedSources)
                {
                    problems.Add(ValidationMessage.Warning("revocation-too-many-sources", name));
                    return false;
                }
                // The same list serves several certificates; the same question is not asked twice.
                if (!asked.Add(address.AbsoluteUri + "\n" + certificate.SerialHex))
                    return false;
                if (await fetch(address))
                    return true;
                problems.Add(ValidationMessage.Warning("revocation-source-failed", name, address.AbsoluteUri));
                return false;
            }
        }
    }

    private async Task<bool> AskOcsp(Uri address, Certificate certificate, Certificate issuer, RevocationEvidence evidence, CancellationToken cancellation)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        var request = new OcspRequest([CertificateId.For(issuer, certificate.SerialNumber)], nonce);
        using var content = new ByteArrayContent(request.Encode());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        if (await Send(message, ValidationCaps.FetchedOcspBytes, cancellation) is not { } answer)
            return false;
        try
        {
            // RFC 9654 2.1: a responder that echoes no nonce may answer from its store; one that echoes another answered somebody else.
            if (OcspResponse.Parse(answer).Basic is not { } basic || (basic.Nonce is { } echoed && !echoed.Span.SequenceEqual(nonce)))
                return false;
        }
        catch (MalformedException)
        {
            return false;
        }
        return evidence.AddOcsp(answer, RevocationOrigin.Fetched, address.AbsoluteUri);
    }

    private async Task<bool> GetCrl(Uri address, RevocationEvidence evidence, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        return await Send(message, ValidationCaps.FetchedCrlBytes, cancellation) is { } answer && evidence.AddCrl(answer, RevocationOrigin.Fetched, address.AbsoluteUri);
    }

    private async Task<byte[]?> Send(HttpRequestMessage message, int cap, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(RequestTime);
        try
        {
            using var response = await client!.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode != System.Net.HttpStatusCode.OK || response.Content.Headers.ContentLength > cap)
                return null;
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            using var collected = new MemoryStream();
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await body.ReadAsync(buffer, limit.Token)) > 0)
            {
                if (collected.Length + read > cap)
                    return null;
                collected.Write(buffer, 0, read);
            }
            return collected.ToArray();
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // A source that does not answer is an expected outcome: the caller names it, and other sources are tried.
            return null;
        }
    }
}
