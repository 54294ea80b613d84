using Identity.Keys;
using Identity.Signing.Ceremonies;
using Identity.Signing.Requests;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Signing.Webhooks;

/// <summary>
/// Signs what agencies are told: security event tokens (RFC 8417), which any JWT library verifies with the key published at <see cref="Path"/>. So
/// there is no secret to share, and whoever finds the address can forge nothing.
/// </summary>
public sealed class EventKey
{
    public const string KeyName = "event-signing";
    public const string Path = "/.well-known/jwks.json";

    // RFC 8417 2.3.
    private const string TokenType = "secevent+jwt";

    private readonly SigningCredentials credentials;
    private readonly SigningSettings settings;

    public EventKey(SigningKey key, SigningSettings settings)
    {
        if (key.Purpose != KeyPurpose.TokenSigning || key.Algorithm != KeyAlgorithm.EcdsaP256)
            throw new ArgumentException($"Key '{key.Name}' is not a P-256 key for {KeyPurpose.TokenSigning}.", nameof(key));
        var jwk = PublicJwk.For(key.SubjectPublicKeyInfo, SecurityAlgorithms.EcdsaSha256);
        JwkSet = $"{{\"keys\":[{jwk.Json}]}}";
        credentials = new SigningCredentials(new ECDsaSecurityKey(key.AsEcdsa()) { KeyId = jwk.KeyId }, SecurityAlgorithms.EcdsaSha256);
        this.settings = settings;
    }

    /// <summary>RFC 7517 5.</summary>
    public string JwkSet { get; }

    /// <summary>
    /// RFC 8417 2.2: who says it, to whom, when, one event, and an identifier that stays the same however often it is sent. Names nobody: the agency
    /// asks with its own token for what it may know.
    /// </summary>
    internal string Sign(CeremonyEvent told, string agency, DateTimeOffset now)
    {
        var about = new Dictionary<string, object> { ["ceremony"] = told.CeremonyId, ["number"] = told.Number };
        if (told.PlaceId is not null)
            about["signer"] = told.PlaceId;
        var claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Iss] = settings.PublicAddress.AbsoluteUri,
            [JwtRegisteredClaimNames.Aud] = agency,
            [JwtRegisteredClaimNames.Iat] = now.ToUnixTimeSeconds(),
            [JwtRegisteredClaimNames.Jti] = told.Id,
            ["toe"] = told.CreatedAt.ToUnixTimeSeconds(),
            ["events"] = new Dictionary<string, object> { [new Uri(settings.PublicAddress, $"events/{SnakeCase.Of(told.Type)}").AbsoluteUri] = about },
        };
        // RFC 8417 2.2: no exp, for an event does not become untrue.
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }
            .CreateToken(new SecurityTokenDescriptor { Claims = claims, SigningCredentials = credentials, TokenType = TokenType });
    }
}
