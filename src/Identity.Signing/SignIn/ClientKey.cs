using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Keys;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Signing.SignIn;

/// <summary>This service's own key: it says who asks, to the Provider and to the Authority.</summary>
public sealed class ClientKey
{
    public const string ClientId = "signing";
    public const string KeyName = "client-signing";

    /// <summary>Also the longest that the Authority accepts.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private readonly SigningCredentials credentials;
    private readonly TimeProvider time;

    public ClientKey(SigningKey key, TimeProvider time)
    {
        if (key.Purpose != KeyPurpose.ClientAuthentication || key.Algorithm != KeyAlgorithm.EcdsaP256)
            throw new ArgumentException($"Key '{key.Name}' is not a P-256 key for {KeyPurpose.ClientAuthentication}.", nameof(key));
        var identifier = PublicJwk.For(key.SubjectPublicKeyInfo, SecurityAlgorithms.EcdsaSha256).KeyId;
        credentials = new SigningCredentials(new ECDsaSecurityKey(key.AsEcdsa()) { KeyId = identifier }, SecurityAlgorithms.EcdsaSha256);
        this.time = time;
    }

    /// <summary>RFC 7523 3 and OpenID Connect Core 9, private_key_jwt; the audience is the issuer alone.</summary>
    public string Assertion(Uri issuer) => Sign(issuer, body: null);

    /// <summary>Speaks for one request to another service: bound to its body, so that it is of no use for another.</summary>
    public string RequestToken(Uri audience, ReadOnlySpan<byte> body) => Sign(audience, SHA256.HashData(body));

    private string Sign(Uri audience, byte[]? body)
    {
        var now = time.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Iss] = ClientId,
            [JwtRegisteredClaimNames.Sub] = ClientId,
            [JwtRegisteredClaimNames.Aud] = audience.AbsoluteUri,
            [JwtRegisteredClaimNames.Jti] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            [JwtRegisteredClaimNames.Iat] = now.ToUnixTimeSeconds(),
            [JwtRegisteredClaimNames.Exp] = (now + Lifetime).ToUnixTimeSeconds(),
        };
        if (body is not null)
            claims["body_sha256"] = Base64Url.EncodeToString(body);
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        return handler.CreateToken(new SecurityTokenDescriptor { Claims = claims, SigningCredentials = credentials });
    }
}
