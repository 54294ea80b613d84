using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;
using Identity.Keys.Software;

namespace Identity.Keys;

/// <summary>
/// A person's signing key (EC P-256): made for one verified approval, held in memory only, signs exactly one hash and is gone
/// after <see cref="Dispose"/>. A second hash throws <see cref="KeyUnavailableException"/>, also when asked in parallel.
/// </summary>
public sealed class PersonKey : SigningKey, IDisposable
{
    private readonly Lock _lock = new();
    private ECDsa? _key;

    private PersonKey(VerifiedApproval approval, ECDsa key, byte[] certificationRequest)
        : base("person:" + approval.Structure.Approval, KeyPurpose.PersonSignature, KeyAlgorithm.EcdsaP256, SoftwareSigningKey.PublicKeyOf(key))
    {
        _key = key;
        Approval = approval;
        CertificationRequest = certificationRequest;
    }

    /// <summary>What the person approved; nothing else gives such a key.</summary>
    public VerifiedApproval Approval { get; }

    /// <summary>DER PKCS#10 that proves possession (RFC 2986); made with the key, before its one signature. Its subject is the approval id only:
    /// the Authority takes the person's name from the evidence.</summary>
    public ReadOnlyMemory<byte> CertificationRequest { get; }

    internal static PersonKey Create(VerifiedApproval approval)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(approval.Structure.Approval);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequest();
        return new PersonKey(approval, key, request);
    }

    /// <summary>Destroys the key; calling it again does nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
            Destroy();
    }

    private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        lock (_lock)
        {
            if (_key is null)
                throw new KeyUnavailableException($"Key '{Name}' has been used or destroyed.");
            try
            {
                return SoftwareSigningKey.SignWith(_key, scheme, hash, format);
            }
            finally
            {
                // Also after a failure: nothing tells how far it came.
                Destroy();
            }
        }
    }

    private void Destroy()
    {
        _key?.Dispose();
        _key = null;
    }
}
