using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;

namespace Identity.Keys.Software;

/// <summary>A person's key in this process's memory: for development.</summary>
internal sealed class SoftwarePersonKey(AsymmetricAlgorithm key) : PersonKey.PrivateHalf
{
    public static PersonKey Make(VerifiedApproval approval, KeyAlgorithm algorithm)
    {
        if (algorithm == KeyAlgorithm.Ed25519)
            return SoftwareEdwardsPersonKey.Make(approval);
        var key = New(algorithm);
        return new PersonKey(approval, algorithm, new SoftwarePersonKey(key), SoftwareSigningKey.PublicKeyOf(key), CertificationRequestOf(key, approval.Structure.Approval));
    }

    internal static AsymmetricAlgorithm New(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.EcdsaP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        KeyAlgorithm.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        KeyAlgorithm.Rsa3072 => RSA.Create(3072),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>DER PKCS#10 with the approval's id as common name.</summary>
    internal static byte[] CertificationRequestOf(AsymmetricAlgorithm key, string approval) => (key switch
    {
        ECDsa ecdsa => new CertificateRequest(SubjectOf(approval), ecdsa, ecdsa.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256),
        _ => new CertificateRequest(SubjectOf(approval), (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
    }).CreateSigningRequest();

    internal static X500DistinguishedName SubjectOf(string approval)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(approval);
        return subject.Build();
    }

    public override byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format) => SoftwareSigningKey.SignWith(key, scheme, hash, format);

    public override void Dispose() => key.Dispose();
}
