using System.Security.Cryptography;
using Identity.Authority.Issuance.Lint;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance;

/// <summary>
/// Finishes a certificate with a key that was made for this process and verifies for nobody, so that the rules read what will be signed before the
/// issuer's key has been touched.
/// </summary>
internal static class ThrowAwaySignature
{
    private static readonly Lazy<(ECDsa Key, SubjectPublicKey Public)> Key256 = new(() => Made(ECDsa.Create(ECCurve.NamedCurves.nistP256)));
    private static readonly Lazy<(ECDsa Key, SubjectPublicKey Public)> Key384 = new(() => Made(ECDsa.Create(ECCurve.NamedCurves.nistP384)));
    private static readonly Lazy<(RSA Key, SubjectPublicKey Public)> KeyRsa = new(() => Made(RSA.Create(2048)));

    /// <summary>What the rules object to.</summary>
    /// <param name="toBeSigned">the octets that are stored and will be signed</param>
    /// <param name="issuer">null when the certificate is its own issuer</param>
    public static IReadOnlyList<LintFinding> Lint(ToBeSigned toBeSigned, Certificate? issuer, CertificateProfile profile, DateTimeOffset now)
    {
        var (signature, key) = Sign(toBeSigned);
        return CertificateLint.Run(toBeSigned.Complete(signature), new LintContext(toBeSigned, issuer, key, profile, now));
    }

    /// <summary>Any structure, finished.</summary>
    public static byte[] Finish(ToBeSigned toBeSigned) => toBeSigned.Complete(Sign(toBeSigned).Signature);

    private static (byte[] Signature, SubjectPublicKey Key) Sign(ToBeSigned toBeSigned)
    {
        var (algorithm, hash) = (toBeSigned.Algorithm, toBeSigned.Hash());
        if (algorithm.Family == SignatureFamily.Ecdsa)
        {
            var (ecdsa, known) = algorithm.Hash == HashAlgorithmName.SHA384 ? Key384.Value : Key256.Value;
            // The framework's keys are not promised to be safe for several threads.
            lock (ecdsa)
                return (ecdsa.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence), known);
        }
        var padding = algorithm.Family == SignatureFamily.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var (rsa, knownRsa) = KeyRsa.Value;
        lock (rsa)
            return (rsa.SignHash(hash, algorithm.Hash!.Value, padding), knownRsa);
    }

    private static (T Key, SubjectPublicKey Public) Made<T>(T key) where T : AsymmetricAlgorithm => (key, SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo()));
}
