using System.Globalization;
using System.Net.Http.Headers;
using System.Numerics;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Signing.Certificates;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;

namespace Identity.Signing.Timestamps;

public abstract record TimestampAnswer
{
    private TimestampAnswer() { }

    /// <param name="Token">DER of the TimeStampToken, every check passed.</param>
    public sealed record Granted(ReadOnlyMemory<byte> Token, DateTimeOffset Time) : TimestampAnswer;

    /// <param name="Reason">TimestampUnavailable or TimestampRefused.</param>
    /// <param name="Detail">A word for the operator.</param>
    public sealed record Failed(FailureReason Reason, string Detail) : TimestampAnswer;
}

/// <summary>Asks an RFC 3161 service for a time-stamp and believes nothing of the answer that it has not checked.</summary>
public sealed class TimestampClient(HttpClient http, TrustedChain trust, SigningSettings settings, TimeProvider time)
{
    private const int NonceBytes = 16;
    private const int Tries = 2;

    /// <summary>What is kept free for a token until the first one has come: a chain of three RSA certificates fits.</summary>
    private const int FirstTokenBytes = 8 * 1024;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(500);

    /// <summary>For so long a service that has stamped counts as well without being asked.</summary>
    private static readonly TimeSpan Well = TimeSpan.FromSeconds(10);

    private volatile int lastTokenBytes;
    private long lastGranted = long.MinValue;

    /// <summary>Bytes to keep free for the next token: the size of the last one and a quarter more, never less than for a first one.</summary>
    public int ExpectedTokenBytes => Math.Max(FirstTokenBytes, lastTokenBytes + lastTokenBytes / 4);

    /// <summary>A claimed signing time that is not after the time-stamp which follows: now, in whole seconds rounded down.</summary>
    public DateTimeOffset ClaimedSigningTime() => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>A time-stamp over the SHA-256 of <paramref name="data"/>.</summary>
    public Task<TimestampAnswer> Stamp(ReadOnlyMemory<byte> data, CancellationToken cancellation) => StampDigest(SHA256.HashData(data.Span), cancellation);

    /// <summary>Whether time-stamps are to be had just now: asked before something is used up that a missing time-stamp would waste.</summary>
    public async Task<bool> IsWell(CancellationToken cancellation)
    {
        var before = Volatile.Read(ref lastGranted);
        return (before != long.MinValue && time.GetElapsedTime(before) < Well) || await Stamp(RandomNumberGenerator.GetBytes(NonceBytes), cancellation) is TimestampAnswer.Granted;
    }

    /// <summary>A time-stamp over a SHA-256 computed elsewhere. A service that does not answer is asked once more.</summary>
    public Task<TimestampAnswer> StampDigest(byte[] sha256, CancellationToken cancellation) =>
        // Positive and never 0: some services mangle the sign of a nonce.
        StampDigest(HashAlgorithmName.SHA256, sha256, new BigInteger(RandomNumberGenerator.GetBytes(NonceBytes), isUnsigned: true) + BigInteger.One, cancellation);

    /// <summary>The same for another's digest and nonce.</summary>
    public async Task<TimestampAnswer> StampDigest(HashAlgorithmName hash, byte[] digest, BigInteger nonce, CancellationToken cancellation)
    {
        var request = TimestampRequest.For(hash, digest, nonce);
        var encoded = request.Encode();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Check(request, await Post(encoded, cancellation));
            }
            catch (MalformedException e)
            {
                return new TimestampAnswer.Failed(FailureReason.TimestampRefused, "malformed: " + e.Message);
            }
            catch (Exception e) when (e is HttpRequestException || e is OperationCanceledException)
            {
                Volatile.Write(ref lastGranted, long.MinValue);
                if (attempt == Tries || cancellation.IsCancellationRequested)
                    return new TimestampAnswer.Failed(FailureReason.TimestampUnavailable, (e as HttpRequestException)?.StatusCode is { } status
                        ? "status_" + ((int)status).ToString(CultureInfo.InvariantCulture)
                        : e.GetType().Name);
            }

            await Task.Delay(BetweenTries, time, CancellationToken.None);
        }
    }

    private async Task<byte[]> Post(byte[] request, CancellationToken cancellation)
    {
        // RFC 3161 3.4
        using var content = new ByteArrayContent(request);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/timestamp-query");
        using var message = new HttpRequestMessage(HttpMethod.Post, settings.Timestamps) { Content = content };
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        if (response.Content.Headers.ContentType?.MediaType != "application/timestamp-reply")
            throw new MalformedException("the answer is not application/timestamp-reply");
        try
        {
            await response.Content.LoadIntoBufferAsync(TimestampResponse.MaxLength, cancellation);
        }
        catch (HttpRequestException) when (response.Content.Headers.ContentLength is null or > TimestampResponse.MaxLength)
        {
            throw new MalformedException($"the answer is larger than {TimestampResponse.MaxLength} bytes, or was cut off");
        }

        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    private TimestampAnswer Check(TimestampRequest request, byte[] answer)
    {
        if (TimestampResponse.Parse(answer) is not TimestampResponse.TokenGranted { Token: var token })
            return Refuse("not_granted");
        // RFC 3161 2.4.2: the answer must be to this very request.
        if (!token.Info.Imprint.SameAs(request.Imprint))
            return Refuse("other_imprint");
        if (token.Info.Nonce != request.Nonce)
            return Refuse("other_nonce");
        if (settings.TimestampPolicies.Count > 0 && !settings.TimestampPolicies.Contains(token.Info.Policy, StringComparer.Ordinal))
            return Refuse("other_policy");
        if (token.Info.HasUnknownCriticalExtension)
            return Refuse("unknown_critical_extension");
        if (CountedTimes.Authority(token) is not { } authority)
            return Refuse("no_certificate");
        var path = trust.Path(authority.Raw, token.SignedData.Certificates, token.Info.Time);
        // Octet by octet the same certificate; the key of the one in a path was opened before.
        if (token.VerifySignature(path?[0] ?? authority) != SignatureCheck.Valid)
            return Refuse("wrong_signature");
        // RFC 3161 2.3: extended key usage present, critical, and time-stamping alone.
        if (!CountedTimes.IsForTimestampsOnly(authority))
            return Refuse("not_a_timestamping_certificate");
        if (path is null)
            return Refuse("not_trusted");
        // EN 319 421 7.7.2: a clock that differs from ours is wrong, or ours is: either way nothing may be stated.
        if ((token.Info.Time - time.GetUtcNow()).Duration() > settings.ClockTolerance)
            return Refuse("far_off_time");
        lastTokenBytes = token.Raw.Length;
        Volatile.Write(ref lastGranted, time.GetTimestamp());
        return new TimestampAnswer.Granted(token.Raw, token.Info.Time);
    }

    private static TimestampAnswer.Failed Refuse(string detail) => new(FailureReason.TimestampRefused, detail);
}
