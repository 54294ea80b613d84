using System.Security.Cryptography;

namespace Identity.Keys;

/// <summary>The one thing that a key may be used for. A key asked for with another purpose is refused.</summary>
public enum KeyPurpose
{
    CertificateAuthority,
    OcspResponder,
    Timestamping,
    TokenSigning,
    ClientAuthentication,
    PersonSignature,
    Tls,
    DataProtection,
    TokenEncryption,
    /// <summary>An organisation's electronic seal.</summary>
    Seal,
}

public enum KeyAlgorithm
{
    EcdsaP256,
    EcdsaP384,
    Rsa2048,
    Rsa3072,

    /// <summary>Signs octets, not a hash of them: for seals and people.</summary>
    Ed25519,

    /// <summary>FIPS 204, which signs octets too. For experiments: in software alone, no token here makes it.</summary>
    MlDsa65,
}

/// <summary>How a hash is signed. The hash in the name is the one that must be handed in (32 or 48 bytes). Ed25519 (RFC 8032 5.1) and ML-DSA (FIPS 204 5.2, empty context) sign octets instead.</summary>
public enum SignatureScheme
{
    EcdsaSha256,
    EcdsaSha384,
    RsaPkcs1Sha256,
    RsaPssSha256,
    RsaPssSha384,
    Ed25519,
    MlDsa65,
}

/// <summary>
/// A private key that can be used but not read. Every member may be called from several threads at once.
/// A key that has gone (destroyed, used up, token removed) throws <see cref="KeyUnavailableException"/>; a scheme that does not
/// fit the key, or a hash of another length, is the caller's error and throws <see cref="ArgumentException"/>.
/// </summary>
public abstract class SigningKey
{
    private protected SigningKey(string name, KeyPurpose purpose, KeyAlgorithm algorithm, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        Name = name;
        Purpose = purpose;
        Algorithm = algorithm;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
    }

    public string Name { get; }

    public KeyPurpose Purpose { get; }

    public KeyAlgorithm Algorithm { get; }

    /// <summary>The public key: DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7).</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>Octets that Ed25519 and ML-DSA sign at most: what passes to the process of a token in one message.</summary>
    public const int MostOctets = 4000;

    /// <summary>
    /// Signs octets for X.509 and CMS, in the form of <see cref="SignHash"/>: their hash, by the scheme's own algorithm, or with Ed25519 the octets themselves, which are
    /// <see cref="MostOctets"/> at most.
    /// </summary>
    public byte[] SignData(SignatureScheme scheme, ReadOnlySpan<byte> octets)
    {
        if (!SignsOctets(scheme))
            return SignHash(scheme, HashLengthOf(scheme) == 48 ? SHA384.HashData(octets) : SHA256.HashData(octets));
        CheckFits(scheme, octets);
        return Sign(scheme, octets, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Signs a hash for X.509 and CMS: ECDSA values come as DER SEQUENCE(r, s) (RFC 3279 2.2.3), RSA values as they are.</summary>
    public byte[] SignHash(SignatureScheme scheme, ReadOnlySpan<byte> hash)
    {
        CheckHashes(scheme);
        CheckFits(scheme, hash);
        return Sign(scheme, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Signs a hash for JOSE: ECDSA values come as r||s of fixed length (RFC 7518 3.4), RSA values as they are.</summary>
    public byte[] SignHashConcatenated(SignatureScheme scheme, ReadOnlySpan<byte> hash)
    {
        CheckHashes(scheme);
        CheckFits(scheme, hash);
        return Sign(scheme, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>This key as the framework's type, for libraries that ask for one: it signs through this key; the private half cannot be exported.</summary>
    public ECDsa AsEcdsa() =>
        Algorithm is KeyAlgorithm.EcdsaP256 or KeyAlgorithm.EcdsaP384
            ? new EcdsaOfSigningKey(this)
            : throw new InvalidOperationException($"Key '{Name}' is {Algorithm}, not ECDSA.");

    /// <summary>This key as the framework's type, for libraries that ask for one: it signs through this key; the private half cannot be exported.</summary>
    public RSA AsRsa() =>
        Algorithm is KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072
            ? new RsaOfSigningKey(this)
            : throw new InvalidOperationException($"Key '{Name}' is {Algorithm}, not RSA.");

    private protected abstract byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format);

    /// <param name="length">of the hash, or with Ed25519 of the octets</param>
    internal static bool Fits(KeyAlgorithm algorithm, SignatureScheme scheme, int length) =>
        Enum.IsDefined(scheme) && KindOf(algorithm) == KindOf(scheme) && (SignsOctets(scheme) ? length <= MostOctets : length == HashLengthOf(scheme));

    // A hash where octets are expected would be signed as if it were them, and verify for nobody.
    private static void CheckHashes(SignatureScheme scheme)
    {
        if (SignsOctets(scheme))
            throw new ArgumentException($"{scheme} signs octets, not a hash.", nameof(scheme));
    }

    private static bool SignsOctets(SignatureScheme scheme) => scheme is SignatureScheme.Ed25519 or SignatureScheme.MlDsa65;

    private void CheckFits(SignatureScheme scheme, ReadOnlySpan<byte> signed)
    {
        if (KindOf(Algorithm) != KindOf(scheme))
            throw new ArgumentException($"Key '{Name}' is {Algorithm} and cannot sign {scheme}.", nameof(scheme));
        if (!Fits(Algorithm, scheme, signed.Length))
            throw new ArgumentException(SignsOctets(scheme)
                ? $"{scheme} signs at most {MostOctets} bytes here, not {signed.Length}."
                : $"{scheme} signs a hash of {HashLengthOf(scheme)} bytes, not {signed.Length}.", nameof(signed));
    }

    private enum Kind { Ecdsa, Rsa, Edwards, Lattice }

    private static Kind KindOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072 => Kind.Rsa,
        KeyAlgorithm.Ed25519 => Kind.Edwards,
        KeyAlgorithm.MlDsa65 => Kind.Lattice,
        _ => Kind.Ecdsa,
    };

    private static Kind KindOf(SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384 => Kind.Ecdsa,
        SignatureScheme.Ed25519 => Kind.Edwards,
        SignatureScheme.MlDsa65 => Kind.Lattice,
        _ => Kind.Rsa,
    };

    private static int HashLengthOf(SignatureScheme scheme) => scheme is SignatureScheme.EcdsaSha384 or SignatureScheme.RsaPssSha384 ? 48 : 32;
}

/// <summary>The key cannot sign: destroyed, used up, or its token does not answer. Nothing was signed.</summary>
public sealed class KeyUnavailableException(string message) : Exception(message);
