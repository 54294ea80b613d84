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
}

/// <summary>How a hash is signed. The hash in the name is the one that must be handed in (32 or 48 bytes).</summary>
public enum SignatureScheme
{
    EcdsaSha256,
    EcdsaSha384,
    RsaPkcs1Sha256,
    RsaPssSha256,
    RsaPssSha384,
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

    /// <summary>Signs a hash for X.509 and CMS: ECDSA values come as DER SEQUENCE(r, s) (RFC 3279 2.2.3), RSA values as they are.</summary>
    public byte[] SignHash(SignatureScheme scheme, ReadOnlySpan<byte> hash)
    {
        CheckFits(scheme, hash);
        return Sign(scheme, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Signs a hash for JOSE: ECDSA values come as r||s of fixed length (RFC 7518 3.4), RSA values as they are.</summary>
    public byte[] SignHashConcatenated(SignatureScheme scheme, ReadOnlySpan<byte> hash)
    {
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

    internal static bool Fits(KeyAlgorithm algorithm, SignatureScheme scheme, int hashLength) =>
        Enum.IsDefined(scheme) && IsRsa(algorithm) == IsRsa(scheme) && hashLength == HashLengthOf(scheme);

    private void CheckFits(SignatureScheme scheme, ReadOnlySpan<byte> hash)
    {
        if (IsRsa(Algorithm) != IsRsa(scheme))
            throw new ArgumentException($"Key '{Name}' is {Algorithm} and cannot sign {scheme}.", nameof(scheme));
        if (hash.Length != HashLengthOf(scheme))
            throw new ArgumentException($"{scheme} signs a hash of {HashLengthOf(scheme)} bytes, not {hash.Length}.", nameof(hash));
    }

    private static bool IsRsa(KeyAlgorithm algorithm) => algorithm is KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072;

    private static bool IsRsa(SignatureScheme scheme) => scheme is not (SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384);

    private static int HashLengthOf(SignatureScheme scheme) => scheme is SignatureScheme.EcdsaSha384 or SignatureScheme.RsaPssSha384 ? 48 : 32;
}

/// <summary>The key cannot sign: destroyed, used up, or its token does not answer. Nothing was signed.</summary>
public sealed class KeyUnavailableException(string message) : Exception(message);
