using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Authority.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Requests;

/// <summary>Why a request token was refused: the first check that failed, in the order in which they are made. For the log; the public reads invalid_client.</summary>
public enum RequestTokenRefusal
{
    None,
    Missing,
    Malformed,
    WrongHeader,
    WrongSignature,
    WrongClient,
    WrongAudience,
    WrongTime,
    WrongBody,
    Replayed,
}

/// <summary>The token with which the one registered client speaks for one request: ES256, a minute at most, bound to the body, used once.</summary>
public sealed class RequestToken : IDisposable
{
    public const int MaxLength = 4 * 1024;
    public const int MaxIdentifierLength = 128;
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan AllowedSkew = TimeSpan.FromSeconds(30);
    private const string Scheme = "Bearer ";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    private readonly AuthoritySettings settings;
    private readonly IDbContextFactory<AuthorityDatabase> databases;
    private readonly TimeProvider time;
    private readonly ECDsa key;
    private readonly string? keyId;

    public RequestToken(AuthoritySettings settings, IDbContextFactory<AuthorityDatabase> databases, TimeProvider time)
    {
        (this.settings, this.databases, this.time) = (settings, databases, time);
        (key, keyId) = ReadKey(settings.ClientKey);
    }

    /// <summary><see cref="RequestTokenRefusal.None"/> when the client asks exactly this, now and for the first time.</summary>
    public async Task<RequestTokenRefusal> Verify(string? authorization, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return RequestTokenRefusal.Missing;
        var compact = authorization[Scheme.Length..];
        if (compact.Length > MaxLength || compact.Split('.') is not [var header, var payload, var signature]) return RequestTokenRefusal.Malformed;
        string id;
        DateTimeOffset expires;
        try
        {
            using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(header), Strict);
            // RFC 8725 3.1: the algorithm is the key's, not the token's choice.
            if (!IsExpected(head.RootElement)) return RequestTokenRefusal.WrongHeader;
            if (!VerifySignature($"{header}.{payload}", Base64Url.DecodeFromChars(signature))) return RequestTokenRefusal.WrongSignature;
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload), Strict);
            (var refusal, id, expires) = Judge(claims.RootElement, body);
            if (refusal != RequestTokenRefusal.None) return refusal;
        }
        catch (Exception problem) when (problem is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return RequestTokenRefusal.Malformed;
        }
        // Not above: an outage of PostgreSQL is an InvalidOperationException too, and says nothing of the token.
        return await Use(id, expires, cancellation) ? RequestTokenRefusal.None : RequestTokenRefusal.Replayed;
    }

    public void Dispose() => key.Dispose();

    private bool IsExpected(JsonElement header) =>
        header.GetProperty("alg").GetString() == "ES256"
        && (keyId is null || !header.TryGetProperty("kid", out var kid) || kid.GetString() == keyId)
        && (!header.TryGetProperty("typ", out var type) || type.GetString() is "JWT")
        && !header.TryGetProperty("crit", out _);

    private bool VerifySignature(string signed, byte[] signature)
    {
        lock (key) return key.VerifyData(Encoding.ASCII.GetBytes(signed), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private (RequestTokenRefusal Refusal, string Id, DateTimeOffset Expires) Judge(JsonElement claims, ReadOnlyMemory<byte> body)
    {
        var now = time.GetUtcNow();
        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(claims.GetProperty("iat").GetInt64(), 0, uint.MaxValue));
        var expires = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(claims.GetProperty("exp").GetInt64(), 0, uint.MaxValue));
        var id = claims.GetProperty("jti").GetString() ?? "";
        var refusal =
            claims.GetProperty("iss").GetString() != settings.ClientId || claims.GetProperty("sub").GetString() != settings.ClientId ? RequestTokenRefusal.WrongClient
            : claims.GetProperty("aud").GetString() != settings.PublicAddress.AbsoluteUri ? RequestTokenRefusal.WrongAudience
            : issuedAt > now + AllowedSkew || expires <= now - AllowedSkew || expires <= issuedAt || expires - issuedAt > MaxLifetime ? RequestTokenRefusal.WrongTime
            : !CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(claims.GetProperty("body_sha256").GetString()), SHA256.HashData(body.Span)) ? RequestTokenRefusal.WrongBody
            : id.Length is 0 or > MaxIdentifierLength ? RequestTokenRefusal.Malformed
            : RequestTokenRefusal.None;
        return (refusal, id, expires);
    }

    // Single use is the database's word: it holds between copies of this service and over a restart.
    private async Task<bool> Use(string id, DateTimeOffset expires, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        database.Add(new UsedRequestToken { Id = id, ExpiresAt = expires + AllowedSkew });
        try
        {
            await database.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateException problem) when (AuthorityDatabase.IsAlreadyThere(problem))
        {
            return false;
        }
    }

    private static (ECDsa Key, string? KeyId) ReadKey(string path)
    {
        try
        {
            using var jwk = JsonDocument.Parse(File.ReadAllBytes(path), Strict);
            var root = jwk.RootElement;
            if (root.GetProperty("kty").GetString() != "EC" || root.GetProperty("crv").GetString() != "P-256" || root.TryGetProperty("d", out _))
                throw new AuthoritySettingsException(nameof(settings.ClientKey), $"'{path}' is not the public JWK of a P-256 key.");
            var point = new ECPoint
            {
                X = Base64Url.DecodeFromChars(root.GetProperty("x").GetString()),
                Y = Base64Url.DecodeFromChars(root.GetProperty("y").GetString()),
            };
            return (ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }), root.TryGetProperty("kid", out var kid) ? kid.GetString() : null);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException
            or CryptographicException)
        {
            throw new AuthoritySettingsException(nameof(settings.ClientKey), $"'{path}' cannot be read: {problem.Message}");
        }
    }
}
