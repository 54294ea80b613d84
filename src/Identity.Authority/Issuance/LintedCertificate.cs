using System.Security.Cryptography;
using Identity.Authority.Issuance.Lint;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance;

/// <summary>A rule that a certificate breaks, and how.</summary>
public sealed record LintFinding(string Rule, string Problem);

/// <summary>
/// An intended certificate that no lint rule objects to. The rules read it finished, signed by a key that was made for this process and verifies
/// for nobody; the issuer's key has not been touched.
/// </summary>
public sealed class LintedCertificate
{
    private static readonly Lazy<ECDsa> ThrowAway256 = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private static readonly Lazy<ECDsa> ThrowAway384 = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP384));
    private static readonly Lazy<RSA> ThrowAwayRsa = new(() => RSA.Create(2048));

    private LintedCertificate(IntendedCertificate intended) => Intended = intended;

    public IntendedCertificate Intended { get; }

    /// <summary>Exactly one of the two is there.</summary>
    public static (LintedCertificate? Linted, IReadOnlyList<LintFinding> Findings) Check(IntendedCertificate intended, Certificate issuer, PersonProfile profile, DateTimeOffset now)
    {
        var (signature, key) = Sign(intended.ToBeSigned);
        var findings = CertificateLint.Run(intended.ToBeSigned.Complete(signature), new LintContext(intended, issuer, key, profile, now));
        return findings.Count == 0 ? (new LintedCertificate(intended), findings) : (null, findings);
    }

    private static (byte[] Signature, SubjectPublicKey Key) Sign(ToBeSigned toBeSigned)
    {
        var (algorithm, hash) = (toBeSigned.Algorithm, toBeSigned.Hash());
        if (algorithm.Family == SignatureFamily.Ecdsa)
        {
            var ecdsa = algorithm.Hash == HashAlgorithmName.SHA384 ? ThrowAway384.Value : ThrowAway256.Value;
            return (ecdsa.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence), SubjectPublicKey.Parse(ecdsa.ExportSubjectPublicKeyInfo()));
        }
        var padding = algorithm.Family == SignatureFamily.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var rsa = ThrowAwayRsa.Value;
        return (rsa.SignHash(hash, algorithm.Hash!.Value, padding), SubjectPublicKey.Parse(rsa.ExportSubjectPublicKeyInfo()));
    }
}
