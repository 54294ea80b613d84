using System.Formats.Asn1;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Identity.Keys;

/// <summary>Ed25519 (RFC 8032 5.1), which the framework lacks, in the encodings of RFC 8410.</summary>
internal static class EdwardsKeys
{
    public const string Oid = "1.3.101.112";

    /// <summary>RFC 8410 4: SubjectPublicKeyInfo up to the key; it has no parameters, so these octets are always the same.</summary>
    private static readonly byte[] PublicKeyHead = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    /// <summary>RFC 8410 7, without attributes and public key: PKCS#8 up to the seed.</summary>
    private static readonly byte[] PrivateKeyHead = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    public static byte[] SubjectPublicKeyInfo(ReadOnlySpan<byte> publicKey) => [.. PublicKeyHead, .. publicKey];

    /// <summary>The 32 octets of the public key; null when it is none, or a point that no honest key has.</summary>
    public static byte[]? PublicKey(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (subjectPublicKeyInfo.Length != PublicKeyHead.Length + Ed25519.PublicKeySize || !subjectPublicKeyInfo.StartsWith(PublicKeyHead))
            return null;
        var key = subjectPublicKeyInfo[PublicKeyHead.Length..].ToArray();
        return Ed25519.ValidatePublicKeyFull(key, 0) ? key : null;
    }

    /// <summary>The seed in DER PKCS#8; null when it is no Ed25519 key. The caller clears it.</summary>
    public static byte[]? Seed(ReadOnlySpan<byte> pkcs8) =>
        pkcs8.Length == PrivateKeyHead.Length + Ed25519.SecretKeySize && pkcs8.StartsWith(PrivateKeyHead) ? pkcs8[PrivateKeyHead.Length..].ToArray() : null;

    /// <summary>A new key as DER PKCS#8. The caller clears it.</summary>
    public static byte[] GeneratePkcs8()
    {
        var pkcs8 = new byte[PrivateKeyHead.Length + Ed25519.SecretKeySize];
        PrivateKeyHead.CopyTo(pkcs8, 0);
        RandomNumberGenerator.Fill(pkcs8.AsSpan(PrivateKeyHead.Length));
        return pkcs8;
    }

    public static bool Verifies(ReadOnlySpan<byte> subjectPublicKeyInfo, ReadOnlySpan<byte> octets, ReadOnlySpan<byte> signature) =>
        PublicKey(subjectPublicKeyInfo) is { } key && signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature.ToArray(), 0, key, 0, octets.ToArray(), 0, octets.Length);

    /// <summary>CKA_EC_PARAMS: the curve by its identifier.</summary>
    public static byte[] CurveParameters()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(Oid);
        return writer.Encode();
    }
}
