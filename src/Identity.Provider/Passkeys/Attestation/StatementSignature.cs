using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>Signatures of attestation statements, by COSE algorithm identifier (RFC 9053 2.1, RFC 8812 2).</summary>
internal static class StatementSignature
{
    public const int Es256 = -7;
    public const int Es384 = -35;
    public const int Es512 = -36;
    public const int Ps256 = -37;
    public const int Rs256 = -257;

    private const int SmallestModulus = 2048;
    private const int LargestModulus = 4096;

    /// <summary>The hash of an algorithm; null for one that is not verified here: EdDSA, which the platform has not, and RS1, whose SHA-1 proves nothing any more.</summary>
    public static HashAlgorithmName? HashOf(int algorithm) => algorithm switch
    {
        Es256 or Ps256 or Rs256 => HashAlgorithmName.SHA256,
        Es384 => HashAlgorithmName.SHA384,
        Es512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <param name="certificate">Of the signer.</param>
    /// <param name="algorithm">One that <see cref="HashOf"/> knows.</param>
    /// <param name="signed">The signed bytes.</param>
    /// <param name="signature">ECDSA as DER, as in all formats of WebAuthn (6.5.5).</param>
    public static bool Verifies(X509Certificate2 certificate, int algorithm, byte[] signed, byte[] signature)
    {
        var hash = HashOf(algorithm) ?? throw new ArgumentOutOfRangeException(nameof(algorithm));
        if (algorithm is Rs256 or Ps256)
        {
            using var rsa = certificate.GetRSAPublicKey();
            return rsa is { KeySize: >= SmallestModulus and <= LargestModulus }
                && rsa.VerifyData(signed, signature, hash, algorithm == Ps256 ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }

        using var ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa is not null && ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }
}
