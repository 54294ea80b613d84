using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Pkix.Asn1;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Csc;

/// <summary>signatures/timestamp (CSC API v2 11.13): a token of the time-stamping service that this service uses itself, checked as it checks its own.</summary>
internal sealed class TimestampCall(TimestampClient timestamps)
{
    /// <summary>Hexadecimal digits: 256 bits.</summary>
    private const int LongestNonce = 64;
    private const int LongestHash = 128;
    private const int NonceBytes = 16;

    public async Task<JsonObject> Run(CscBody body, CancellationToken cancellation)
    {
        var text = body.Required("hash", LongestHash);
        if (text.Length == 0)
            throw new CscRefusedException(CscError.InvalidRequest("Empty hash parameter"));
        var hash = CscBody.Base64(text) ?? throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 hash string parameter"));
        var algorithm = Digests.FromOid(body.Required("hashAlgo", 64)) is { Name: "SHA256" or "SHA384" or "SHA512" } known ? known : throw new CscRefusedException(CscError.Invalid("hashAlgo"));
        if (hash.Length != Digests.Length(algorithm))
            throw new CscRefusedException(CscError.InvalidRequest("Invalid digest value length"));
        return await timestamps.StampDigest(algorithm, hash, Nonce(body), cancellation) is TimestampAnswer.Granted granted
            ? new JsonObject { ["timestamp"] = Convert.ToBase64String(granted.Token.Span) }
            : throw new CscRefusedException(CscError.Unavailable);
    }

    // Without one of the caller's, one of ours: the answer must be to this very request.
    private static BigInteger Nonce(CscBody body)
    {
        if (body.Text("nonce", LongestNonce) is not { } text)
            return new BigInteger(RandomNumberGenerator.GetBytes(NonceBytes), isUnsigned: true) + BigInteger.One;
        return text.Length > 0 && text.All(char.IsAsciiHexDigit)
            ? BigInteger.Parse("0" + text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw new CscRefusedException(CscError.Invalid("nonce"));
    }
}
