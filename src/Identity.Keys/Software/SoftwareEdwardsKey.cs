using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Identity.Keys.Software;

/// <summary>An Ed25519 key in this process's memory: for development. It has no state, so several threads sign at once.</summary>
internal sealed class SoftwareEdwardsKey : SigningKey
{
    private readonly byte[] _seed;
    private readonly byte[] _publicKey;

    private SoftwareEdwardsKey(string name, KeyPurpose purpose, byte[] seed, byte[] publicKey)
        : base(name, purpose, KeyAlgorithm.Ed25519, EdwardsKeys.SubjectPublicKeyInfo(publicKey)) => (_seed, _publicKey) = (seed, publicKey);

    /// <summary>Null when the PKCS#8 holds another kind of key. The caller owns and clears <paramref name="pkcs8"/>.</summary>
    public static SoftwareEdwardsKey? TryOpen(string name, KeyPurpose purpose, ReadOnlySpan<byte> pkcs8)
    {
        if (EdwardsKeys.Seed(pkcs8) is not { } seed)
            return null;
        var publicKey = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed, 0, publicKey, 0);
        return new SoftwareEdwardsKey(name, purpose, seed, publicKey);
    }

    private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        var octets = hash.ToArray();
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(_seed, 0, _publicKey, 0, octets, 0, octets.Length, signature, 0);
        return signature;
    }
}
