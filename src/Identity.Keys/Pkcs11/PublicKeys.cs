using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Identity.Keys.Pkcs11;

/// <summary>Public keys and signatures between PKCS#11's shapes and those of X.509.</summary>
internal static class PublicKeys
{
    /// <summary>The algorithm of a DER SubjectPublicKeyInfo, or null when it is none of ours.</summary>
    public static KeyAlgorithm? AlgorithmOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (EdwardsKeys.PublicKey(subjectPublicKeyInfo) is not null)
            return KeyAlgorithm.Ed25519;
        try
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            return read != subjectPublicKeyInfo.Length ? null : ecdsa.ExportParameters(false).Curve.Oid.Value switch
            {
                "1.2.840.10045.3.1.7" => KeyAlgorithm.EcdsaP256,
                "1.3.132.0.34" => KeyAlgorithm.EcdsaP384,
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            // Not elliptic: RSA, or nothing of ours.
        }

        try
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            return read != subjectPublicKeyInfo.Length ? null : rsa.KeySize switch { 2048 => KeyAlgorithm.Rsa2048, 3072 => KeyAlgorithm.Rsa3072, _ => null };
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>PKCS#11 2.40 mechanisms 2.3.3: CKA_EC_POINT is a DER OCTET STRING of the uncompressed point.</summary>
    /// <exception cref="CryptographicException">not a point of that curve</exception>
    public static byte[] FromPoint(ECCurve curve, byte[] attribute)
    {
        byte[] point;
        try
        {
            point = AsnDecoder.ReadOctetString(attribute, AsnEncodingRules.DER, out _);
        }
        catch (AsnContentException problem)
        {
            throw new CryptographicException("CKA_EC_POINT is not an OCTET STRING.", problem);
        }

        if (point.Length % 2 != 1 || point[0] != 4)
            throw new CryptographicException("CKA_EC_POINT is not an uncompressed point.");
        var half = point.Length / 2;
        using var key = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = point[1..(half + 1)], Y = point[(half + 1)..] } });
        return key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>PKCS#11 3.0 mechanisms 2.3.5: CKA_EC_POINT is a DER OCTET STRING of the public key in the encoding of RFC 8032; some tokens leave the OCTET STRING out.</summary>
    /// <exception cref="CryptographicException">not a public key of Ed25519</exception>
    public static byte[] FromEdwardsPoint(byte[] attribute)
    {
        const int Bytes = 32;
        var point = attribute is [0x04, Bytes, ..] && attribute.Length == 2 + Bytes ? attribute[2..] : attribute;
        var encoded = EdwardsKeys.SubjectPublicKeyInfo(point);
        return EdwardsKeys.PublicKey(encoded) is not null ? encoded : throw new CryptographicException("CKA_EC_POINT is not a public key of Ed25519.");
    }

    public static byte[] FromModulus(byte[] modulus, byte[] exponent)
    {
        using var key = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
        return key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>r||s of fixed length, as PKCS#11 gives it, to DER SEQUENCE(r, s) (RFC 3279 2.2.3).</summary>
    public static byte[] ToDerSequence(ReadOnlySpan<byte> concatenated)
    {
        var half = concatenated.Length / 2;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Shortest(concatenated[..half]));
            writer.WriteIntegerUnsigned(Shortest(concatenated[half..]));
        }

        return writer.Encode();
    }

    /// <summary>Whether the signature, as PKCS#11 gives it, is of this key.</summary>
    /// <param name="hash">with Ed25519 the octets themselves</param>
    public static bool Verifies(ReadOnlySpan<byte> subjectPublicKeyInfo, SignatureScheme scheme, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (scheme == SignatureScheme.Ed25519)
            return EdwardsKeys.Verifies(subjectPublicKeyInfo, hash, signature);
        if (scheme is SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384)
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            return ecdsa.VerifyHash(hash, signature);
        }

        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        var algorithm = scheme == SignatureScheme.RsaPssSha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        return rsa.VerifyHash(hash, signature, algorithm, scheme == SignatureScheme.RsaPkcs1Sha256 ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss);
    }

    private static ReadOnlySpan<byte> Shortest(ReadOnlySpan<byte> number)
    {
        var trimmed = number.TrimStart((byte)0);
        return trimmed.IsEmpty ? number[^1..] : trimmed;
    }
}
