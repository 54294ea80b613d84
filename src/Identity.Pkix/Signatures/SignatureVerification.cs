using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Ed25519Verifier = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;
using Ed448Verifier = Org.BouncyCastle.Math.EC.Rfc8032.Ed448;

namespace Identity.Pkix.Signatures;

/// <summary>What a check of one signature value found. Anything but <see cref="Valid"/> means that the signature proves nothing.</summary>
public enum SignatureCheck
{
    Valid,

    /// <summary>The value does not verify under this key.</summary>
    Invalid,

    /// <summary>Algorithm, curve or hash is not one this project verifies.</summary>
    UnsupportedAlgorithm,

    /// <summary>The key is of the algorithm, yet outside the sizes verified here: see the caps of <see cref="SignatureVerification"/>.</summary>
    KeySizeRefused,

    /// <summary>The key belongs to another algorithm, or is no key at all (point off the curve).</summary>
    KeyMismatch,
}

/// <summary>
/// Verification by System.Security.Cryptography (OpenSSL); Ed25519, Ed448 and ML-DSA, which the framework lacks on this platform, by BouncyCastle. Throws for nothing that
/// comes from outside. SHA-1 is verified so that reports can tell a weak signature from a false one: judging it is the caller's.
/// </summary>
public static class SignatureVerification
{
    public const int MinRsaBits = 1024;

    /// <summary>A verification at 8192 bits costs 0.2 ms; at 16384 and with a large exponent, seconds.</summary>
    public const int MaxRsaBits = 8192;

    /// <summary>FIPS 186-4 4.2 ends there.</summary>
    public const int MaxDsaBits = 3072;

    private static readonly HashSet<string> Curves =
        [Asn1.Oids.P256, Asn1.Oids.P384, Asn1.Oids.P521, Asn1.Oids.BrainpoolP256r1, Asn1.Oids.BrainpoolP384r1, Asn1.Oids.BrainpoolP512r1];

    public static SignatureCheck VerifyData(SubjectPublicKey key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        switch (algorithm.Family)
        {
            case SignatureFamily.Unknown:
                return SignatureCheck.UnsupportedAlgorithm;
            case SignatureFamily.Ed25519:
                if (key.Kind != PublicKeyKind.Ed25519) return SignatureCheck.KeyMismatch;
                return signature.Length == Ed25519Verifier.SignatureSize
                    && Ed25519Verifier.Verify(signature.ToArray(), 0, key.KeyBits.ToArray(), 0, data.ToArray(), 0, data.Length)
                    ? SignatureCheck.Valid : SignatureCheck.Invalid;
            case SignatureFamily.Ed448:
                if (key.Kind != PublicKeyKind.Ed448) return SignatureCheck.KeyMismatch;
                return signature.Length == Ed448Verifier.SignatureSize
                    && Ed448Verifier.Verify(signature.ToArray(), 0, key.KeyBits.ToArray(), 0, [], data.ToArray(), 0, data.Length)
                    ? SignatureCheck.Valid : SignatureCheck.Invalid;
            case SignatureFamily.MlDsa:
                // RFC 9881 2: the identifier of the key is that of the signature.
                return key.Kind == PublicKeyKind.MlDsa && key.Algorithm.Oid == algorithm.Identifier.Oid ? VerifyMlDsa(key, data, signature) : SignatureCheck.KeyMismatch;
            default:
                if (algorithm.Hash is not { } hash || (IsSha3(hash) && !SHA3_256.IsSupported)) return SignatureCheck.UnsupportedAlgorithm;
                return VerifyHash(key, algorithm, Asn1.Digests.Compute(hash, data), signature);
        }
    }

    /// <summary>Checks a value over a digest computed elsewhere. Ed25519, Ed448 and ML-DSA sign octets, so they are unsupported here.</summary>
    public static SignatureCheck VerifyHash(SubjectPublicKey key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (algorithm.Hash is not { } name || (IsSha3(name) && !SHA3_256.IsSupported)) return SignatureCheck.UnsupportedAlgorithm;
        if (hash.Length != Asn1.Digests.Length(name)) return SignatureCheck.Invalid;
        return algorithm.Family switch
        {
            SignatureFamily.Ecdsa => VerifyEcdsa(key, hash, signature),
            SignatureFamily.RsaPkcs1 => VerifyRsa(key, name, hash, signature, RSASignaturePadding.Pkcs1),
            SignatureFamily.RsaPss => VerifyPss(key, algorithm, name, hash, signature),
            SignatureFamily.Dsa => VerifyDsa(key, hash, signature),
            _ => SignatureCheck.UnsupportedAlgorithm,
        };
    }

    // FIPS 204 3.7: with an empty context.
    private static SignatureCheck VerifyMlDsa(SubjectPublicKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        var parameters = key.Size switch { 44 => MLDsaParameters.ml_dsa_44, 65 => MLDsaParameters.ml_dsa_65, _ => MLDsaParameters.ml_dsa_87 };
        var verifier = new MLDsaSigner(parameters, deterministic: true);
        verifier.Init(false, MLDsaPublicKeyParameters.FromEncoding(parameters, key.KeyBits.ToArray()));
        verifier.BlockUpdate(data);
        return verifier.VerifySignature(signature.ToArray()) ? SignatureCheck.Valid : SignatureCheck.Invalid;
    }

