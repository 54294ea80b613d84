using Identity.Keys;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Token;

/// <summary>
/// The keys that sign tokens, in the order of preference. They stay in the key ring: the protocol engine gets objects that can ask
/// for a signature, not the key.
/// </summary>
public sealed class TokenKeys
{
    private readonly SigningKey ecdsa;

    public TokenKeys(KeyRing keys)
    {
        ecdsa = keys.Get("token-es256", KeyPurpose.TokenSigning);
        var rsa = keys.Get("token-rs256", KeyPurpose.TokenSigning);
        EcdsaKeyId = PublicJwk.For(ecdsa.SubjectPublicKeyInfo, SecurityAlgorithms.EcdsaSha256).KeyId;
        Credentials =
        [
            new SigningCredentials(new ECDsaSecurityKey(ecdsa.AsEcdsa()) { KeyId = EcdsaKeyId }, SecurityAlgorithms.EcdsaSha256),
            new SigningCredentials(
                new RsaSecurityKey(rsa.AsRsa()) { KeyId = PublicJwk.For(rsa.SubjectPublicKeyInfo, SecurityAlgorithms.RsaSha256).KeyId },
                SecurityAlgorithms.RsaSha256),
        ];
    }

    /// <summary>ES256 first: it signs unless a client is registered for another algorithm.</summary>
    public IReadOnlyList<SigningCredentials> Credentials { get; }

    public SigningKey EcdsaKey => ecdsa;

    /// <summary>RFC 7638 thumbprint, as published.</summary>
    public string EcdsaKeyId { get; }
}
