using Identity.Keys;
using Identity.Pkix.Signatures;

namespace Identity.Authority.Issuers;

/// <summary>The one way in which a key of each kind signs certificates, lists, answers and stamps.</summary>
internal static class KeySignature
{
    public static SignatureAlgorithm AlgorithmOf(SigningKey key) => Of(key).Algorithm;

    /// <summary>The finished structure. Throws <see cref="KeyUnavailableException"/> when the key cannot sign.</summary>
    public static byte[] Sign(SigningKey key, ToBeSigned toBeSigned) => toBeSigned.Complete(key.SignHash(Of(key).Scheme, toBeSigned.Hash()));

    private static (SignatureScheme Scheme, SignatureAlgorithm Algorithm) Of(SigningKey key) => key.Algorithm switch
    {
        KeyAlgorithm.EcdsaP256 => (SignatureScheme.EcdsaSha256, SignatureAlgorithm.EcdsaSha256),
        KeyAlgorithm.EcdsaP384 => (SignatureScheme.EcdsaSha384, SignatureAlgorithm.EcdsaSha384),
        KeyAlgorithm.Rsa2048 => (SignatureScheme.RsaPkcs1Sha256, SignatureAlgorithm.RsaPkcs1Sha256),
        KeyAlgorithm.Rsa3072 => (SignatureScheme.RsaPssSha256, SignatureAlgorithm.RsaPssSha256),
        _ => throw new InvalidOperationException($"Key '{key.Name}' has an algorithm without a signature scheme."),
    };
}
