using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Identity.Keys.Software;

/// <summary>
/// An ML-DSA-65 key (FIPS 204) in this process's memory, in the encodings of RFC 9881: for experiments in development. The framework has it only with an OpenSSL that this
/// platform lacks. It has no state, so several threads sign at once.
/// </summary>
internal sealed class SoftwareLatticeKey : SigningKey
{
    private const int SeedBytes = 32;

    /// <summary>RFC 9881 6: PKCS#8 up to the seed, which stands in a context tag of its own.</summary>
    private static readonly byte[] PrivateKeyHead =
        [0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12, 0x04, 0x22, 0x80, 0x20];

    /// <summary>RFC 9881 4: SubjectPublicKeyInfo up to the 1952 octets of the key; the algorithm has no parameters.</summary>
    private static readonly byte[] PublicKeyHead =
        [0x30, 0x82, 0x07, 0xb2, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12, 0x03, 0x82, 0x07, 0xa1, 0x00];

    private readonly MLDsaPrivateKeyParameters _key;

    private SoftwareLatticeKey(string name, KeyPurpose purpose, MLDsaPrivateKeyParameters key, byte[] subjectPublicKeyInfo)
        : base(name, purpose, KeyAlgorithm.MlDsa65, subjectPublicKeyInfo) => _key = key;

    /// <summary>Null when the PKCS#8 holds another kind of key. The caller owns and clears <paramref name="pkcs8"/>.</summary>
    public static SoftwareLatticeKey? TryOpen(string name, KeyPurpose purpose, ReadOnlySpan<byte> pkcs8)
    {
        if (pkcs8.Length != PrivateKeyHead.Length + SeedBytes || !pkcs8.StartsWith(PrivateKeyHead))
            return null;
        var key = MLDsaPrivateKeyParameters.FromSeed(MLDsaParameters.ml_dsa_65, pkcs8[PrivateKeyHead.Length..].ToArray());
        return new SoftwareLatticeKey(name, purpose, key, [.. PublicKeyHead, .. key.GetPublicKeyEncoded()]);
    }

    /// <summary>A new key as DER PKCS#8. The caller clears it.</summary>
    public static byte[] GeneratePkcs8() => [.. PrivateKeyHead, .. RandomNumberGenerator.GetBytes(SeedBytes)];

    private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        // FIPS 204 5.2: hedged with fresh randomness, by the signer's own generator.
        var signer = new MLDsaSigner(MLDsaParameters.ml_dsa_65, deterministic: false);
        signer.Init(true, _key);
        signer.BlockUpdate(hash.ToArray(), 0, hash.Length);
        return signer.GenerateSignature();
    }
}
