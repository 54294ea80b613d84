using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Signing.Csc;

/// <summary>A proof that was used, kept as long as it could be shown again.</summary>
public sealed class UsedProof
{
    /// <summary>SHA-256 of key and identifier, base64url.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>RFC 9449 7.1: a token that is bound to a key comes with a proof of that key, made for this request, and used once by whichever copy of the service.</summary>
internal sealed class ProofOfPossession(IDbContextFactory<SigningDatabase> databases, SigningSettings settings, TimeProvider time)
{
    public const string Header = "DPoP";

    /// <summary>RFC 9449 5.1, in which proofs are signed.</summary>
    public const string Algorithms = "ES256 PS256";
    private const int Longest = 8 * 1024;
    private const int LongestId = 256;

    // RFC 9449 4.3 (7), RFC 7518 6: members that make a key private or symmetric.
    private static readonly string[] Secrets = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(60);

    public async Task<bool> Proves(HttpRequest request, string token, string thumbprint, CancellationToken cancellation)
    {
        // RFC 9449 4.3 (1): one header.
        if (request.Headers[Header] is not [{ Length: > 0 and <= Longest } proof] || Read(proof) is not { } read)
            return false;
        if (read.Thumbprint != thumbprint || !await IsSigned(proof, read.Jwk))
            return false;
        // (8) to (12).
        var now = time.GetUtcNow();
        var address = new Uri(settings.PublicAddress, request.Path.Value!.TrimStart('/'));
        var jwt = read.Token;
        if (Claim(jwt, "htm") != request.Method
            || !Uri.TryCreate(Claim(jwt, "htu"), UriKind.Absolute, out var named) || named.UserInfo.Length > 0 || named.GetLeftPart(UriPartial.Path) != address.GetLeftPart(UriPartial.Path)
            || jwt.IssuedAt == DateTime.MinValue || jwt.IssuedAt > (now + Skew).UtcDateTime || jwt.IssuedAt < (now - LongestLife).UtcDateTime
            || Claim(jwt, "ath") != Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(token)))
            || Claim(jwt, "jti") is not { Length: > 0 and <= LongestId } id)
        {
            return false;
        }

        return await Use(Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes($"{thumbprint} {id}"))), now + LongestLife + Skew, cancellation);
    }

    private sealed record ReadProof(JsonWebToken Token, JsonWebKey Jwk, string Thumbprint);

    // RFC 9449 4.3 (2) to (5), (7). RFC 7515 4.1.11: no extension is understood.
    private static ReadProof? Read(string proof)
    {
        try
        {
            var jwt = new JsonWebToken(proof);
            using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedHeader), new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            if (jwt.IsEncrypted || header.RootElement.TryGetProperty("crit", out _) || !header.RootElement.TryGetProperty("jwk", out var member) || member.ValueKind != JsonValueKind.Object)
                return null;
            var jwk = PublicKey(new JsonWebKey(member.GetRawText()));
            var fits = (jwk.Kty, jwk.Crv, jwt.Alg) is ("EC", "P-256", SecurityAlgorithms.EcdsaSha256) || (jwk.Kty == "RSA" && jwt.Alg == SecurityAlgorithms.RsaSsaPssSha256 && jwk.KeySize is >= 2048 and <= 4096);
            return fits && !Secrets.Any(name => member.TryGetProperty(name, out _)) ? new ReadProof(jwt, jwk, Base64UrlEncoder.Encode(jwk.ComputeJwkThumbprint())) : null;
        }
        catch (Exception malformed) when (malformed is ArgumentException or JsonException or FormatException or SecurityTokenException or InvalidOperationException or CryptographicException)
        {
            return null;
        }
    }

    // What the thumbprint is of, and nothing else (RFC 7638 3.2): the library would believe a certificate in x5c before the key itself.
    private static JsonWebKey PublicKey(JsonWebKey stated) => stated.Kty == "EC"
        ? new JsonWebKey { Kty = stated.Kty, Crv = stated.Crv, X = stated.X, Y = stated.Y }
        : new JsonWebKey { Kty = stated.Kty, N = stated.N, E = stated.E };

    // (6) The lifetime of a proof is iat's.
    private static async Task<bool> IsSigned(string proof, JsonWebKey key) => (await new JsonWebTokenHandler().ValidateTokenAsync(proof, new TokenValidationParameters
    {
        ValidTypes = ["dpop+jwt"],
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256],
        IssuerSigningKey = key,
        // Nothing is kept under a name that whoever asks can choose.
        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
        TryAllIssuerSigningKeys = true,
        RequireSignedTokens = true,
        RequireExpirationTime = false,
        ValidateIssuer = false,
        ValidateAudience = false,
        ValidateLifetime = false,
    })).IsValid;

    private static string? Claim(JsonWebToken jwt, string name) => jwt.TryGetPayloadValue<string>(name, out var value) ? value : null;

    private async Task<bool> Use(string id, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        database.UsedProofs.Add(new UsedProof { Id = id, ExpiresAt = until });
        try
        {
            await database.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateException e) when (RequestStore.IsTaken(e))
        {
            return false;
        }
    }
}
