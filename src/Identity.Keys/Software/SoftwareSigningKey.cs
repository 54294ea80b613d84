using System.Security.Cryptography;

namespace Identity.Keys.Software;

/// <summary>
/// A private key in this process's memory. The framework's key objects are not promised to be safe for several threads, so there
/// is one for each processor, each behind its own lock.
/// </summary>
internal sealed class SoftwareSigningKey : SigningKey
{
    private readonly AsymmetricAlgorithm[] _copies;
    private uint _next;

    private SoftwareSigningKey(
        string name, KeyPurpose purpose, KeyAlgorithm algorithm, byte[] subjectPublicKeyInfo, AsymmetricAlgorithm[] copies)
        : base(name, purpose, algorithm, subjectPublicKeyInfo) => _copies = copies;

    /// <summary>Reads DER PKCS#8. The caller owns and clears <paramref name="pkcs8"/>.</summary>
    /// <exception cref="CryptographicException">not a private key, or of an algorithm that is not in <see cref="KeyAlgorithm"/></exception>
    public static SigningKey FromPkcs8(string name, KeyPurpose purpose, ReadOnlySpan<byte> pkcs8)
    {
        if (SoftwareEdwardsKey.TryOpen(name, purpose, pkcs8) is { } edwards)
            return edwards;
        if (SoftwareLatticeKey.TryOpen(name, purpose, pkcs8) is { } lattice)
            return lattice;
        var copies = new AsymmetricAlgorithm[Environment.ProcessorCount];
        for (var i = 0; i < copies.Length; i++)
            copies[i] = Import(pkcs8);
        return new SoftwareSigningKey(name, purpose, AlgorithmOf(copies[0]), PublicKeyOf(copies[0]), copies);
    }

    /// <summary>Makes the key pair and hands the private half to the caller once, as DER PKCS#8.</summary>
    public static byte[] GeneratePkcs8(KeyAlgorithm algorithm)
    {
        if (algorithm == KeyAlgorithm.Ed25519)
            return EdwardsKeys.GeneratePkcs8();
        if (algorithm == KeyAlgorithm.MlDsa65)
            return SoftwareLatticeKey.GeneratePkcs8();
        using AsymmetricAlgorithm key = algorithm switch
        {
            KeyAlgorithm.EcdsaP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            KeyAlgorithm.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            KeyAlgorithm.Rsa2048 => RSA.Create(2048),
            KeyAlgorithm.Rsa3072 => RSA.Create(3072),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
        };
        return key.ExportPkcs8PrivateKey();
    }

    internal static AsymmetricAlgorithm Import(ReadOnlySpan<byte> pkcs8)
    {
        AsymmetricAlgorithm key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
        }

        key = RSA.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return key;
    }

    internal static byte[] PublicKeyOf(AsymmetricAlgorithm key) => key.ExportSubjectPublicKeyInfo();

    internal static byte[] SignWith(AsymmetricAlgorithm key, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format) =>
        scheme switch
        {
            SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384 => ((ECDsa)key).SignHash(hash.ToArray(), format),
            SignatureScheme.RsaPkcs1Sha256 => ((RSA)key).SignHash(hash.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            SignatureScheme.RsaPssSha256 => ((RSA)key).SignHash(hash.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            SignatureScheme.RsaPssSha384 => ((RSA)key).SignHash(hash.ToArray(), HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            _ => throw new ArgumentOutOfRangeException(nameof(scheme)),
        };

    private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        var copy = _copies[Interlocked.Increment(ref _next) % (uint)_copies.Length];
        lock (copy)
            return SignWith(copy, scheme, hash, format);
    }

    private static KeyAlgorithm AlgorithmOf(AsymmetricAlgorithm key) => key switch
    {
        ECDsa ecdsa when ecdsa.ExportParameters(false).Curve.Oid.Value == "1.2.840.10045.3.1.7" => KeyAlgorithm.EcdsaP256,
        ECDsa ecdsa when ecdsa.ExportParameters(false).Curve.Oid.Value == "1.3.132.0.34" => KeyAlgorithm.EcdsaP384,
        RSA { KeySize: 2048 } => KeyAlgorithm.Rsa2048,
        RSA { KeySize: 3072 } => KeyAlgorithm.Rsa3072,
        _ => throw new CryptographicException("The key is none of P-256, P-384, RSA-2048, RSA-3072, Ed25519, ML-DSA-65."),
    };
}
