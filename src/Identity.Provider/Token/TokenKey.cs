using System.Security.Cryptography;
using Identity.Keys;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Token;

/// <summary>
/// A key that signs tokens, with the one algorithm that it is for. It stays in the key ring: the protocol engine gets objects that can ask for a
/// signature, not the key.
/// </summary>
public sealed class TokenKey
{
    /// <summary>What ID tokens can be signed with, the preferred one first. All hash with SHA-256.</summary>
    internal static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSha256];

    private TokenKey(SigningKey key, string algorithm, SecurityKey security, JsonWebKey published)
    {
        Key = key;
        Algorithm = algorithm;
        Credentials = new SigningCredentials(security, algorithm);
        Published = published;
    }

    public SigningKey Key { get; }

    public string Algorithm { get; }

    public SigningCredentials Credentials { get; }

    /// <summary>RFC 7638 thumbprint.</summary>
    public string KeyId => Published.Kid;

    /// <summary>RFC 7517: the public half, as the key set shows it.</summary>
    public JsonWebKey Published { get; }

    /// <exception cref="KeyRingException">no such key, or it does not fit the algorithm</exception>
    internal static TokenKey Get(KeyRing keys, string name, string algorithm)
    {
        var key = keys.Get(name, KeyPurpose.TokenSigning);
        var fits = algorithm == SecurityAlgorithms.EcdsaSha256 ? key.Algorithm is KeyAlgorithm.EcdsaP256 : key.Algorithm is KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072;
        if (!fits || !Algorithms.Contains(algorithm))
            throw new KeyRingException($"Key '{name}' is {key.Algorithm} and cannot sign {algorithm}.");
        var published = new JsonWebKey(PublicJwk.For(key.SubjectPublicKeyInfo, algorithm).Json);
        SecurityKey security = algorithm == SecurityAlgorithms.EcdsaSha256 ? new ECDsaSecurityKey(key.AsEcdsa()) : new RsaSecurityKey(key.AsRsa());
        security.KeyId = published.Kid;
        return new TokenKey(key, algorithm, security, published);
    }
}
