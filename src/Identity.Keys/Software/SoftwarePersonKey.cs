using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;

namespace Identity.Keys.Software;

/// <summary>A person's key in this process's memory: for development.</summary>
internal sealed class SoftwarePersonKey(ECDsa key) : PersonKey.PrivateHalf
{
    public static PersonKey Make(VerifiedApproval approval, KeyAlgorithm algorithm)
    {
        if (algorithm == KeyAlgorithm.Ed25519)
            return SoftwareEdwardsPersonKey.Make(approval);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new PersonKey(approval, algorithm, new SoftwarePersonKey(key), SoftwareSigningKey.PublicKeyOf(key), CertificationRequestOf(key, approval.Structure.Approval));
    }

    /// <summary>DER PKCS#10 with the approval's id as common name.</summary>
    internal static byte[] CertificationRequestOf(ECDsa key, string approval)
    {
        return new CertificateRequest(SubjectOf(approval), key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    internal static X500DistinguishedName SubjectOf(string approval)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(approval);
        return subject.Build();
    }

    public override byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format) => SoftwareSigningKey.SignWith(key, scheme, hash, format);

    public override void Dispose() => key.Dispose();
}