    private static SignatureCheck VerifyEcdsa(SubjectPublicKey key, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (key.Kind != PublicKeyKind.EllipticCurve) return SignatureCheck.KeyMismatch;
        if (key.Curve is null || !Curves.Contains(key.Curve)) return SignatureCheck.UnsupportedAlgorithm;
        if (key.Opened.Take() is not ECDsa verifier && !TryOpenEcdsa(key, out verifier)) return SignatureCheck.KeyMismatch;
        try
        {
            return verifier.VerifyHash(hash, signature, DSASignatureFormat.Rfc3279DerSequence) ? SignatureCheck.Valid : SignatureCheck.Invalid;
        }
        catch (CryptographicException)
        {
            return SignatureCheck.Invalid;
        }
        finally
        {
            key.Opened.PutBack(verifier);
        }
    }

    private static bool TryOpenEcdsa(SubjectPublicKey key, out ECDsa verifier)
    {
        verifier = ECDsa.Create();
        try
        {
            verifier.ImportSubjectPublicKeyInfo(key.Raw.Span, out _);
            return true;
        }
        catch (CryptographicException)
        {
            verifier.Dispose();
            return false;
        }
    }

    private static SignatureCheck VerifyPss(SubjectPublicKey key, SignatureAlgorithm algorithm, HashAlgorithmName name, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        // The framework verifies one hash of its own for both, and a salt of its length.
        var mask = algorithm.MaskHash ?? name;
        if (mask == name && algorithm.SaltLength == Asn1.Digests.Length(name) && Asn1.Digests.Start(name) is null) return VerifyRsa(key, name, hash, signature, RSASignaturePadding.Pss);
        if (key.Kind != PublicKeyKind.Rsa) return SignatureCheck.KeyMismatch;
        if (key.Size is < MinRsaBits or > MaxRsaBits || key.Exponent is null or < 3) return SignatureCheck.KeySizeRefused;
        if (IsSha3(mask) && !SHA3_256.IsSupported) return SignatureCheck.UnsupportedAlgorithm;
        return PssVerification.Verify(key.KeyBits, name, mask, algorithm.SaltLength ?? 0, hash, signature) ? SignatureCheck.Valid : SignatureCheck.Invalid;
    }

    private static SignatureCheck VerifyRsa(SubjectPublicKey key, HashAlgorithmName name, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature,
        RSASignaturePadding padding)
    {
        if (key.Kind != PublicKeyKind.Rsa) return SignatureCheck.KeyMismatch;
        // RFC 4055 1.2: a key marked for PSS signs nothing else.
        if (key.Algorithm.Oid == Asn1.Oids.RsaPss && padding != RSASignaturePadding.Pss) return SignatureCheck.KeyMismatch;
        if (key.Size is < MinRsaBits or > MaxRsaBits) return SignatureCheck.KeySizeRefused;
        // An exponent of more than 32 bits makes each verification as dear as a signature; 1 would accept anything.
        if (key.Exponent is null or < 3) return SignatureCheck.KeySizeRefused;
        if (Asn1.Digests.Start(name) is not null) return Pkcs1Verification.Verify(key.KeyBits, name, hash, signature) ? SignatureCheck.Valid : SignatureCheck.Invalid;
        if (key.Opened.Take() is not RSA verifier && !TryOpenRsa(key, out verifier)) return SignatureCheck.KeyMismatch;
        try
        {
            return verifier.VerifyHash(hash, signature, name, padding) ? SignatureCheck.Valid : SignatureCheck.Invalid;
        }
        catch (CryptographicException)
        {
            return SignatureCheck.Invalid;
        }
        finally
        {
            key.Opened.PutBack(verifier);
        }
    }

    private static bool TryOpenRsa(SubjectPublicKey key, out RSA verifier)
    {
        verifier = RSA.Create();
        try
        {
            // The bare RSAPublicKey: the framework refuses some SubjectPublicKeyInfo with the PSS identifier.
            verifier.ImportRSAPublicKey(key.KeyBits.Span, out _);
            return true;
        }
        catch (CryptographicException)
        {
            verifier.Dispose();
            return false;
        }
    }

    // Old signatures and NIST's test suite have DSA; no one should make it today.
    private static SignatureCheck VerifyDsa(SubjectPublicKey key, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (key.Kind != PublicKeyKind.Dsa) return SignatureCheck.KeyMismatch;
        if (key.Size is < MinRsaBits or > MaxDsaBits) return SignatureCheck.KeySizeRefused;
        using var verifier = DSA.Create();
        try
        {
            verifier.ImportSubjectPublicKeyInfo(key.Raw.Span, out _);
        }
        catch (CryptographicException)
        {
            return SignatureCheck.KeyMismatch;
        }
        try
        {
            return verifier.VerifySignature(hash, signature, DSASignatureFormat.Rfc3279DerSequence) ? SignatureCheck.Valid : SignatureCheck.Invalid;
        }
        catch (CryptographicException)
        {
            return SignatureCheck.Invalid;
        }
    }

    private static bool IsSha3(HashAlgorithmName name) =>
        name == HashAlgorithmName.SHA3_256 || name == HashAlgorithmName.SHA3_384 || name == HashAlgorithmName.SHA3_512;
}
