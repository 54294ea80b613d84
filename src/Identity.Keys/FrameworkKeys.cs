using System.Security.Cryptography;

namespace Identity.Keys;

/// <summary>A <see cref="SigningKey"/> in the shape of the framework's <see cref="ECDsa"/>.</summary>
internal sealed class EcdsaOfSigningKey : ECDsa
{
    private readonly SigningKey _key;
    private readonly ECDsa _public = Create();

    public EcdsaOfSigningKey(SigningKey key)
    {
        _key = key;
        _public.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        KeySizeValue = _public.KeySize;
        LegalKeySizesValue = [new KeySizes(KeySizeValue, KeySizeValue, 0)];
    }

    public override byte[] SignHash(byte[] hash) => hash.Length switch
    {
        32 => _key.SignHashConcatenated(SignatureScheme.EcdsaSha256, hash),
        48 => _key.SignHashConcatenated(SignatureScheme.EcdsaSha384, hash),
        _ => throw new CryptographicException($"Key '{_key.Name}' signs SHA-256 and SHA-384 only."),
    };

    public override bool VerifyHash(byte[] hash, byte[] signature)
    {
        lock (_public)
            return _public.VerifyHash(hash, signature);
    }

    public override ECParameters ExportParameters(bool includePrivateParameters)
    {
        if (includePrivateParameters)
            throw new CryptographicException($"The private half of key '{_key.Name}' cannot be exported.");
        lock (_public)
            return _public.ExportParameters(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _public.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A <see cref="SigningKey"/> in the shape of the framework's <see cref="RSA"/>.</summary>
internal sealed class RsaOfSigningKey : RSA
{
    private readonly SigningKey _key;
    private readonly RSA _public = Create();

    public RsaOfSigningKey(SigningKey key)
    {
        _key = key;
        _public.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        KeySizeValue = _public.KeySize;
        LegalKeySizesValue = [new KeySizes(KeySizeValue, KeySizeValue, 0)];
    }

    public override byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)
    {
        SignatureScheme? scheme = (padding.Mode, hashAlgorithm.Name) switch
        {
            (RSASignaturePaddingMode.Pkcs1, "SHA256") => SignatureScheme.RsaPkcs1Sha256,
            (RSASignaturePaddingMode.Pss, "SHA256") => SignatureScheme.RsaPssSha256,
            (RSASignaturePaddingMode.Pss, "SHA384") => SignatureScheme.RsaPssSha384,
            _ => null,
        };
        return _key.SignHash(
            scheme ?? throw new CryptographicException($"Key '{_key.Name}' does not sign {hashAlgorithm.Name} with {padding}."), hash);
    }

    public override bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)
    {
        lock (_public)
            return _public.VerifyHash(hash, signature, hashAlgorithm, padding);
    }

    public override RSAParameters ExportParameters(bool includePrivateParameters)
    {
        if (includePrivateParameters)
            throw new CryptographicException($"The private half of key '{_key.Name}' cannot be exported.");
        lock (_public)
            return _public.ExportParameters(false);
    }

    public override void ImportParameters(RSAParameters parameters) =>
        throw new CryptographicException($"Key '{_key.Name}' cannot be replaced.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _public.Dispose();
        base.Dispose(disposing);
    }
}
