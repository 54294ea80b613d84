using System.Security.Cryptography;
using Identity.Keys.Activation;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Identity.Keys.Software;

/// <summary>A person's Ed25519 key in this process's memory: for development. What it may sign is counted by <see cref="PersonKey"/>.</summary>
internal sealed class SoftwareEdwardsPersonKey(byte[] seed, byte[] publicKey) : PersonKey.PrivateHalf
{
    public static PersonKey Make(VerifiedApproval approval)
    {
        var seed = RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize);
        var publicKey = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed, 0, publicKey, 0);
        var half = new SoftwareEdwardsPersonKey(seed, publicKey);
        var encoded = EdwardsKeys.SubjectPublicKeyInfo(publicKey);
        var request = new OctetSignatureGenerator(encoded, half.Sign).Request(SoftwarePersonKey.SubjectOf(approval.Structure.Approval));
        return new PersonKey(approval, KeyAlgorithm.Ed25519, half, encoded, request);
    }

    public override byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format) => Sign(hash.ToArray());

    public override void Dispose() => CryptographicOperations.ZeroMemory(seed);

    private byte[] Sign(byte[] octets)
    {
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(seed, 0, publicKey, 0, octets, 0, octets.Length, signature, 0);
        return signature;
    }
}
