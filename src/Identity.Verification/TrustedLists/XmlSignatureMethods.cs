using System.Security.Cryptography;

namespace Identity.Verification.TrustedLists;

/// <summary>
/// Signature methods of RFC 9231 2.3.6 (ECDSA) and 2.3.10 (RSASSA-PSS with MGF1 and a salt as long as the digest), which the framework's XML
/// signatures do not know. The framework makes them by name, so they are public and made without arguments.
/// </summary>
public static class XmlSignatureMethods
{
    private const string Ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-";
    private const string Pss = "http://www.w3.org/2007/05/xmldsig-more#";

    static XmlSignatureMethods()
    {
        CryptoConfig.AddAlgorithm(typeof(EcdsaSha256), Ecdsa + "sha256");
        CryptoConfig.AddAlgorithm(typeof(EcdsaSha384), Ecdsa + "sha384");
        CryptoConfig.AddAlgorithm(typeof(EcdsaSha512), Ecdsa + "sha512");
        CryptoConfig.AddAlgorithm(typeof(PssSha256), Pss + "sha256-rsa-MGF1");
        CryptoConfig.AddAlgorithm(typeof(PssSha384), Pss + "sha384-rsa-MGF1");
        CryptoConfig.AddAlgorithm(typeof(PssSha512), Pss + "sha512-rsa-MGF1");
    }

    /// <summary>By their identifiers; once they were asked for, the framework knows them.</summary>
    public static IReadOnlyList<string> Identifiers { get; } =
    [
        Ecdsa + "sha256", Ecdsa + "sha384", Ecdsa + "sha512", Pss + "sha256-rsa-MGF1", Pss + "sha384-rsa-MGF1", Pss + "sha512-rsa-MGF1",
    ];
}

/// <summary>A method that verifies, and does not sign.</summary>
public abstract class VerifyingMethod : SignatureDescription
{
    private readonly HashAlgorithmName hash;

    private protected VerifyingMethod(Type key, HashAlgorithmName hash) => (KeyAlgorithm, this.hash) = (key.AssemblyQualifiedName, hash);

    public override HashAlgorithm CreateDigest() => hash.Name switch
    {
        "SHA256" => SHA256.Create(),
        "SHA384" => SHA384.Create(),
        _ => SHA512.Create(),
    };

    public override AsymmetricSignatureDeformatter CreateDeformatter(AsymmetricAlgorithm key) => new Deformatter(key, hash);

    private sealed class Deformatter(AsymmetricAlgorithm key, HashAlgorithmName hash) : AsymmetricSignatureDeformatter
    {
        public override void SetHashAlgorithm(string strName)
        {
        }

        public override void SetKey(AsymmetricAlgorithm key)
        {
        }

        public override bool VerifySignature(byte[] rgbHash, byte[] rgbSignature) => key switch
        {
            // RFC 9231 2.3.6: r and s in their full length, one behind the other.
            ECDsa ecdsa => ecdsa.VerifyHash(rgbHash, rgbSignature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            RSA rsa => rsa.VerifyHash(rgbHash, rgbSignature, hash, RSASignaturePadding.Pss),
            _ => false,
        };
    }
}

public sealed class EcdsaSha256() : VerifyingMethod(typeof(ECDsa), HashAlgorithmName.SHA256);

public sealed class EcdsaSha384() : VerifyingMethod(typeof(ECDsa), HashAlgorithmName.SHA384);

public sealed class EcdsaSha512() : VerifyingMethod(typeof(ECDsa), HashAlgorithmName.SHA512);

public sealed class PssSha256() : VerifyingMethod(typeof(RSA), HashAlgorithmName.SHA256);

public sealed class PssSha384() : VerifyingMethod(typeof(RSA), HashAlgorithmName.SHA384);

public sealed class PssSha512() : VerifyingMethod(typeof(RSA), HashAlgorithmName.SHA512);
